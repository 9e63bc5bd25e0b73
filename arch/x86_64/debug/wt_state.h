/*
 * wt_state.h: the one trace there can be. Private to wt*.c.
 */
#ifndef TRAPLINE_WT_STATE_H
#define TRAPLINE_WT_STATE_H

#include "call_tree.h"
#include "condition.h"
#include "insn.h"
#include "state.h"

enum wt_phase {
    WT_NONE,
    WT_ARMED,   /* waits for the thread to be continued; steps of it count */
    WT_RUNNING,
    WT_OVER,    /* what it has found can be shown */
};

/* Where it ends, if not where the function returns. */
enum wt_until { WT_RETURN, WT_ADDRESS, WT_CALL, WT_RET, WT_BRANCH, WT_CONDITION };

struct wt {
    enum wt_phase phase;
    gdb_tid thread;
    uint64_t begin;         /* where it was when the trace was asked for */
    struct call_tree tree;
    bool has_tree;          /* not for "monitor until" */

    /* What was asked for. */
    enum wt_until until;
    uint64_t address;       /* of WT_ADDRESS */
    struct condition condition;
    uint32_t max;
    bool count_only, folded;
    char module[32];        /* "": all */

    /* How it goes. */
    uint64_t rip, rsp;      /* before the instruction that is under way */
    uint32_t total;         /* instructions so far */
    uint32_t calls, system_calls;
    uint32_t away_times;
    bool away;              /* its thread is */
    uint64_t since, cycles; /* TSC: the present stretch of it, and those before */
    const char *ended;      /* why, or NULL */
};

extern struct wt wt;

/* wt_code.c: what is known of code that was executed. Its memory is zero at first. */
#define WT_CODE_SIZE 0x8000 /* bytes */
void wt_code_init(void *memory);
enum insn_class wt_code_class(uint64_t rip);
uint64_t wt_code_function(uint64_t rip); /* where its symbol begins; 0: it is in none */

/* wt_report.c */
void wt_report(struct gdb *g, uint32_t lines_max);

#endif
