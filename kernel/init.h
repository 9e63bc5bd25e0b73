/* init.h: the first program. */
#ifndef KERNEL_INIT_H
#define KERNEL_INIT_H

/* Start what the command line says (init=), and say so if that cannot be. After threads_init(). */
void init_start(void);

#endif
