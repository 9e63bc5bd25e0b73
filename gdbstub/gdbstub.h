/*
 * gdbstub.h: the public door of the portable protocol core (GDB manual, "Remote Protocol").
 *
 * The core is fed one byte at a time and never waits: the embedder reads its line, hands each byte
 * to gdb_receive() and does what the returned event says. It allocates nothing, has no globals, no
 * clock, and no idea of the processor; everything it knows of the machine comes through target.h.
 *
 *     running:  byte in -> gdb_receive() -> GDB_EVENT_BREAK  -> stop the machine, gdb_stopped()
 *     stopped:  byte in -> gdb_receive() -> GDB_EVENT_RESUME -> let the machine run
 *
 * One call at a time: an embedder with several CPUs or interrupts serialises its calls.
 */
#ifndef TRAPLINE_GDBSTUB_H
#define TRAPLINE_GDBSTUB_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "target.h"
#include "trace_ring.h"

/*
 * PacketSize announced to the client: the longest packet, in bytes between '$' and '#', unless the
 * embedder has room for longer ones.
 */
#ifndef GDB_PACKET_MAX
#define GDB_PACKET_MAX 0x4000
#endif

/* What the embedder has to do now. */
enum gdb_event {
    GDB_EVENT_NONE,
    GDB_EVENT_BREAK,  /* the machine runs and a client wants it: stop it, then gdb_stopped() */
    GDB_EVENT_RESUME, /* the machine is stopped and shall run, as target->resume was told */
};

/* Counters for "monitor comm" and for tests; they only ever grow. */
struct gdb_statistics {
    uint32_t packets_in;
    uint32_t packets_out;
    uint32_t bad_checksums; /* packets answered with '-' */
    uint32_t overlong;      /* packets longer than packet_max */
    uint32_t resent;        /* frames sent again because the client asked with '-' */
    uint32_t stray_bytes;   /* bytes outside any packet that mean nothing */
    uint32_t interrupts;    /* 0x03 that broke in */
};

/* How the work for a packet goes on (patience.c); the last two: it does not. */
enum gdb_work {
    GDB_WORK_BEGINS,
    GDB_WORK_SHORT,
    GDB_WORK_LONG, /* and the client knows */
    GDB_WORK_INTERRUPTED,
    GDB_WORK_FORSAKEN, /* by its client: nobody is to hear what came of it */
};

/* Whose manner of speaking the client has: some answers differ. */
enum gdb_dialect { GDB_DIALECT_GDB, GDB_DIALECT_LLDB };

/* A thread's registers that a client has put aside, in scratch memory; address 0: a free row. */
struct gdb_saved {
    uint64_t address;
    gdb_tid thread;
};
#define GDB_SAVED_MAX 8

/* Tracepoints, and whether data is being collected. */
#define GDB_TRACE_BUCKETS 32
struct gdb_trace {
    uint8_t *memory; /* the embedder's, from the first definition on */
    uint32_t size, used; /* bytes of it, and how many are definitions */
    uint32_t limit;      /* ... and may be */
    uint32_t first, last, open; /* tracepoints; open: more of its definition is to come */
    uint32_t variables, constants;
    uint32_t buckets[GDB_TRACE_BUCKETS]; /* by address */
    struct gdb_ring ring;
    uint32_t wanted; /* bytes of the ring, 0: all that there is */
    uint32_t state;  /* a byte each: it runs; why not, enum gdb_trace_end */
    uint32_t culprit; /* the tracepoint that has ended it, */
    const char *wrong; /* ... and what was wrong with it */
    uint32_t writers; /* processors that are collecting now */
    uint32_t lost, unreadable; /* frames without room, pieces of memory that were not there */
    bool circular, disconnected;
    bool looking;    /* the client looks at a frame, */
    uint32_t number; /* ... at this one, */
    struct gdb_ring_cursor frame; /* ... which is here */
    uint32_t told, told_item; /* what was uploaded last: a definition, a part of it */
    uint32_t sent; /* bytes of frames before the one at mark */
    struct gdb_ring_cursor mark;
    uint64_t begun, ended; /* in microseconds; 0: not yet, or nobody knows */
    uint32_t notes[3]; /* who traces, what for, why it was stopped: texts */
};

