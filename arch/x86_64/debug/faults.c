/*
 * faults.c: what an exception was about, from its vector, error code and CR2, and which of two that
 * nest came first (Intel SDM vol. 3, 6.13 "Error Code" and 6.15).
 */
#include "faults.h"

#include <string.h>

#include "line.h"
#include "processor.h"
#include "safe_copy.h"
#include "state.h"
#include "vectors.h"

/* Error codes: a page fault's, and those that name a descriptor. */
enum {
    PF_PRESENT = 1 << 0,
    PF_WRITE = 1 << 1,
    PF_USER = 1 << 2,
    PF_RESERVED = 1 << 3,
    PF_FETCH = 1 << 4,
    PF_KEY = 1 << 5,
    SELECTOR_EXTERNAL = 1 << 0,
    SELECTOR_IDT = 1 << 1,
    SELECTOR_LDT = 1 << 2,
};

/* ---- words ---- */

struct text {
    char *at, *end;
};

static void put(struct text *t, const char *words)
{
    while (*words && t->at < t->end)
        *t->at++ = *words++;
}

static void put_hex(struct text *t, uint64_t value)
{
    char digits[17], *first = digits + sizeof(digits) - 1;

    *first = '\0';
    do {
        *--first = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value);
    put(t, "0x");
    put(t, first);
}

static void put_access(struct text *t, const struct fault *f)
{
    put(t, f->error & PF_FETCH ? ": execute " : f->error & PF_WRITE ? ": write to " : ": read of ");
    put_hex(t, f->cr2);
}

static const char *why_no_page(uint64_t error)
{
    if (error & PF_RESERVED)
        return ": a reserved bit is set in its page tables";
    if (!(error & PF_PRESENT))
        return ": not mapped";
    if (error & PF_KEY)
        return ": its protection key forbids it";
    if (error & PF_FETCH)
        return ": the page is not executable there";
    return error & PF_WRITE ? ": the page is read-only there" : ": the page is not readable there";
}

/* A selector, or the gate of a vector. 0 is no selector at all. */
static void put_selector(struct text *t, uint64_t error)
{
    if (error & SELECTOR_IDT)
        put(t, ": IDT gate ");
    else if (error & SELECTOR_LDT)
        put(t, ": LDT selector ");
    else if (error & ~(uint64_t)SELECTOR_EXTERNAL)
        put(t, ": GDT selector ");
    else
        return;
    put_hex(t, error & SELECTOR_IDT ? error >> 3 : error & ~(uint64_t)7);
    if (error & SELECTOR_EXTERNAL)
        put(t, ", while an event was delivered");
}

/* A double fault says nothing about the two: what it could not push its frame to is in CR2. */
static void put_double_fault(struct text *t, const struct fault *f)
{
    static const char *const words[] = {
        [FAULT_STACK_GOOD] = ": an exception whose own gate or stack does not work; cr2 is ",
        [FAULT_STACK_FULL] = ": the stack has overflowed: no frame can be pushed at ",
        [FAULT_STACK_UNMAPPED] = ": rsp points where nothing is mapped: ",
        [FAULT_STACK_CONSTANT] = ": rsp points where nothing can be written: ",
    };
    bool is_address = address_canonical(f->rsp);

    put(t, is_address ? words[f->stack] : ": rsp is no address: ");
    put_hex(t, is_address && f->stack == FAULT_STACK_GOOD ? f->cr2 : f->rsp);
}

/* What CET did not like (Intel SDM vol. 3, 6.15, "Interrupt 21"). */
static void put_control_protection(struct text *t, uint64_t error)
{
    static const char *const causes[] = {
        [1] = "RET to another address than the shadow stack's",
        [2] = "far RET or IRET to another address than the shadow stack's",
        [3] = "an indirect branch led to no ENDBRANCH",
        [4] = "RSTORSSP found no token",
        [5] = "SETSSBSY found no token",
    };
    uint64_t cause = error & 0x7fff;

    if (cause >= sizeof(causes) / sizeof(causes[0]) || !causes[cause])
        return;
    put(t, ": ");
    put(t, causes[cause]);
}

