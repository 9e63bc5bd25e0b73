/*
 * debugger.h: the one header an embedding kernel includes. The debugger for x86-64, in the kernel,
 * over a serial line, spoken to by stock gdb.
 *
 * Three calls make it work (docs/porting.md walks through them):
 *   1. debugger_init() as soon as an IDT is loaded;
 *   2. debugger_exception() first thing in the handler of vectors 0..31;
 *   3. debugger_interrupt() last thing in the serial and timer interrupt handlers.
 * And one that makes it kind: debugger_unhandled() before the kernel gives up over an exception.
 */
#ifndef TRAPLINE_DEBUGGER_H
#define TRAPLINE_DEBUGGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

struct gdb;

/* Two functions make a line; NULL in debugger_config.transport means the 16550 at uart_port. */
struct debugger_transport {
    int (*receive)(void);                       /* next byte 0..255, -1 if none waits */
    void (*send)(const void *bytes, size_t n);  /* all of them, waiting as long as it takes */
    /* Optional: a byte waits, which stays; asked without a lock. NULL: one may at any time. */
    bool (*pending)(void);
    /*
     * Optional: let the interrupt come with the very first byte, as long as it is on. False: it
     * does not come at all.
     */
    bool (*alert)(bool on);
    /* Optional: call take with bytes that wait in a row, of which it takes as many as it says. */
    void (*offer)(size_t (*take)(const uint8_t *bytes, size_t n));
    /* Optional: how many I/O ports it has, from *first on: no access to one may be a stop. */
    uint16_t (*ports)(uint16_t *first);
    bool fast; /* a byte costs next to nothing: a long reply is sent as it is */
};

/*
 * A "monitor" command of the kernel's own. run prints with gdb_row(), gdb_result() or gdb_print(),
 * or gdb_complain() if it cannot do it (gdbstub.h); args is never NULL, and empty if there is no
 * usage. debugger_value() reads what people write.
 */
struct debugger_command {
    const char *name;
    const char *help; /* one line */
    void (*run)(struct gdb *g, char *args);
    const char *usage; /* its arguments, "ADDR [N]"; or NULL */
};

/* start <= address < end; the name is for the client: "the entry code of the exceptions". */
struct debugger_range {
    uint64_t start, end;
    const char *name;
    bool changes; /* also while the machine is stopped: what the debugger itself works with */
};

/* A thread of the kernel or of a user program, as the kernel's scheduler knows it. */
struct debugger_thread {
    uint64_t id;     /* 1 .. DEBUGGER_THREAD_MAX, never used again; 0: it cannot be read */
    uint64_t handle; /* the kernel's own, for thread_registers; with an id of 0: that was read */
    char name[32];
    char state[64];  /* for people: "blocked on mutex log_lock" */
    int cpu;         /* where it runs, or ran last; -1: nowhere so far */
    bool running;    /* there, now: its registers are that processor's */
    uint64_t cr3;    /* of its address space, 0: any */
};
#define DEBUGGER_THREAD_MAX 0x7ffeffffull /* gdb sends an int; processors follow */

/* A program that the kernel runs. */
struct debugger_process {
    uint64_t pid;    /* 1 and up */
    uint64_t cr3;    /* its tables, with the kernel's half in them; 0: it has none any more */
    uint64_t thread; /* the id of one of its threads, 0: it has none */
    char name[32];
    char state[32];  /* for people; or "" */
};

/* Registers that a thread's switch may have saved, in the order of gdb's numbers. */
enum debugger_register {
    DEBUGGER_RAX, DEBUGGER_RBX, DEBUGGER_RCX, DEBUGGER_RDX, DEBUGGER_RSI, DEBUGGER_RDI,
    DEBUGGER_RBP, DEBUGGER_RSP, DEBUGGER_R8, DEBUGGER_R9, DEBUGGER_R10, DEBUGGER_R11,
    DEBUGGER_R12, DEBUGGER_R13, DEBUGGER_R14, DEBUGGER_R15, DEBUGGER_RIP, DEBUGGER_RFLAGS,
    DEBUGGER_FS_BASE, DEBUGGER_GS_BASE, DEBUGGER_K_GS_BASE,
    DEBUGGER_REGISTERS,
};

/* Where a thread that does not run keeps its registers. */
struct debugger_thread_registers {
    uint64_t saved_at[DEBUGGER_REGISTERS]; /* addresses of 8-byte words; 0: not kept */
    uint64_t rsp; /* what it will be when the thread goes on, if that is kept in no word */
};

