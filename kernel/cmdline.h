/*
 * cmdline.h: the kernel's command line, as far as it is ours.
 *
 *     gdb=off|on|wait|wait:<n>s   the debugger: not at all; serve (default); stop before the first
 *                                 line of kernel_main, for ever or for n seconds
 *     gdb.port=com1..com4|0x3f8   its serial line (default com1)
 *     gdb.port=virtio             ... or a virtio console; COM1 if there is none
 *     gdb.baud=115200             the rate of a serial line
 *     gdb.breakin=irq|nmi         how the line interrupts (default irq; nmi gets in even while
 *                                 interrupts are off)
 *     gdb.file=/path/kernel.elf   where clients find this kernel's ELF on their host (or none);
 *     gdb.file=target             ... they read kernel.elf of the initrd, over their line
 *     gdb.console=auto|on|off|share
 *                                 the log as O packets for a client that waits for the running
 *                                 kernel: with share, console and debugger are on one line, and it
 *                                 is plain text while nobody waits; auto: share if there is no
 *                                 other console (default); on: in addition to that other console
 *     gdb.modules=/path           ... and those of its modules (default: modules/ beside it)
 *     gdb.trace=256K              memory for tracepoints, from 16K to 1024M (default 256K), or off
 *     nokaslr|kaslr|kaslr=<hex>   run where it was linked (default), anywhere, or moved by so much:
 *                                 boot/slide.h; here it is only read to say what is wrong with it
 *     modules=a,b                 modules to load at boot, in this order
 *     workload=off|light|full|crowd
 *                                 threads to look at: none; mostly asleep ones (default); ones that
 *                                 keep every CPU busy; a thousand that sleep
 *     panic=gdb|dump|reboot|halt|exit
 *                                 when the kernel has gone wrong, and no debugger is attached: tell
 *                                 the console why, then wait for one, with all as it was (default;
 *                                 also with gdb=off, but then it has to be asked for), the same
 *                                 with a call for scripts/coredump on the line, restart,
 *                                 halt (default with gdb=off), or leave QEMU with a failing code
 *     init=/init[:argument]|off   the first program, from the initrd (default /init)
 *     fault=<kind>[@boot|task|irq] go wrong, to see what happens: kernel/demo/fault_kinds.h
 */
#ifndef KERNEL_CMDLINE_H
#define KERNEL_CMDLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "workload/workload.h"

enum gdb_mode { GDB_MODE_ON, GDB_MODE_OFF, GDB_MODE_WAIT };
enum console_mode { CONSOLE_AUTO, CONSOLE_ON, CONSOLE_OFF, CONSOLE_SHARE };
enum panic_mode { PANIC_AUTO, PANIC_GDB, PANIC_DUMP, PANIC_REBOOT, PANIC_HALT, PANIC_EXIT };

struct cmdline {
    enum gdb_mode gdb;
    unsigned gdb_wait_seconds; /* with GDB_MODE_WAIT; 0 for ever */
    uint16_t gdb_port;
    bool gdb_virtio; /* gdb_port is for want of a virtio console only */
    uint32_t gdb_baud;
    bool gdb_nmi; /* its line interrupts by NMI */
    bool gdb_rest; /* it halts while its client is silent */
    char gdb_file[256]; /* "" for none, "target" */
    enum console_mode gdb_console;
    char gdb_modules[256];
    uint32_t gdb_trace; /* bytes, 0 for none */
    char modules[256];
    enum workload_mode workload;
    enum panic_mode panic;
    char init[64]; /* "" for none */
};
extern struct cmdline cmdline;

/*
 * Read the options. What is wrong is said in one line, and the default stands; words that are not
 * ours are not our business. The later of two wins.
 */
void cmdline_parse(const char *text);

#endif
