/* step_zoo_asm.h: what the zoo's two halves, C and assembly, agree about. */
#ifndef DEMO_STEP_ZOO_ASM_H
#define DEMO_STEP_ZOO_ASM_H

#define ZOO_VECTOR 0x60
#define ZOO_TRAPS  6 /* #DBs of one zoo_trap() */

/* What a function of the zoo has to complain about. */
#define ZOO_TRAP_FLAG 1 /* TF where it was clear, or not where it was set */
#define ZOO_IF_LOST   2 /* IF clear where it was set */
#define ZOO_IF_GAINED 4
#define ZOO_WRONG     8 /* the instruction did not do its work */

#endif