/* A lock that somebody holds or waits for, for people. */
struct debugger_lock {
    uint64_t address;
    uint64_t since;  /* where the code goes on that asked for it; 0: not known */
    uint64_t holder; /* of one that is waited for, the number of who has it; 0: not known */
    bool waits;      /* it is not held, but waited for */
    char kind[16];   /* "mutex" */
    char name[32];
};

/* What the kernel makes of an interrupt vector. */
struct debugger_interrupt {
    uint64_t count;   /* so far, on all processors */
    uint64_t handler; /* the function, 0: none */
};

/* A file that clients may read: "remote get dmesg x", or symbols that travel with the kernel. */
struct debugger_file {
    const char *name; /* without a '/' in front; stays valid until the next call */
    uint64_t size;    /* bytes, now */
    const void *data; /* read with care; or NULL, and: */
    /* Copy n bytes from offset, all of them within size. Returns how many it could. */
    size_t (*read)(uint64_t offset, void *out, size_t n);
};

struct debugger_config {
    uint16_t uart_port; /* I/O port of a 16550, 0 for COM1 (0x3f8) */
    uint32_t baud;      /* 0 for 115200 */
    const struct debugger_transport *transport;
    const uint64_t *tsc_hz; /* cycles of the TSC in a second; NULL or 0 there: it is guessed */

    /* Optional from here on: NULL or 0 means the feature is not there. */
    const struct debugger_command *commands;
    size_t command_count;
    void (*on_stop)(void);                       /* other devices may want to know; stub stack */
    void (*on_resume)(uint64_t stopped_cycles);  /* TSC cycles that the stop took */
    void (*reset)(void);                         /* restart the machine; does not return */
    void (*poweroff)(uint8_t status);            /* does not return */

    /*
     * When the kernel panics, or an exception stops it, and no client waits to be told: what
     * "monitor analyze" says is written to the kernel's console, and unattended() decides: it does
     * not return, or a client is waited for, with all as it was. Both are called on the stub's
     * stack with the other processors stopped anywhere: they take no lock.
     */
    void (*console)(const char *text, size_t n);
    void (*unattended)(void);
    const char *beacon; /* sent on the line now and then while it is silent after that; or NULL */

    const char *build_id; /* of the kernel's ELF, for "monitor version"; as text, must stay */
    /*
     * The absolute path of the ELF file with this kernel's symbols: "gdb -ex 'target remote :1234'"
     * then needs no file. On the host where clients run or, if file() has it under that name behind
     * the '/', here. Must stay.
     */
    const char *exec_file;
    /*
     * The files that clients may read, the nth from 0 on; false behind the last. A number means the
     * same file for ever. Called while the machine is stopped, on the stub's stack.
     */
    bool (*file)(unsigned number, struct debugger_file *file);

    /*
     * Room for longer packets than 16 KiB: twice as much as the longest, and 5 bytes. A line that
     * costs by the packet is the faster for it; on a slow one a long packet is in the way of all
     * else. Nobody else writes to it.
     */
    void *packet_memory;
    size_t packet_size;

    /*
     * Memory for conditions and commands of breakpoints that are evaluated here, without a word to
     * the client: some 40 bytes for a simple one. Nobody else writes to it.
     */
    void *agent_memory;
    size_t agent_size;

    /*
     * Room for more than DEBUGGER_BREAKPOINTS (64) planted breakpoints at a time: 32 bytes for
     * each, aligned to 8. Nobody else writes to it.
     */
    void *breakpoint_memory;
    size_t breakpoint_size;

    /*
     * Memory for tracepoints and what they collect ("trace", "tstart"), aligned to 8 bytes: some
     * 100 bytes for a hit with a few registers. Nobody else writes to it. Called while the machine
     * is stopped; NULL as long as there is none yet. It must stay from then on.
     */
    void *(*trace_memory)(size_t *size);

    /*
     * Memory for the code that lldb compiles to call a function of the kernel's, and its data: page
     * aligned, mapped from debugger_init() on, used by nobody else. The code need not be writable.
     * For one call some 16 KiB and, of data, 600 KiB; without it lldb calls none.
     */
    struct debugger_range scratch_code, scratch_data;

    /*
     * A kernel that does not run where it was linked: how far its addresses are from those in
     * exec_file, and the address of its first segment (PT_LOAD) in memory. Also for
     * debugger_early_init().
     */
    uint64_t slide, first_segment;

    /*
     * The kernel's own names and addresses as scripts/symbols.py puts them into the image, so that
     * the debugger can say what is where without a client. Must stay. Also for
     * debugger_early_init().
     */
    const void *symbols;
    size_t symbols_size;

