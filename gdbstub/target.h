/*
 * target.h: the seam. What a machine must provide so that the portable core can serve it.
 *
 * The core (everything else in this directory) knows the protocol and nothing of any processor; a
 * target knows its machine and nothing of packets. An operation left NULL is a feature the machine
 * does not have: the core then does not announce it and answers its packets with the empty reply.
 *
 * Every operation is called with the context pointer given to gdb_init(), only while the machine is
 * stopped (but for send, which is also used while it runs), and must not call back into the core
 * except for gdb_print() from within monitor(), and gdb_goes_on() where work is long.
 */
#ifndef TRAPLINE_TARGET_H
#define TRAPLINE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gdb;

/* A thread id as the client sees it: 1 and up name a thread. */
typedef uint64_t gdb_tid;
#define GDB_TID_ANY ((gdb_tid)0)  /* "0": whichever the stub likes */
#define GDB_TID_ALL ((gdb_tid)-1) /* "-1": all of them */

/*
 * The outcome of an operation. code is sent as the two hex digits of "Enn"; text, if not NULL, is
 * sent as "E.text" instead wherever the client can take it (GDB manual, "Standard Replies"): one
 * line without '#', '$' or '}', that says what was wrong and what to do. It must stay valid until
 * the next call into the target.
 */
struct gdb_error {
    uint8_t code;
    const char *text;
};
#define GDB_OK ((struct gdb_error){0, NULL})
enum {
    GDB_E_MALFORMED = 0x01, /* the packet cannot be parsed */
    GDB_E_MEMORY = 0x14,    /* an address that cannot be read or written */
    GDB_E_ARGUMENT = 0x22,  /* parsed, but the value cannot be */
};

/* The width in bytes that no register exceeds. */
#define GDB_REGISTER_MAX 64

/* One row of the register table: regnum is the row's index, for target.xml, g, G, p, P and T. */
struct gdb_register {
    const char *name;    /* as gdb's own feature definition spells it */
    const char *type;    /* target.xml type, such as "int64", "data_ptr", "i387_ext" */
    const char *altname; /* lldb's other name for it, or NULL */
    const char *group;   /* target.xml group, or NULL */
    uint16_t bits;       /* a multiple of 8, at most 8 * GDB_REGISTER_MAX */
    uint8_t feature;     /* index into gdb_target.features; rows of one feature are adjacent */
};

/* A field of a register that consists of flags: its first and last bit. */
struct gdb_field {
    char name[11];
    uint8_t start, end;
};

/* The type of such a register. */
struct gdb_flags {
    const char *id;
    const struct gdb_field *fields;
    uint8_t field_count;
    uint8_t size; /* bytes */
};

/* A feature of target.xml: its name and the types that its registers use. */
struct gdb_feature {
    const char *name;  /* "org.gnu.gdb.i386.core" */
    const char *types; /* XML text, or "" */
    const struct gdb_flags *flags;
    uint8_t flags_count;
    bool shared; /* a call may change them for good, as they are the processor's: never put back */
};

/* The description of a machine that never changes while it runs. */
struct gdb_machine {
    const char *architecture; /* target.xml <architecture>, "i386:x86-64" */
    const char *osabi;        /* target.xml <osabi>, or NULL */
    const char *triple;       /* what lldb takes it for, "x86_64-unknown-linux-gnu"; or NULL */
    const struct gdb_feature *features;
    const struct gdb_register *registers;
    uint16_t feature_count;
    uint16_t register_count;
    uint8_t watchpoints;       /* how many the hardware has, for a client that counts; or 0 */
    uint16_t pc;               /* regnum of the program counter, for "c addr" and "s addr" */
    const uint16_t *expedited; /* regnums sent with every stop reply */
    uint16_t expedited_count;
    uint16_t expedited_at_step; /* how many of them if it was a step, no more */
};

/* Z and z packets: the number is the protocol's. */
enum gdb_breakpoint_type {
    GDB_BREAK_SOFTWARE = 0,
    GDB_BREAK_HARDWARE = 1,
    GDB_WATCH_WRITE = 2,
    GDB_WATCH_READ = 3,
    GDB_WATCH_ACCESS = 4,
    GDB_BREAKPOINT_TYPES = 5,
    GDB_TRACEPOINT = 5, /* in no such packet, but a target may plant it as it does a breakpoint */
};

struct gdb_breakpoint {
    enum gdb_breakpoint_type type;
    uint64_t address;
    uint64_t kind; /* software and hardware: the architecture's kind; watch: length in bytes */
};

