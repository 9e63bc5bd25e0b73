/*
 * hit_rules.h: which hits of a breakpoint or watchpoint count: monitor bp N ignore, every, count,
 * thread, cr3. Decided where the hit is, without a stop.
 *
 * gdb takes its breakpoints out at each stop and sets them again. So a rule is an address's, and
 * stays until the client detaches; its number is the one that monitor bp shows.
 */
#ifndef TRAPLINE_HIT_RULES_H
#define TRAPLINE_HIT_RULES_H

#include "state.h"

struct gdb;

/* A client has set something there: it has a number from now on, if there is room. */
void hit_rules_note(uint64_t space, uint64_t address);

/* The machine runs on, with all that is to be set: what no longer is, and has no rule, goes. */
void hit_rules_settle(void);

/* The client is gone. */
void hit_rules_forget(void);

/* What was there is gone: start <= address < end. The machine does not run. */
void hit_rules_gone(uint64_t space, uint64_t start, uint64_t end);

/* 0: it has none. */
unsigned hit_rules_number(uint64_t space, uint64_t address);

/* True once for each that has a number: the client is to be told that it waits for memory. */
bool hit_rules_is_news(uint64_t space, uint64_t address);

/* In a row of monitor bp: ", ignores the next 3", or nothing. */
void hit_rules_print(struct gdb *g, uint64_t space, uint64_t address);

/* The nth that has a number but may not be set just now; false behind the last. */
bool hit_rules_nth(size_t n, uint64_t *space, uint64_t *address);

/* While the others run: it is for this processor's thread and address space; it is their turn. */
bool hit_rules_meant(const struct debugger_cpu *cpu, uint64_t address);
bool hit_rules_count(uint64_t address);

/* monitor bp N ...: which is the N, or an address. */
void hit_rules_command(struct gdb *g, char *which, char *args);

#endif