    /*
     * Memory for what "monitor wt" finds out: from 96 KiB on, of which a line of it takes 12 bytes.
     * Nobody else writes to it.
     */
    void *wt_memory;
    size_t wt_size;

    /* What the allocator fills memory with that is free, for "monitor analyze"; 0: nothing. */
    uint8_t poison;

    /*
     * Where the processor sees physical memory, for a client that asks what is mapped (lldb's
     * "memory region"): page tables lie in it. What it returns is read with care.
     */
    void *(*physical_memory)(uint64_t address);

    /*
     * For a core file of the stopped machine (docs/cores.md), together with physical_memory: the
     * RAM, range by range, in whole pages; next_ram finds the lowest one at or above an address,
     * false: there is none. core_memory is for a map of its pages: a byte for eight of them, or for
     * as many more as it takes. Nobody else writes to it.
     */
    bool (*next_ram)(uint64_t from, struct debugger_range *ram);
    void *core_memory;
    size_t core_size;

    /*
     * Optional, for the same: the end of RAM around an address that nobody has been given since
     * boot, or 0. It is taken for zero and not looked at, which is what takes its time where there
     * is much of it: what a wild pointer has written there is not in the file.
     */
    uint64_t (*unused_ram)(uint64_t physical);

    /*
     * The vector of the line's interrupt, to tell its visits from the timer's; 0: none. With more
     * than one processor: alone in the class below wake_vector's, and its handler does nothing but
     * EOI and debugger_interrupt(), so that one that is held can take it as well.
     */
    uint8_t line_vector;
    /*
     * As things are now, would the line's interrupt reach this processor as line_vector, if IF were
     * set: it is routed here and open, its gate is as it should be, and none of its class or above
     * is in service? Asked before the processor halts until the client speaks, with the task
     * priority (CR8) below its class, in which and above which nothing may be but wake_vector.
     * NULL: the line is polled.
     */
    bool (*line_wakes)(void);
    /*
     * For "monitor watchdog": where the kernel counts the timer interrupts of a processor, from
     * before it is online (NULL: it need not have any), and a clock that raises NMIs at one of
     * them however its interrupt flag is. Switch it on or off; returns how many come in 1000 s, 0
     * if there is no such clock.
     */
    const volatile uint64_t *(*ticks)(unsigned cpu);
    uint32_t (*nmi_clock)(bool on);

    /*
     * What the way into the debugger depends on besides its own code, data, IDT and GDT: the
     * kernel's entry code, the stacks of its own that exceptions have, other mappings of all these.
     * A client cannot write, break or watch there. Must stay.
     */
    const struct debugger_range *protected_ranges;
    size_t protected_count;

    /*
     * Exceptions that the kernel resolves itself in ordinary life, as page faults of memory that is
     * made on demand: bit n is vector n. They stop the machine only if the kernel says that it
     * cannot, by debugger_unhandled(). All others stop it first. "monitor catch" changes that.
     */
    uint32_t second_chance;
    /*
     * The kernel's own handling of an exception, for a client that saw it first and wants the
     * kernel to have it ("signal SIGSEGV"): what follows DEBUGGER_PASS otherwise. Called with
     * interrupts off, on the stack that the exception came in on; when it returns, the frame is
     * left. NULL: the instruction is tried again.
     */
    void (*pass_on)(struct trap_frame *frame);

    /*
     * More than one processor (docs/threads.md). this_cpu: the index of the one that asks, below
     * DEBUGGER_CPUS; called at any instruction, with any GS, and 0 as long as there is only one.
     * send_nmi: raise an NMI at another one. wake: interrupt it by wake_vector, one of the highest
     * class that the kernel uses, whose handler sends its EOI and does nothing else (no breakpoint
     * can be in it, it does not reschedule). All three are called anywhere and take no lock.
     * Without them there is one processor; without wake alone, those that are held spin.
     */
    unsigned (*this_cpu)(void);
    void (*send_nmi)(unsigned cpu);
    void (*wake)(unsigned cpu);
    uint8_t wake_vector;

