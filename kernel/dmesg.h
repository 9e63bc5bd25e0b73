/* dmesg.h: "monitor dmesg", the kernel's log for a client that was not there to see it. */
#ifndef KERNEL_DMESG_H
#define KERNEL_DMESG_H

struct gdb;

/* debugger_command.run: all of the log that is kept, or its last args lines. */
void dmesg_command(struct gdb *g, char *args);

#endif
