/* faults.c: the table of them, and when they happen. */
#include "demo/faults.h"

#include <stdbool.h>
#include <string.h>

#include "cpu/apic.h"
#include "cpu/trap.h"
#include "demo/demo.h"
#include "demo/fault_kinds.h"
#include "gdbstub.h"

#define VECTOR_FAULT 0x30 /* an interrupt of our own, to go wrong in */

static const struct fault_kind {
    const char *name;
    void (*run)(void);
    const char *help;
} kinds[] = {
#define KIND(name, help) {#name, fault_##name, help},
    FAULT_KINDS(KIND)
#undef KIND
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char *const places[] = {
    [FAULT_AT_BOOT] = "boot",
    [FAULT_IN_TASK] = "task",
    [FAULT_IN_INTERRUPT] = "irq",
};
#define PLACES (sizeof(places) / sizeof(places[0]))

static struct {
    const struct fault_kind *kind; /* NULL: none was asked for */
    enum fault_place place;
} request;

static const struct fault_kind *find(const char *name, size_t length)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strlen(kinds[i].name) == length && memcmp(kinds[i].name, name, length) == 0)
            return &kinds[i];
    return NULL;
}

const char *fault_request(const char *value)
{
    const char *at = strchr(value, '@');
    size_t place = FAULT_IN_TASK;

    request.kind = find(value, at != NULL ? (size_t)(at - value) : strlen(value));
    if (at != NULL)
        for (place = 0; place < PLACES && strcmp(at + 1, places[place]) != 0;)
            place++;
    request.place = place;
    if (strcmp(value, "none") == 0 || (request.kind != NULL && place < PLACES))
        return NULL;
    request.kind = NULL;
    return "a kind of fault (kernel/demo/fault_kinds.h), with @boot, @task or @irq behind it";
}

void fault_here(enum fault_place place)
{
    if (request.kind != NULL && request.place == place)
        request.kind->run();
}

static void interrupt(struct trap_frame *frame)
{
    (void)frame;
    apic_end_of_interrupt();
    fault_here(FAULT_IN_INTERRUPT);
}

void fault_in_interrupt(void)
{
    if (request.kind == NULL || request.place != FAULT_IN_INTERRUPT)
        return;
    trap_on_interrupt(VECTOR_FAULT, interrupt);
    apic_interrupt_self(VECTOR_FAULT);
}

void fault_mend(struct gdb *g, char *args)
{
    (void)args;
    fault_mend_tables();
    gdb_print(g, "the gates of the IDT and the limit of the TSS are as they were\n");
}

static void usage(struct gdb *g, const char *command, const char *who)
{
    gdb_complain(g, "usage: monitor %s KIND: %s runs into\n", command, who);
    for (size_t i = 0; i < KINDS; i++)
        gdb_row(g, "  {kind:%-16s}  {text:%s}\n", kinds[i].name, kinds[i].help);
}

/* Why the debugger cannot run into it itself; NULL: it can. */
static const char *refusal(const struct fault_kind *kind)
{
    if (kind->run == fault_spin_cli || kind->run == fault_spin_poll ||
        kind->run == fault_spinlock || kind->run == fault_deadlock)
        return "the debugger would wait for ever"; /* some of them not before the second time */
    if (kind->run == fault_no_fpu)
        return "CR0.TS would stay behind";
    return NULL;
}

void fault_break_debugger(struct gdb *g, char *args)
{
    const struct fault_kind *kind = find(args, strlen(args));

    if (kind == NULL) {
        usage(g, "break-me", "the debugger itself");
        return;
    }

    const char *why = refusal(kind);

    if (why != NULL) {
        gdb_complain(g, "%s: %s. Try monitor crash %s\n", kind->name, why, kind->name);
        return;
    }
    gdb_fact(g, "kind", "%s", kind->name); /* a program's line, if it is the last word */
    kind->run();
    gdb_print(g, "%s: nothing happened\n", kind->name);
}

static const struct fault_kind *crash_kind;

/* Once, in the work loop. */
static void crash(void)
{
    demo_aside = NULL;
    crash_kind->run();
}

void fault_crash(struct gdb *g, char *args)
{
    const struct fault_kind *kind = find(args, strlen(args));

    if (kind == NULL) {
        usage(g, "crash", "the kernel, when it runs on,");
        return;
    }
    crash_kind = kind;
    demo_aside = crash;
    gdb_result(g, "{kind:%s}: when the kernel runs on, after this turn of its work loop\n",
               kind->name);
}
