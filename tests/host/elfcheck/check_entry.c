/*
 * check_entry.c: from an exception to the debugger, nothing runs that a client could break in. The
 * debugger's first own function ends the way; what follows its return is the kernel's business.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "decode.h"

#define DEBUGGER "debugger_exception"

struct walk {
    struct subject *subject;
    struct report *report;
    struct range own, entry;
    uint64_t debugger, todo[4096];
    uint8_t *seen; /* a bit for each address of the entry code */
    size_t waiting, instructions, vectors, reached;
};

static void visit(struct walk *walk, uint64_t from, uint64_t address)
{
    uint64_t n = address - walk->entry.start;

    if (in_range(walk->own, address))
        return; /* check_calls.c's */
    if (!in_range(walk->entry, address)) {
        report_failure(walk->report, "%s goes to %s, where there may be a breakpoint",
                       image_place(&walk->subject->image, from),
                       image_place(&walk->subject->image, address));
        return;
    }
    if (walk->seen[n / 8] >> n % 8 & 1)
        return;
    walk->seen[n / 8] |= (uint8_t)(1u << n % 8);
    if (walk->waiting == sizeof(walk->todo) / sizeof(walk->todo[0]))
        give_up("the entry code is too long");
    walk->todo[walk->waiting++] = address;
}

static void follow(struct walk *walk, uint64_t address)
{
    const struct image *image = &walk->subject->image;
    struct instruction in;
    uint64_t target;

    if (!decode(image, address, &in))
        return;
    walk->instructions++;
    if (decode_is_call(&in) || decode_is_jump(&in)) {
        if (!decode_target(&in, &target)) {
            report_failure(walk->report, "%s goes to where nobody can say",
                           image_place(image, address));
        } else if (target == walk->debugger) {
            walk->reached++;
            return;
        } else {
            visit(walk, address, target);
        }
    }
    if (!decode_ends_flow(&in))
        visit(walk, address, in.next);
}

/* The vectors that come in by the way of exceptions: the processor's, and any that share it. */
static void start(struct walk *walk)
{
    const struct image *image = &walk->subject->image;
    uint64_t way = image_address(image, "trap_entry");

    for (size_t i = 0; i < image->symbol_count; i++) {
        const struct symbol *symbol = &image->symbols[i];
        struct instruction in;
        uint64_t target = 0;

        if (symbol->type != STT_FUNC || strncmp(symbol->name, "vector_", 7) != 0 ||
            !isdigit((unsigned char)symbol->name[7]))
            continue;
        for (uint64_t at = symbol->address; at < symbol->address + symbol->size; at = in.next) {
            if (!decode(image, at, &in))
                break;
            if (decode_is_jump(&in))
                decode_target(&in, &target);
        }
        if (atoi(symbol->name + 7) >= 32 && target != way)
            continue;
        walk->vectors++;
        visit(walk, symbol->address, symbol->address);
    }
}

void check_entry(struct subject *subject, struct report *report)
{
    const struct image *image = &subject->image;
    struct walk walk = {.subject = subject, .report = report,
                        .own = image_range(image, "__debugger_text"),
                        .entry = image_range(image, "__entry"),
                        .debugger = image_address(image, DEBUGGER)};

    walk.seen = calloc((walk.entry.end - walk.entry.start) / 8 + 1, 1);
    start(&walk);
    while (walk.waiting > 0)
        follow(&walk, walk.todo[--walk.waiting]);
    free(walk.seen);
    if (walk.reached == 0)
        report_failure(report, "no exception reaches " DEBUGGER);
    report_covered(report, "%zu vectors, %zu instructions before the debugger's first",
                   walk.vectors, walk.instructions);
}
