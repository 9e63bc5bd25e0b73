/*
 * module_command.h: modules by command: "modules=ramdisk,disktest" at boot, "monitor insmod NAME"
 * and "monitor rmmod NAME" from a debugger's client. The latter only leave a note, as the machine
 * is stopped then; the kernel does it when it runs on.
 */
#ifndef KERNEL_MODULE_COMMAND_H
#define KERNEL_MODULE_COMMAND_H

struct gdb;

/* Load what the command line names, and start the thread that does the rest. */
void module_command_init(void);

/* From the timer interrupt: wake that thread if there is something to do. */
void module_command_tick(void);

/* Monitor commands. */
void module_insmod(struct gdb *g, char *args);
void module_rmmod(struct gdb *g, char *args);

#endif