    /*
     * The kernel's threads. next_thread walks their list: *cursor is 0 at first, and the hook's own
     * from then on (a pointer, an index), different at each thread; false behind the last. What is
     * followed and read may be spoiled: debugger_read() does it. thread_registers tells where a
     * thread that does not run keeps its registers, for its unwinding at least rbx, rbp, r12-r15,
     * rsp and rip; false: they cannot be had. Both are called with the machine stopped. NULL: the
     * processors are the threads.
     */
    bool (*next_thread)(uint64_t *cursor, struct debugger_thread *thread);
    bool (*thread_registers)(const struct debugger_thread *thread,
                             struct debugger_thread_registers *registers);
    /*
     * The one that runs on a processor, as next_thread has it; false: none does. With it a stop
     * takes as long with a thousand threads as with one. NULL: the list says it.
     */
    bool (*thread_on)(unsigned cpu, struct debugger_thread *thread);

    /*
     * The number of the thread that runs here, for breakpoints that are one thread's: called as
     * this_cpu is. held_lock walks the locks that a thread holds, or that one which
     * runs waits for, by a cursor as next_thread's.
     */
    uint64_t (*this_thread)(void);
    bool (*held_lock)(const struct debugger_thread *thread, uint64_t *cursor,
                      struct debugger_lock *lock);

    /*
     * For "monitor analyze" and "monitor log": copy n bytes of the kernel's log, the first of them
     * being back bytes before its end. Returns how many; 0 if its beginning is not kept any more.
     */
    size_t (*log)(uint64_t back, char *out, size_t n);

    /*
     * For "monitor apic", "ioapic" and "irq": where the registers of the device at a physical
     * address are mapped, NULL: nowhere; what a vector is for, false: for nothing.
     */
    void *(*device_memory)(uint64_t physical);
    bool (*interrupt)(unsigned vector, struct debugger_interrupt *out);

    /*
     * User programs with a lower half of the address space for each (docs/processes.md).
     * next_process walks them as next_thread does the threads. own_page: a physical page of a
     * program's is about to get a breakpoint, or to be written to by a client, and nobody else may
     * see that. Returns the same page if no other program and no page cache has it; else an unused
     * one that takes its place in this one's tables, with a copy of its contents; or 0 if there is
     * none, or it is no program's. Any processor may be stopped anywhere, so this takes no lock,
     * and no breakpoint can be in it or in physical_memory, which it needs (protected_ranges).
     * NULL: the lower half is as good as the kernel's.
     */
    bool (*next_process)(uint64_t *cursor, struct debugger_process *process);
    uint64_t (*own_page)(uint64_t page);
};

/* What debugger_exception() wants its caller to do. */
enum debugger_verdict {
    DEBUGGER_PASS,    /* not the debugger's: let the kernel's own handler have it */
    DEBUGGER_HANDLED, /* done, frame may have changed: leave through it */
};

/*
 * Add a "monitor" command, or take it away again; *command stays until then. Returns NULL, or why
 * not: the name is taken, or there is no room for one more.
 */
const char *debugger_add_command(const struct debugger_command *command);
void debugger_remove_command(const struct debugger_command *command);

/*
 * For such a command: cut the first word off *args and take it for an expression: 0x2f, 47, a
 * symbol, $rip, *address, and sums of them without blanks. False: it is none, and the client has
 * been told why.
 */
bool debugger_value(struct gdb *g, char **args, uint64_t *value);

/* Copy what may not be mapped: returns how many bytes could be read, from the first on. */
size_t debugger_read(void *to, const void *from, size_t n);

/*
 * Take a line and start to serve it. Returns NULL, or one line that says why it cannot (no UART at
 * that port ...), in which case nothing was changed. Needs no memory management and no interrupts.
 */
const char *debugger_init(const struct debugger_config *config);

/*
 * The same for a kernel that did not want a debugger, and panics: the others that run (bit n:
 * processor n) have not said debugger_cpu_online().
 */
const char *debugger_late_init(const struct debugger_config *config, uint32_t online);

/*
 * For the time before the kernel has an IDT, from its first line of C on (the stack is good, paging
 * is on, interrupts are off): load an IDT, and a TSS behind the entries of the present GDT, whose
 * only purpose is to stop at an exception. The line is not touched until there is one; then the
 * machine stops as after debugger_init(config). The kernel's own lidt, lgdt and ltr end this, and
 * its debugger_init() keeps a session that has begun, on the line that it has.
 */
void debugger_early_init(const struct debugger_config *config);

/*
 * Another processor than the one of debugger_init() has its IDT, and its this_cpu: from now on it
 * is stopped with the others, and has their breakpoints. Interrupts must be off.
 */
void debugger_cpu_online(void);

/* True between a successful debugger_init() and the end of the world. */
bool debugger_active(void);

/* True on a processor that the debugger has stopped: it runs, or a function that it calls. */
bool debugger_inside(void);

