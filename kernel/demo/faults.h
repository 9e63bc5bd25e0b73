/*
 * faults.h: one function for each way in which a kernel goes wrong. Asked for on the command line
 * (fault=<kind>[@boot|task|irq]), called by gdb ("call fault_divide()"), or from within the
 * debugger itself ("monitor break-me <kind>").
 */
#ifndef DEMO_FAULTS_H
#define DEMO_FAULTS_H

#include <stddef.h>

struct gdb;

/* Where the fault happens: before the kernel has an IDT, in its work loop, in an interrupt. */
enum fault_place { FAULT_AT_BOOT, FAULT_IN_TASK, FAULT_IN_INTERRUPT };

/* The option's value; NULL, or what it is not. Nothing happens yet. */
const char *fault_request(const char *value);

/* Here is a place: if a fault was asked for there, this is when it happens. */
void fault_here(enum fault_place place);

/* FAULT_IN_INTERRUPT: raises an interrupt and does it there. After apic_init(). */
void fault_in_interrupt(void);

/* monitor break-me */
void fault_break_debugger(struct gdb *g, char *args);

/* monitor crash: let the kernel run into one, once the client lets it go on. */
void fault_crash(struct gdb *g, char *args);

/* monitor mend: make good what faults have spoiled. */
void fault_mend(struct gdb *g, char *args);

#endif