/* A packet in rx and the byte behind it, a reply in its frame. */
#define GDB_PACKETS_SIZE(longest) (((longest) + 1) + (1 + (longest) + 3))

/* The whole state of one line. The embedder owns the memory; only the core looks inside. */
struct gdb {
    const struct gdb_target *target;
    void *context;

    /* packet.c: the frame pump */
    uint32_t packet_max;  /* GDB_PACKET_MAX, or what gdb_use_memory() has room for */
    uint8_t *rx, *frame;  /* frame: '$', the reply, '#' and two digits, sent at once */
    uint8_t rx_state;
    uint8_t rx_checksum;  /* sum of the bytes so far */
    uint16_t rx_expected; /* the checksum that came with the packet; too large if it is none */
    uint8_t rx_last;      /* the byte before this one, if it was within a packet */
    bool rx_complete;     /* a good packet waits in rx for the machine to be stopped */
    uint32_t rx_length;   /* packet_max + 1 stands for "too long", however long */
    uint32_t rx_cursor;   /* where the rx_ verbs read next */
    bool rx_bad;          /* an rx_ verb did not find what it should: the packet is malformed */
    uint8_t *tx;          /* the reply, which lies in frame */
    uint32_t tx_length;
    bool tx_overflow; /* a tx_ verb found no room: the reply becomes an error */
    bool tx_unacked;  /* the frame in tx was sent and not yet acknowledged */

    /* session.c */
    bool running;      /* the machine runs */
    bool stop_owed;    /* the client resumed the machine and waits for a stop reply */
    bool stop_known;   /* a stop reply went */
    bool stop_told;    /* ... and an 0x03 that comes now is no spare one of that stop */
    bool interrupted;  /* ... and did: the next resume is answered by that */
    bool executing;    /* a packet's handler is under way: it has not been answered yet */
    uint8_t work;      /* ... enum gdb_work: for how long, and whether somebody waits for it */
    bool no_ack;       /* QStartNoAckMode was agreed */
    bool no_ack_fresh; /* ... and the '+' for its OK may still come */
    bool orphaned;     /* breakpoints may be left of a client that is gone without a word */
    bool extended;     /* the client said '!': it stays when it detaches */
    bool multiprocess, swbreak, hwbreak, error_message; /* what the client's qSupported said */
    bool greeted;      /* the client has sent a qSupported */
    bool described;    /* ... and reads target.xml */
    uint8_t dialect;   /* enum gdb_dialect */
    bool thread_suffix, threads_in_stop, error_strings; /* what lldb asked for */
    bool libraries_read; /* the client has the list of libraries: it wants to hear of changes */
    bool introduced;   /* lldb knows the kernel's file and slide: it is not to hear of it again */
    bool console_open; /* a qRcmd is under way: gdb_print() may send */
    bool failed;       /* ... and has not done what it was asked for */
    bool cut;          /* ... and the client does not want to hear more */
    uint8_t json;      /* report.c: where in a line of JSON it is */
    uint8_t field;     /* ... in a value with a name */
    bool row_filled;   /* ... and whether the line has one already */
    void (*sink)(const char *text, size_t n); /* who hears it instead of a client, or NULL */
    gdb_tid general;   /* Hg: the thread that g, m, p ... mean */
    gdb_tid resumed;   /* Hc: the thread that c and s mean */
    gdb_tid listed;    /* the last thread that q[fs]ThreadInfo named */
    gdb_tid window_thread; /* the last one written of the XML list of threads, or 0 */
    uint64_t window_at;    /* where in that list it begins */
    uint64_t work_heard;   /* when the client heard last of a long one, in microseconds */
    uint32_t greeting; /* length and checksum of the last packet if it was a qSupported, or 0 */
    uint8_t greetings; /* how often that came in a row */
    struct gdb_stop last_stop;
    size_t agents_used; /* bytes of target->agent_memory(), */
    size_t agents_dead; /* ... and of these, what belongs to no breakpoint any more */
    struct gdb_saved saved[GDB_SAVED_MAX];
    struct gdb_agent_variables variables;
    struct gdb_trace trace;

    struct gdb_statistics statistics;