/* Why the machine stopped. */
enum gdb_stop_reason {
    GDB_STOP_SIGNAL,   /* the signal says it all */
    GDB_STOP_SWBREAK,  /* a planted breakpoint; pc is at its address */
    GDB_STOP_HWBREAK,  /* a hardware execution breakpoint */
    GDB_STOP_WATCH,    /* write watchpoint; address is the one the client asked for */
    GDB_STOP_RWATCH,   /* read watchpoint */
    GDB_STOP_AWATCH,   /* access watchpoint */
    GDB_STOP_LIBRARY,  /* the list of libraries has changed; the client goes on by itself */
};

/* Signal numbers of the protocol (GDB manual, include/gdb/signals.def), not of any system. */
enum {
    GDB_SIGNAL_0 = 0,
    GDB_SIGHUP = 1,
    GDB_SIGINT = 2,
    GDB_SIGILL = 4,
    GDB_SIGTRAP = 5,
    GDB_SIGABRT = 6,
    GDB_SIGFPE = 8,
    GDB_SIGKILL = 9,
    GDB_SIGBUS = 10,
    GDB_SIGSEGV = 11,
    GDB_SIGTERM = 15,
};

struct gdb_stop {
    enum gdb_stop_reason reason;
    uint8_t signal;
    gdb_tid thread; /* the one that stopped; it becomes the current thread */
    uint64_t address;
};

/* What one thread does when the machine goes on. */
enum gdb_action_kind {
    GDB_CONTINUE,
    GDB_STEP,  /* one instruction */
    GDB_RANGE, /* step while start <= pc < end, at least once */
    GDB_HOLD,  /* stay stopped */
};

struct gdb_action {
    enum gdb_action_kind kind;
    uint8_t signal; /* to hand to the thread, 0 for none */
    gdb_tid thread; /* one thread or GDB_TID_ALL; the first action that fits a thread counts */
    uint64_t start, end;
};
#define GDB_ACTIONS_MAX 16

/* Who a thread is, for the client's thread list. Strings stay valid until the next call. */
struct gdb_thread_info {
    const char *name;  /* or NULL */
    const char *state; /* "running", "blocked on mutex log_lock"; or NULL */
    int core;          /* the CPU it runs or last ran on, -1 unknown */
};

/* Addresses start <= address <= last, all mapped with the same rights or all not mapped. */
struct gdb_region {
    uint64_t start, last;
    bool mapped, writable, executable;
};

/* A file that clients may read. */
struct gdb_file {
    const char *name; /* without a '/' in front; stays valid until the next call */
    uint64_t size;    /* bytes, now; or GDB_FILE_LONG: file_size() knows, and it takes a while */
    uint16_t version; /* another one: who has it open has another file, which is gone */
};
#define GDB_FILE_LONG ((uint64_t)-1)

/* Code that was loaded while the machine runs, from a file with symbols. */
struct gdb_library {
    const char *file; /* on the client's host; stays until the next call */
    uint64_t address; /* of its first segment: unique, not 0 */
    uint64_t bias;    /* from addresses in the file to those in memory */
};

/* Where the program is that the machine runs, if not where its file says. */
struct gdb_offsets {
    uint64_t first_segment; /* address of the first that is loaded */
    uint64_t slide;         /* from addresses in the file to those in memory, of all of it */
};

struct gdb_target {
    const struct gdb_machine *machine;

    /* Put n bytes on the line, in order, all of them. */
    void (*send)(void *context, const void *bytes, size_t n);

    /*
     * Optional: a byte costs less on the line than it takes to see whether it is in a run. In long
     * replies only long runs are looked for then.
     */
    bool (*has_fast_line)(void *context);

    /* Copy a thread's register to out, bits / 8 bytes, little endian. False: unavailable. */
    bool (*read_register)(void *context, gdb_tid thread, unsigned regnum, uint8_t *out);
    /* The same the other way. GDB_OK only if the register now really has that value. */
    struct gdb_error (*write_register)(void *context, gdb_tid thread, unsigned regnum,
                                       const uint8_t *in);

    /*
     * Copy n bytes of the thread's address space, from its first byte on, and return how many could
     * be copied; 0 if the first could not. They never wrap around its end. Planted breakpoints do
     * not show in what is read, and stay planted over what is written.
     */
    size_t (*read_memory)(void *context, gdb_tid thread, uint64_t address, void *out, size_t n);
    size_t (*write_memory)(void *context, gdb_tid thread, uint64_t address, const void *in,
                           size_t n);
    /* Optional: why write_memory would not write all of it; NULL: the memory is not there. */
    const char *(*write_refusal)(void *context, uint64_t address, size_t n);

