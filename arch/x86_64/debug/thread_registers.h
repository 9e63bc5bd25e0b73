/*
 * thread_registers.h: a thread's registers, wherever they are: in the frame of this processor or of
 * another one, in the other processor itself, or where the kernel's switch has saved them.
 */
#ifndef TRAPLINE_THREAD_REGISTERS_H
#define TRAPLINE_THREAD_REGISTERS_H

#include "state.h"

/* As in target.h. */
bool thread_register_read(gdb_tid thread, unsigned regnum, uint8_t *out);
struct gdb_error thread_register_write(gdb_tid thread, unsigned regnum, const uint8_t *in);

#endif
