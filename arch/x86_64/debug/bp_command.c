/* bp_command.c: monitor bp: what the client is told about breakpoints and watchpoints. */
#include "breakpoint.h"
#include "debugreg.h"
#include "gdbstub.h"
#include "hit_rules.h"
#include "insn.h"
#include "processes.h"
#include "requests.h"
#include "space.h"
#include "words.h"

#define CODE_BEFORE 64

/* Whose user memory it is in: " in process 7 (worker)". */
static void print_owner(struct gdb *g, uint64_t space)
{
    struct debugger_process process;

    if (space == SPACE_GONE)
        gdb_print(g, " in a process that has ended");
    else if (space != SPACE_KERNEL && process_with(space, &process))
        gdb_row(g, " in process {pid=%lu} ({process:%s})", process.pid, process.name);
    else if (space != SPACE_KERNEL)
        gdb_row(g, " with cr3 {cr3:0x%lx}", space);
}

/* Its number, which stays while the client does, and its address. */
static void print_place(struct gdb *g, uint64_t space, uint64_t address)
{
    unsigned number = hit_rules_number(space, address);

    if (number)
        gdb_row(g, "{number=%u}  ", number);
    else
        gdb_row(g, "{number:-}  ");
    gdb_row(g, "{address:0x%lx}", address);
    print_owner(g, space);
}

/* A breakpoint there spoils that instruction, and is never hit. */
static bool inside_instruction(const struct software_breakpoint *b)
{
    uint8_t code[CODE_BEFORE + INSN_LENGTH_MAX];
    size_t n = space_read(b->space, code, b->address - CODE_BEFORE, sizeof(code));

    return n > CODE_BEFORE && insn_is_inside(code, n, CODE_BEFORE);
}

static void print_planted(struct gdb *g, const struct software_breakpoint *b)
{
    const char *what = "int3";

    if (b->space != SPACE_GONE && !breakpoint_mapped(b))
        what = "int3, pending: no memory is mapped there";
    else if (b->types == 1 << GDB_BREAK_HARDWARE)
        what = "int3, as no debug register was free";
    print_place(g, b->space, b->address);
    gdb_row(g, "  {kind:%s}  hit {hits=%u} times", what, b->hits);
    if (b->passed)
        gdb_row(g, ", passed {passed=%u} times", b->passed);
    if (b->lifted)
        gdb_row(g, " ({lifted=%u} of them lifted, which is slow)", b->lifted);
    hit_rules_print(g, b->space, b->address);
    gdb_row(g, "{warning:%s}\n",
            inside_instruction(b) ? "; warning: no instruction begins there" : "");
}

static void print_registers(struct gdb *g, size_t request)
{
    const struct debugreg_piece *piece;
    const char *separator = "";

    for (unsigned n = 0; (piece = debugreg_piece(n)) != NULL; n++) {
        if (piece->request != request)
            continue;
        gdb_row(g, "%sdr%u", separator, n);
        separator = " ";
    }
}

static void print_hardware(struct gdb *g, size_t request)
{
    const struct debugreg_request *r = debugreg_nth(request);
    unsigned type = r->what.type;

    if (type == DEBUGREG_PORT)
        gdb_row(g, "port {port:0x%lx}", r->what.address);
    else
        print_place(g, r->space, r->what.address);
    gdb_row(g, "  {registers:");
    print_registers(g, request);
    gdb_row(g, "} {kind:%s}", type == DEBUGREG_PORT ? "access" : debugreg_word(type));
    if (type != GDB_BREAK_HARDWARE)
        gdb_row(g, ", {bytes=%lu} byte%s", r->what.kind, r->what.kind == 1 ? "" : "s");
    gdb_row(g, "  hit {hits=%u} times", r->hits);
    hit_rules_print(g, r->space, r->what.address);
    gdb_print(g, "\n");
}

static bool is_set(uint64_t space, uint64_t address)
{
    if (breakpoint_at(space, address))
        return true;
    for (size_t i = 0; debugreg_nth(i); i++)
        if (debugreg_nth(i)->space == space && debugreg_nth(i)->what.address == address)
            return true;
    return false;
}

/* Those that the client took out at this stop, or for good: it does not tell which. */
static size_t print_absent(struct gdb *g)
{
    uint64_t space, address;
    size_t count = 0;

    for (size_t n = 0; hit_rules_nth(n, &space, &address); n++) {
        if (is_set(space, address))
            continue;
        count++;
        print_place(g, space, address);
        gdb_row(g, "  {kind:not set now}");
        hit_rules_print(g, space, address);
        gdb_print(g, "\n");
    }
    return count;
}

static void print_all(struct gdb *g)
{
    const struct software_breakpoint *b;
    size_t n = 0, absent;

    for (; (b = breakpoint_nth(n)) != NULL; n++)
        print_planted(g, b);
    for (size_t i = 0; debugreg_nth(i); i++, n++)
        print_hardware(g, i);
    absent = print_absent(g);
    if (n == 0)
        gdb_print(g, "%s (gdb takes its own out at each stop, unless told\n"
                     "set breakpoint always-inserted on)\n",
                  absent ? "none of them is set now" : "no breakpoints are set");
    if (request_last_refusal[0])
        gdb_print(g, "last refused: %s\n", request_last_refusal);
}

void request_bp_command(struct gdb *g, char *args)
{
    char *word = word_next(&args);
    bool *option = NULL;

    if (!*word) {
        print_all(g);
        return;
    }
    if (word_is(word, "fallback"))
        option = &request_fall_back;
    else if (word_is(word, "pending"))
        option = &breakpoint_may_wait;
    if (!option && *args) {
        hit_rules_command(g, word, args);
        return;
    }

    const char *value = word_next(&args);

    if (!option || *args || (*value && !word_switch(value, option)))
        gdb_complain(g, "usage: monitor bp [N RULE | fallback [on|off] | pending [on|off]]\n"
                     "  N RULE    which hits stop: ignore COUNT, every COUNT, count [0],\n"
                     "            thread ID, cr3 VALUE\n"
                     "  fallback  a hardware breakpoint without a free register becomes an int3\n"
                     "  pending   a breakpoint may wait until memory is mapped there\n");
    else
        gdb_print(g, "%s is %s\n", word, *option ? "on" : "off");
}
