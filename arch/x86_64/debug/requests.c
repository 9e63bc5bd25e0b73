/*
 * requests.c: who fulfils a request: planted bytes or debug registers; and what the client is told
 * about all of them.
 */
#include "requests.h"

#include "breakpoint.h"
#include "debugreg.h"
#include "gdbstub.h"
#include "insn.h"
#include "processes.h"
#include "processor.h"
#include "protect.h"
#include "space.h"
#include "space_memory.h"
#include "words.h"

/* Out of registers, a hardware breakpoint becomes an int3. */
static bool fall_back = true;

static char last_refusal[240];

/* ---- Z and z ---- */

static bool planted_for(uint64_t space, const struct gdb_breakpoint *what)
{
    const struct software_breakpoint *b = breakpoint_at(space, what->address);

    return b && (b->types >> what->type & 1);
}

static struct gdb_error insert_in(uint64_t space, const struct gdb_breakpoint *what)
{
    uint64_t length = what->kind <= DEBUGREG_BYTES ? what->kind : 1; /* too long: not for that */
    const char *protected =
        space_is_programs(space) ? NULL : protect_refusal(what->address, length);

    if (protected)
        return (struct gdb_error){GDB_E_ARGUMENT, protected};
    if (what->type == GDB_BREAK_SOFTWARE || planted_for(space, what))
        return breakpoint_insert(space, what);

    struct gdb_error error = debugreg_insert(space, what);

    if (error.code && what->type == GDB_BREAK_HARDWARE && fall_back &&
        !breakpoint_insert(space, what).code)
        return GDB_OK;
    return error;
}

struct gdb_error request_insert(gdb_tid thread, const struct gdb_breakpoint *what)
{
    uint64_t space;

    if (!space_memory_recall(what, &space))
        space = space_meant(thread, what->address);

    struct gdb_error error = insert_in(space, what);

    if (error.code)
        gdb_sprint(last_refusal, sizeof(last_refusal), "Z%u,%lx,%lx: %s", what->type,
                   what->address, what->kind, error.text);
    return error;
}

static struct gdb_error remove_from(uint64_t space, const struct gdb_breakpoint *what)
{
    struct gdb_error error = what->type == GDB_BREAK_SOFTWARE || planted_for(space, what)
                                 ? breakpoint_remove(space, what)
                                 : debugreg_remove(space, what);

    if (!error.code)
        space_memory_note(space, what);
    return error;
}

/* Whose it is that is set at this address; SPACE_KERNEL: nobody's. */
static uint64_t owner_of(const struct gdb_breakpoint *what)
{
    const struct software_breakpoint *b;

    for (size_t n = 0; (b = breakpoint_nth(n)) != NULL; n++) {
        if (b->address == what->address && (b->types >> what->type & 1))
            return b->space;
    }
    return debugreg_owner(what);
}

/* A client that removes one need not have the thread selected that it was set for. */
struct gdb_error request_remove(gdb_tid thread, const struct gdb_breakpoint *what)
{
    uint64_t space = space_meant(thread, what->address);
    struct gdb_error error = remove_from(space, what);
    uint64_t owner = error.code && space != SPACE_KERNEL ? owner_of(what) : SPACE_KERNEL;

    return owner != SPACE_KERNEL ? remove_from(owner, what) : error;
}

void request_remove_all(void)
{
    breakpoint_remove_all();
    debugreg_remove_all();
    space_memory_forget();
    last_refusal[0] = '\0';
}

/* ---- monitor bp ---- */

#define CODE_BEFORE 64

/* Whose user memory it is in: " in process 7 (worker)". */
static void print_owner(struct gdb *g, uint64_t space)
{
    struct debugger_process process;

    if (space == SPACE_GONE)
        gdb_print(g, " in a process that has ended");
    else if (space != SPACE_KERNEL && process_with(space, &process))
        gdb_print(g, " in process %lu (%s)", process.pid, process.name);
    else if (space != SPACE_KERNEL)
        gdb_print(g, " with cr3 0x%lx", space);
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
    else if (!(b->types & 1 << GDB_BREAK_SOFTWARE))
        what = "int3, as no debug register was free";
    gdb_print(g, "0x%lx", b->address);
    print_owner(g, b->space);
    gdb_print(g, "  %s  hit %u times", what, b->hits);
    if (b->passed)
        gdb_print(g, ", passed %u times", b->passed);
    if (b->lifted)
        gdb_print(g, " (%u of them lifted, which is slow)", b->lifted);
    gdb_print(g, "%s\n",
              inside_instruction(b) ? "; warning: no instruction begins there" : "");
}

static void print_registers(struct gdb *g, size_t request)
{
    const struct debugreg_piece *piece;
    const char *separator = "";

    for (unsigned n = 0; (piece = debugreg_piece(n)) != NULL; n++) {
        if (piece->request != request)
            continue;
        gdb_print(g, "%sdr%u", separator, n);
        separator = " ";
    }
}

static void print_hardware(struct gdb *g, size_t request)
{
    const struct debugreg_request *r = debugreg_nth(request);
    unsigned type = r->what.type;

    gdb_print(g, type == DEBUGREG_PORT ? "port 0x%lx" : "0x%lx", r->what.address);
    print_owner(g, r->space);
    gdb_print(g, "  ");
    print_registers(g, request);
    if (type == GDB_BREAK_HARDWARE)
        gdb_print(g, " %s", debugreg_word(type));
    else
        gdb_print(g, " %s, %lu byte%s", type == DEBUGREG_PORT ? "access" : debugreg_word(type),
                  r->what.kind, r->what.kind == 1 ? "" : "s");
    gdb_print(g, "  hit %u times\n", r->hits);
}

static void print_all(struct gdb *g)
{
    const struct software_breakpoint *b;
    size_t n = 0;

    for (; (b = breakpoint_nth(n)) != NULL; n++)
        print_planted(g, b);
    for (size_t i = 0; debugreg_nth(i); i++, n++)
        print_hardware(g, i);
    if (n == 0)
        gdb_print(g, "no breakpoints are set (gdb takes its own out at each stop, unless told\n"
                     "set breakpoint always-inserted on)\n");
    if (last_refusal[0])
        gdb_print(g, "last refused: %s\n", last_refusal);
}

void request_bp_command(struct gdb *g, char *args)
{
    const char *word = word_next(&args);
    bool *option = NULL;

    if (!*word) {
        print_all(g);
        return;
    }
    if (word_is(word, "fallback"))
        option = &fall_back;
    else if (word_is(word, "pending"))
        option = &breakpoint_may_wait;

    const char *value = word_next(&args);

    if (!option || *args || (*value && !word_switch(value, option)))
        gdb_complain(g, "usage: monitor bp [fallback [on|off] | pending [on|off]]\n"
                     "  fallback  a hardware breakpoint without a free register becomes an int3\n"
                     "  pending   a breakpoint may be where no memory is mapped yet\n");
    else
        gdb_print(g, "%s is %s\n", word, *option ? "on" : "off");
}