    uint8_t packets[GDB_PACKETS_SIZE(GDB_PACKET_MAX)];
};

/* Start a line with no client on it and the machine running. Both pointers must outlive g. */
void gdb_init(struct gdb *g, const struct gdb_target *target, void *context);

/*
 * Room for longer packets, GDB_PACKETS_SIZE() of the longest, before the first byte comes; it must
 * outlive g. Nobody else writes to it. Less than there is already changes nothing.
 */
void gdb_use_memory(struct gdb *g, void *memory, size_t size);

/*
 * Take one byte from the line. While the machine runs, a good packet or an 0x03 outside any packet
 * returns GDB_EVENT_BREAK (a bad or half packet never does); until gdb_stopped() is called further
 * bytes may be fed, and the first packet waits. While it is stopped, packets are answered at once.
 */
enum gdb_event gdb_receive(struct gdb *g, uint8_t byte);

/*
 * Of bytes that follow, take those at once that lie within a packet: how many, or 0. Only where the
 * line has them in a row; gdb_receive() gets the next one.
 */
size_t gdb_receive_inside(struct gdb *g, const uint8_t *bytes, size_t n);

/*
 * The machine has stopped: remember why, send the stop reply if the client is owed one, and handle
 * a packet that waits. For a stop that GDB_EVENT_BREAK asked for, pass GDB_STOP_SIGNAL with
 * GDB_SIGINT. May return GDB_EVENT_RESUME when the waiting packet was one that resumes.
 */
enum gdb_event gdb_stopped(struct gdb *g, const struct gdb_stop *stop);

/*
 * An operation of the target did not return (the machine faulted in it, and the embedder has taken
 * control back): answer the packet that it was for with an error, if there was one, and go on.
 */
enum gdb_event gdb_abandon(struct gdb *g, const char *why);

/*
 * Text from the machine's console: sent as O packets if a client waits for a stop reply, the only
 * time the protocol allows it. Returns false, having sent nothing, otherwise.
 */
bool gdb_console(struct gdb *g, const char *text, size_t n);

/* Print to the client from within target->monitor: %s %c %d %u %x %lx %lu %p, width and 0, ll. */
void gdb_print(struct gdb *g, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, for a command that cannot do what it was asked for. */
void gdb_complain(struct gdb *g, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The same for a line, or a part of it, with values that have names: "{start:0x%lx}  {hits=%u}\n".
 * A reader gets the text without the names, a program ("monitor -j") an object: {"start":"0x...",
 * "hits":3}. '=' is for decimal numbers. A name occurs once in a line.
 */
void gdb_row(struct gdb *g, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ... and for what is the result of the whole command, before anything else is printed. */
void gdb_result(struct gdb *g, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A result with a name for a program, before anything is printed; a reader does not see it. */
void gdb_fact(struct gdb *g, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The client wants no more of the command's output. A long command asks now and then. */
bool gdb_interrupted(struct gdb *g);

/*
 * For a target's operation that takes a while, every few milliseconds. False: it is to give up, the
 * client does not wait for it. A client that waits does so for as long as this is asked.
 */
bool gdb_goes_on(struct gdb *g);

/* For target->monitor: from here to the end, what is printed becomes one line of JSON. */
void gdb_json_begin(struct gdb *g, const char *command);
void gdb_json_end(struct gdb *g);

/* What gdb_print() prints until the end goes to a sink. Only while no packet is being handled. */
void gdb_report_begin(struct gdb *g, void (*sink)(const char *text, size_t n));
void gdb_report_end(struct gdb *g);

/*
 * The same formatting for a text of the target's own: at most size bytes, with the 0 that is always
 * there. Returns how many were written before it.
 */
size_t gdb_sprint(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The machine is going away (power off, reset by request): tell a client that waits, W<status>, so
 * that it ends cleanly instead of timing out.
 */
void gdb_exited(struct gdb *g, uint8_t status);

/* True while a client has resumed the machine and waits for it. */
bool gdb_client_waits(const struct gdb *g);

/* ... and a stop with GDB_STOP_LIBRARY is worth its while: it keeps a list of the libraries. */
bool gdb_wants_libraries(const struct gdb *g);

#endif