/*
 * A vector 0..31 was taken. If it is the debugger's (breakpoint, step, a fault of its own guarded
 * accesses, or a fault that nobody else handles) the machine stops here until a client resumes it;
 * then the frame is left by the debugger itself, from a stack of its own, and this call does not
 * return: a client may have written over everything below the interrupted rsp (GDB manual,
 * "Calling Program Functions"). Interrupts must be off. GS may be anything.
 */
enum debugger_verdict debugger_exception(struct trap_frame *frame, unsigned vector,
                                         uint64_t error);

/*
 * The kernel's handler cannot resolve the exception that DEBUGGER_PASS left to it: stop there, with
 * frame as it came in. Returns if the debugger does not serve, or if its client has left this
 * exception to the kernel already; then panic.
 */
void debugger_unhandled(struct trap_frame *frame);

/*
 * ... or it has resolved it. For better words: a fault between DEBUGGER_PASS and this one is told
 * as a fault within the first. And a handler of #DB that does not clear DR6 needs it, or a hardware
 * breakpoint between instructions that trap by TF hides such traps (Intel SDM vol. 3, 17.2.3).
 */
void debugger_resolved(const struct trap_frame *frame);

/*
 * An interrupt was served, its EOI is sent, and the handler is about to return through frame: look
 * at the line, and stop at the interrupted instruction if a client asks for it. May not return (as
 * above), so it has to be the last call of the handler. Interrupts must be off.
 */
void debugger_interrupt(struct trap_frame *frame);

/* Ways in for a client, for "monitor doors": the kernel says which ones it has opened. */
enum debugger_door {
    DEBUGGER_DOOR_LINE,  /* the line's interrupt ends in debugger_interrupt() */
    DEBUGGER_DOOR_TIMER, /* a timer's does */
    DEBUGGER_DOOR_NMI,   /* the line's interrupt is delivered as an NMI: interrupts off or not */
    DEBUGGER_DOOR_POLL,  /* the kernel calls debugger_poll(); always open */
};
void debugger_arm(enum debugger_door door);

/* The same from anywhere else (an idle loop, a busy wait): stops inside this call. */
void debugger_poll(void);

/*
 * Optional: the kernel has mapped memory at these addresses, or other memory than before.
 * Breakpoints that wait for it are planted.
 */
void debugger_memory_changed(uint64_t address, uint64_t size);

/*
 * With own_page: what happens to user memory, by the address space's CR3, told by the processor
 * that did it. Not for a space that is still being made.
 * changed: as above. shared: pages of it are others' as well from now on, who have not run since (a
 * fork); they will not see its breakpoints. gone: it is about to be freed, and no thread or process
 * says any more that it is theirs; its breakpoints never hit again. Interrupts on or off; to be
 * called without a lock that own_page would need.
 */
void debugger_user_memory_changed(uint64_t cr3, uint64_t address, uint64_t size);
void debugger_user_memory_shared(uint64_t cr3);
void debugger_space_gone(uint64_t cr3);

/*
 * Optional: code that the kernel has loaded while it runs. Clients find its symbols and set the
 * breakpoints that wait for it. Must stay, with its texts, until it is unloaded.
 */
struct debugger_module {
    const char *name; /* for people and for "monitor break-on-load" */
    const char *file; /* its ELF with symbols, on the host where clients run; as exec_file */
    uint64_t bias;    /* from addresses in that ELF to those in memory */
    uint64_t start, end; /* its memory; the ELF's first segment is at the start */
    uint64_t entry;   /* its first instruction to be run */
    const void *symbols;  /* optional: the ELF's .symtab, as it is, and its .strtab; both stay */
    size_t symbol_bytes;
    const char *strings;
    size_t string_bytes;
};

/*
 * Call the first when all of it is in memory, ready to be run, and before it runs, the second
 * before its memory goes away. A client that waits may be stopped at in there; breakpoints that it
 * leaves in a module go with it. One call at a time, interrupts on or off.
 */
void debugger_module_loaded(const struct debugger_module *module);
void debugger_module_unloaded(const struct debugger_module *module);

/* Stop here and wait for a client: a breakpoint in the source. Returns when it resumes. */
void debugger_break(void);

/* The kernel gives up: stop with SIGABRT, print the message to a client that waits. */
void debugger_panic(const char *message);

/* Console text for a client that waits for the running machine; false if there is none. */
bool debugger_console(const char *text, size_t n);

/* Wait for a client for at most this long (gdb=wait:5s); 0 waits for ever. TSC cycles. */
void debugger_wait(uint64_t cycles);

#endif
