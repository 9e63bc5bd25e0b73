/*
 * backtrace.c: who called, without unwind tables: those are the client's job. Frame pointers are
 * followed as long as they make sense; then the stack is searched.
 */
#include "code.h"

#include "debugger.h"
#include "gdbstub.h"
#include "protect.h"
#include "symbols.h"
#include "thread_list.h"
#include "value.h"

#define FRAMES     64
#define SCAN_WORDS 256
#define CALL_MIN   2 /* bytes of a near call: call *%rax ... */
#define CALL_MAX   7 /* ... call *disp32(%r8,%r9,8) */

struct walk {
    struct gdb *g;
    unsigned depth, max;
    bool begun; /* the frames so far were the debugger's own: the kernel has called it */
    uint64_t pc, fp, sp;
};

static bool word_at(const struct walk *w, uint64_t address, uint64_t *value)
{
    return address % 8 == 0 && value_read(w->g, value, address, 8) == 8;
}

bool code_follows_call(const struct gdb *g, uint64_t address)
{
    struct insn insn;

    if (!insn_available()) {
        uint8_t opcode = 0;

        return value_read(g, &opcode, address - 5, 1) == 1 && opcode == 0xe8;
    }
    for (unsigned n = CALL_MIN; n <= CALL_MAX; n++)
        if (code_decode(g, address - n, &insn) && insn.length == n &&
            (insn.class == INSN_CALL || insn.class == INSN_CALL_INDIRECT))
            return true;
    return false;
}

static bool in_code(const struct walk *w, uint64_t address)
{
    struct symbol s;

    return symbol_at(address - 1, &s) && code_follows_call(w->g, address);
}

/*
 * A call of what does not return may be its function's last instruction: back is the call's own.
 * Frames have the numbers that the client's backtrace has.
 */
static void frame(struct walk *w, uint64_t pc, unsigned back, bool guess)
{
    w->begun |= !protect_is_own_code(pc - back);
    if (!w->begun) {
        w->depth++;
        return;
    }
    gdb_row(w->g, "{guess:%s}%s#{frame=%u}  {address:0x%lx}", guess ? "?" : "",
            guess ? " " : "", w->depth, pc);
    symbol_tell(w->g, pc, back);
    gdb_print(w->g, "\n");
    w->depth++;
}

static void caller_frame(struct walk *w, uint64_t pc, bool guess)
{
    frame(w, pc, 1, guess);
}

#define PUSH_RBP 0x55
#define RET      0xc3

/* There is no frame of the function's yet, or not any more, or never; nor in what is no code. */
static bool has_no_frame(const struct walk *w)
{
    uint8_t code = 0, first = PUSH_RBP;
    struct symbol s;

    if (value_read(w->g, &code, w->pc, 1) != 1 || !symbol_at(w->pc, &s))
        return true;
    value_read(w->g, &first, s.address, 1);
    return w->pc == s.address || first != PUSH_RBP || code == RET;
}

/*
 * Before a function has made its frame, and after it has given it up, its caller is not in the
 * chain but on top of the stack, or below the rbp that was just pushed.
 */
static void step_out_of_no_frame(struct walk *w)
{
    uint8_t before = 0;
    uint64_t caller;
    unsigned skip = has_no_frame(w) ? 0 : 8;

    value_read(w->g, &before, w->pc - 1, 1);
    if ((skip && before != PUSH_RBP) || !word_at(w, w->sp + skip, &caller) || !in_code(w, caller))
        return;
    w->sp += skip + 8;
    caller_frame(w, caller, false);
}

/* Up the chain; true: it has ended where it ought to. */
static bool follow_chain(struct walk *w)
{
    uint64_t caller, next;

    while (w->depth < w->max && !gdb_interrupted(w->g)) {
        if (w->fp == 0)
            return true;
        if (w->fp < w->sp || !word_at(w, w->fp, &next) || !word_at(w, w->fp + 8, &caller))
            return false;
        if (caller == 0)
            return true;
        if (!in_code(w, caller))
            return false;
        caller_frame(w, caller, false);
        w->sp = w->fp + 16;
        if (next && next <= w->fp)
            return false;
        w->fp = next;
    }
    return true;
}

static void scan(struct walk *w)
{
    uint64_t value, sp = w->sp & ~7ull;

    for (unsigned i = 0; i < SCAN_WORDS && w->depth < w->max && !gdb_interrupted(w->g); i++)
        if (!word_at(w, sp + i * 8, &value))
            return;
        else if (in_code(w, value))
            caller_frame(w, value, true);
}

void code_backtrace(struct gdb *g, gdb_tid thread, unsigned max)
{
    struct walk w = {.g = g, .max = max};

    if (!value_register(thread, "rip", &w.pc)) {
        gdb_complain(g, "this thread's registers are not known\n");
        return;
    }
    frame(&w, w.pc, 0, false);
    if (!value_register(thread, "rsp", &w.sp) || !value_register(thread, "rbp", &w.fp))
        return;
    step_out_of_no_frame(&w);
    if (!follow_chain(&w))
        scan(&w);
}

void code_bt_command(struct gdb *g, char *args)
{
    uint64_t thread = value_thread(g);

    if (*args && !debugger_value(g, &args, &thread))
        return;
    if (*args)
        gdb_complain(g, "usage: monitor bt [THREAD]\n");
    else if (!threads_cpu(thread) && !threads_asleep(thread))
        gdb_complain(g, "there is no thread %lu\n", thread);
    else
        code_backtrace(g, thread, FRAMES);
}