static void put_code(struct text *t, uint64_t error)
{
    put(t, ": error code ");
    put_hex(t, error);
}

static void put_cause(struct text *t, const struct fault *f)
{
    if (f->error == FRAME_NO_ERROR)
        put(t, ": raised by an int instruction");
    else if (f->vector == VECTOR_PAGE_FAULT)
        put(t, why_no_page(f->error));
    else if (f->vector == VECTOR_DOUBLE_FAULT)
        put_double_fault(t, f);
    else if (f->vector >= VECTOR_INVALID_TSS && f->vector <= VECTOR_PROTECTION)
        put_selector(t, f->error);
    else if (f->vector == VECTOR_CONTROL_PROTECTION)
        put_control_protection(t, f->error);
    else if (f->error)
        put_code(t, f->error);
}

size_t fault_describe(const struct fault *f, char *text, size_t size)
{
    struct text t = {text, text + size - 1};
    const struct vector_row *row = vector_row(f->vector);

    put(&t, row ? row->name : "reserved exception");
    if (f->vector == VECTOR_PAGE_FAULT && f->error != FRAME_NO_ERROR)
        put_access(&t, f);
    put(&t, " at rip ");
    put_hex(&t, f->rip);
    put(&t, f->cs & 3 ? " by the user" : " by the kernel");
    put_cause(&t, f);
    *t.at = '\0';
    return (size_t)(t.at - text);
}

/* ---- the log ---- */

/*
 * The kernel's handler for the exception under way has neither resolved it nor left its frame, and
 * the new exception is from deeper on the same stack, or from one where no stack would do.
 */
static bool is_nested(const struct fault_log *log, const struct trap_frame *frame)
{
    const struct trap_frame *outer = log->under_way_at;
    struct trap_frame now;

    if (!log->under_way.taken || frame == outer ||
        safe_read(&now, (uint64_t)outer, sizeof(now)) != sizeof(now) ||
        now.vector != log->under_way.vector || now.rip != log->under_way.rip)
        return false;
    return frame->vector == VECTOR_DOUBLE_FAULT || frame->rsp < (uint64_t)outer;
}

void fault_taken(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    struct fault_log *log = &cpu->faults;

    /* CR2 first: what is read from here on may fault. */
    log->last = (struct fault){
        .vector = frame->vector,
        .taken = true,
        .error = frame->error,
        .cr2 = read_cr2(),
        .rip = frame->rip,
        .cs = frame->cs,
        .rsp = frame->rsp,
    };
    log->last.stack = fault_stack(&log->last);
    log->first = is_nested(log, frame) ? log->under_way : (struct fault){0};
    write_cr2(log->last.cr2);
}

void fault_passed(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    struct fault_log *log = &cpu->faults;

    if (log->first.taken)
        return;
    log->under_way = log->last;
    log->under_way_at = frame;
}

void fault_resolved(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    if (cpu->faults.under_way_at == frame)
        cpu->faults.under_way.taken = false;
}

/* ---- telling ---- */

static void tell(const char *label, const struct fault *f)
{
    char text[FAULT_TEXT_MAX];
    size_t n = fault_describe(f, text, sizeof(text) - 1);

    text[n] = '\n';
    line_console(label, strlen(label));
    line_console(text, n + 1);
}

void fault_tell(struct debugger_cpu *cpu)
{
    tell("", &cpu->faults.last);
    if (cpu->faults.first.taken)
        tell("while the kernel dealt with: ", &cpu->faults.first);
}

static void show(struct gdb *g, const char *label, const struct fault *f)
{
    char text[FAULT_TEXT_MAX];

    fault_describe(f, text, sizeof(text));
    gdb_print(g, "%s%s\n", label, text);
}

void fault_command(struct gdb *g, char *args)
{
    const struct fault_log *log = &debugger_this_cpu()->faults;

    (void)args;
    if (!log->last.taken) {
        gdb_print(g, "no fault so far\n");
    } else if (log->first.taken) {
        show(g, "first: ", &log->first);
        show(g, "then:  ", &log->last);
    } else {
        show(g, "", &log->last);
    }
}