    /*
     * Optional: what is at an address of the thread's, in a region that need not be as large as it
     * could. False: that cannot be said.
     */
    bool (*memory_region)(void *context, gdb_tid thread, uint64_t address,
                          struct gdb_region *region);

    /*
     * Insert: a second insert of an equal breakpoint changes nothing and succeeds. Remove: one that
     * was never set is an error. A type outside breakpoint_types is answered with the empty reply.
     */
    uint8_t breakpoint_types; /* bit n: type n is supported */
    struct gdb_error (*insert)(void *context, gdb_tid thread, const struct gdb_breakpoint *b);
    struct gdb_error (*remove)(void *context, gdb_tid thread, const struct gdb_breakpoint *b);

    /*
     * Optional: memory for the conditions and commands of breakpoints, which whoever decides about
     * a hit asks gdb_hit_stops() for (agent.h). Must stay; nobody else writes to it.
     */
    void *(*agent_memory)(void *context, size_t *size);

    /*
     * Optional: memory for tracepoints and what they collect, aligned to 8 bytes, which whoever is
     * hit by one gives to gdb_trace_hit() (trace.h). Must stay; nobody else writes to it. NULL:
     * there is none, or not yet.
     */
    void *(*trace_memory)(void *context, size_t *size);
    /* With it: one is at an address of the thread's, or no more, which it need not have been. */
    struct gdb_error (*set_tracepoint)(void *context, gdb_tid thread, uint64_t address, bool on);
    bool can_trace_steps; /* "while-stepping": gdb_trace_step() is called */
    /*
     * Optional, also called while the machine runs: microseconds since some moment, for when a
     * trace has begun and ended, and how long a client has waited; 0: not known. What expressions
     * see of it is agent.h's.
     */
    uint64_t (*microseconds)(void *context);

    /*
     * Prepare to run: the first action that names a thread (or all) is that thread's; a thread that
     * none names stays stopped. The machine runs only after the core has returned GDB_EVENT_RESUME.
     */
    struct gdb_error (*resume)(void *context, const struct gdb_action *actions, size_t n);
    bool can_range; /* GDB_RANGE is supported */

    /*
     * The threads, each once: the first for GDB_TID_ANY, then the one after, and GDB_TID_ANY at the
     * end. A machine without next_thread and thread_alive has one thread, number 1.
     */
    gdb_tid (*next_thread)(void *context, gdb_tid after);
    bool (*thread_alive)(void *context, gdb_tid thread);
    bool (*thread_info)(void *context, gdb_tid thread, struct gdb_thread_info *info);

    /*
     * Optional: the absolute path of the file that the machine runs, so that a client that was
     * given no file finds one: on the client's host or, if it is one of those below behind a '/',
     * here. It must stay. NULL: not known.
     */
    const char *(*exec_file)(void *context);

    /*
     * Optional: the files that the client may read, the nth from 0 on; false behind the last. A
     * number means the same file for as long as a client may hold it open, which is for ever.
     * read_file copies n bytes from offset, all of them within the size, and returns how many it
     * could. file_size is GDB_FILE_LONG if it was interrupted.
     */
    bool (*file)(void *context, unsigned number, struct gdb_file *file);
    uint64_t (*file_size)(void *context, unsigned number);
    size_t (*read_file)(void *context, unsigned number, uint64_t offset, void *out, size_t n);

    /* Optional: where the program of exec_file is. False: where it was linked. */
    bool (*offsets)(void *context, struct gdb_offsets *out);

    /*
     * Optional: the nth library, from 0 on; false behind the last. A change of them is told by a
     * stop with GDB_STOP_LIBRARY, if gdb_wants_libraries().
     */
    bool (*library)(void *context, size_t n, struct gdb_library *out);

    /*
     * Optional: scratch memory for a client that compiles code of its own and has it run: at least
     * size bytes that nobody else uses, in every thread's address space; 0 if there is no room.
     * What is executable only write_memory need write to. release: false if it was not allocated.
     * Together with write_memory and write_register.
     */
    uint64_t (*allocate)(void *context, uint64_t size, bool executable);
    bool (*release)(void *context, uint64_t address);

    /*
     * The client lets go (D, k, vKill) or was replaced by another: forget every breakpoint but
     * no tracepoint, and that scratch memory was allocated.
     */
    void (*detach)(void *context);

    /* qRcmd: one line of text, already decoded. Print with gdb_print(g, ...). */
    void (*monitor)(void *context, struct gdb *g, char *line);
    /* Optional: an 0x03 has come while that runs. Any other byte is kept for later. */
    bool (*interrupted)(void *context);
    /* Optional, with it: what it has kept is the beginning of a packet. */
    bool (*packet_waits)(void *context);
};

#endif
