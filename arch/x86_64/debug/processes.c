/* processes.c: see processes.h. The kernel's list may be spoiled: it is followed so far at most. */
#include "processes.h"

#include <string.h>

#include "gdbstub.h"
#include "line.h"
#include "page_walk.h"
#include "space.h"
#include "words.h"

#define LIST_MAX 4096

static uint64_t chosen; /* a pid; 0: none */

static bool next(uint64_t *cursor, struct debugger_process *process)
{
    memset(process, 0, sizeof(*process));
    if (!debugger_settings.next_process || !debugger_settings.next_process(cursor, process))
        return false;
    process->name[sizeof(process->name) - 1] = '\0';
    process->state[sizeof(process->state) - 1] = '\0';
    process->cr3 &= PAGE_WALK_ROOT;
    return process->pid != 0;
}

static bool find(uint64_t pid, struct debugger_process *process)
{
    uint64_t cursor = 0;

    for (unsigned n = 0; n < LIST_MAX && next(&cursor, process); n++) {
        if (process->pid == pid)
            return true;
    }
    return false;
}

bool process_with(uint64_t space, struct debugger_process *process)
{
    uint64_t cursor = 0;

    for (unsigned n = 0; n < LIST_MAX && next(&cursor, process); n++) {
        if (process->cr3 == space)
            return true;
    }
    return false;
}

bool process_chosen(uint64_t *space)
{
    struct debugger_process process;

    *space = chosen && find(chosen, &process) && process.cr3 ? process.cr3 : SPACE_GONE;
    return chosen;
}

void process_forget(void)
{
    chosen = 0;
}

/*
 * A client evaluates the condition of what was hit once more by itself, and unwinds: with another
 * one's memory it would not stop, or stop at nonsense.
 */
void process_stopped(const struct debugger_cpu *cpu)
{
    static const char words[] = "this is not the process that was chosen: user memory and new "
                                "breakpoints are those of the selected thread again\n";
    uint64_t space;

    if (cpu->stop.reason == GDB_STOP_SIGNAL || !(cpu->frame.cs & 3) || !process_chosen(&space) ||
        space == space_here(0))
        return;
    chosen = 0;
    line_console(words, sizeof(words) - 1);
}

/* ---- monitor ---- */

static void print_row(struct gdb *g, const struct debugger_process *process)
{
    gdb_row(g, "{chosen:%-2s}{pid=%lu}  {name:%s}  cr3 {cr3:0x%lx}",
            process->pid == chosen ? "*" : "", process->pid, process->name, process->cr3);
    if (process->thread)
        gdb_row(g, "  thread {thread=%lu}", process->thread);
    gdb_row(g, "%s{state:%s}\n", *process->state ? "  " : "", process->state);
}

/* A mark stays behind at each power of two: a list that goes round in a circle meets it again. */
void process_list_command(struct gdb *g, char *args)
{
    struct debugger_process process;
    uint64_t cursor = 0, mark = 0;
    unsigned n = 0;

    (void)args;
    for (; n < LIST_MAX && next(&cursor, &process); n++) {
        if (cursor == mark) {
            gdb_print(g, "the list of processes is cut here: it goes round in a circle\n");
            return;
        }
        if ((n & (n - 1)) == 0)
            mark = cursor;
        print_row(g, &process);
    }
    if (n == 0)
        gdb_print(g, debugger_settings.next_process ? "there are no processes\n"
                                                    : "this kernel tells of no processes\n");
    else if (n == LIST_MAX)
        gdb_print(g, "the list of processes is cut here: it has no end\n");
}

static void print_chosen(struct gdb *g)
{
    struct debugger_process process;

    if (!chosen)
        gdb_print(g, "user memory and new breakpoints are those of the selected thread\n");
    else if (find(chosen, &process) && process.cr3)
        gdb_print(g, "user memory and new breakpoints are process %lu's, %s, whatever thread is "
                  "selected\n", chosen, process.name);
    else
        gdb_print(g, "process %lu has ended; say monitor process off, or another one\n", chosen);
}

void process_command(struct gdb *g, char *args)
{
    const char *word = word_next(&args);
    struct debugger_process process;
    uint64_t pid;

    if (word_is(word, "off") && !*args)
        chosen = 0;
    else if (*word && (*args || !word_number(word, &pid)))
        gdb_complain(g, "usage: monitor process [PID | off]\n");
    else if (*word && !(pid && find(pid, &process) && process.cr3))
        gdb_complain(g, "there is no process %lu with memory; see monitor ps\n", pid);
    else if (*word)
        chosen = pid;
    print_chosen(g);
}
