/*
 * step_zoo.h: the instructions that show the trap flag, the interrupt flag or a debugger's hand on
 * them, each in a function that notices. The demo runs all of them each turn.
 */
#ifndef DEMO_STEP_ZOO_H
#define DEMO_STEP_ZOO_H

/* Handlers of the zoo's own vector and of #DB. With the IDT. */
void step_zoo_init(void);

/* Run them all; panics with the name of the function that saw what should not be there. */
void step_zoo_turn(void);

#endif
