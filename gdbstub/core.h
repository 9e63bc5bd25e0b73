/*
 * core.h: what the files of the protocol core share with each other and with nobody else.
 *
 * A packet's way through them: packet.c takes it off the line, session.c asks command.c for the
 * handler, the handler reads its arguments with the rx_ verbs and writes its reply with the tx_
 * verbs of text.c, session.c sends it. Handlers never send and never decide who runs.
 *
 * Everything with external linkage begins with gdb_, rx_ or tx_ (tests/host checks it).
 */
#ifndef TRAPLINE_GDB_CORE_H
#define TRAPLINE_GDB_CORE_H

#include "gdbstub.h"

/* All that the core needs of a C library; a freestanding one may have no <string.h>. */
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *text);

struct window;

/* What a handler wants done with the reply it wrote. */
enum outcome {
    ANSWER, /* send it; nothing written is the empty reply, "not supported" */
    RUN,    /* the machine runs; the answer is the stop reply that will come */
    HALT,   /* ... or would, but the client's 0x03 is here already: that is the answer */
    LEAVE,  /* send it unless nothing was written, drop the client, let the machine run */
};

/* A packet's handler: called with the cursor behind the packet's name, the reply empty. */
typedef enum outcome gdb_handler(struct gdb *g);

/* ---- packet.c: frames on the line ---- */

enum gdb_rx_state { RX_OUTSIDE, RX_INSIDE, RX_CHECKSUM_HIGH, RX_CHECKSUM_LOW };

enum line_event {
    LINE_QUIET,
    LINE_PACKET,    /* a good packet is in rx, and is acknowledged already */
    LINE_INTERRUPT, /* an 0x03 outside any packet */
    LINE_NEWCOMER,  /* a '+' that nobody in this session can have sent */
};

#define GDB_INTERRUPT_BYTE 0x03

enum line_event gdb_packet_receive(struct gdb *g, uint8_t byte);
void gdb_packet_send(struct gdb *g);
void gdb_packet_acknowledge(struct gdb *g);

/* ---- text.c: reading a packet and writing a reply ---- */

#define NOT_HEX 0x100u
/* A thread of a process that does not exist: parsed, but never alive. */
#define GDB_TID_NOBODY ((gdb_tid)-2)

struct span {
    uint8_t *start;
    size_t length;
};

unsigned gdb_hex_value(uint8_t digit); /* 0..15 or NOT_HEX */
char gdb_hex_digit(unsigned value);    /* of the lowest four bits */
bool gdb_span_is(struct span span, const char *text);

/* rx_ verbs that do not find what they look for set rx_bad, but for rx_skip, which only asks. */
bool rx_skip(struct gdb *g, char c); /* true if it was there */
void rx_expect(struct gdb *g, char c);
bool rx_end(const struct gdb *g);  /* nothing more to read */
bool rx_done(const struct gdb *g); /* nothing more to read, and all of it was good */
uint64_t rx_number(struct gdb *g);
gdb_tid rx_thread(struct gdb *g);
gdb_tid rx_thread_suffix(struct gdb *g); /* ";thread:id;" of lldb, or the current one */
struct span rx_word(struct gdb *g, char separator);  /* up to it or the end; it is skipped */
void rx_hex(struct gdb *g, uint8_t *out, size_t n);  /* exactly 2 * n digits */
struct span rx_hex_rest(struct gdb *g);              /* the rest: digits to bytes in place */
struct span rx_binary(struct gdb *g);                /* the rest: unescaped in place */

/* The bytes that mean something to whoever reads a frame; '*' starts a run length. */
static inline bool gdb_is_special(uint8_t byte)
{
    return byte == '$' || byte == '#' || byte == '}' || byte == '*';
}

/* tx_ verbs that find no room set tx_overflow, and the reply becomes an error. */
void tx_begin(struct gdb *g);
size_t tx_room(const struct gdb *g);
void tx_byte(struct gdb *g, uint8_t byte);
void tx_string(struct gdb *g, const char *text);
void tx_text(struct gdb *g, const char *text); /* for the reader's eyes: never breaks the frame */
void tx_number(struct gdb *g, uint64_t value); /* hex without leading zeros */
void tx_hex(struct gdb *g, const uint8_t *bytes, size_t n);
void tx_hex_byte(struct gdb *g, uint8_t byte);
void tx_hex_text(struct gdb *g, const char *text);
void tx_escaped(struct gdb *g, uint8_t byte);
void tx_thread(struct gdb *g, gdb_tid thread);

/* ---- bulk.c: many bytes at a time ---- */

/* A function that looks at every byte of a packet: to the compiler's -Os a call in it is cheap. */
#define EACH_BYTE __attribute__((flatten))

/* A byte in every one of a word's eight, and where a byte of it is 0. */
#define BYTES(byte) (0x0101010101010101ull * (uint8_t)(byte))
#define ZEROS(word) (((word) - BYTES(0x01)) & ~(word) & BYTES(0x80))

static inline uint64_t gdb_word(const uint8_t *bytes)
{
    uint64_t word;
    __builtin_memcpy(&word, bytes, sizeof word); /* a load: a freestanding memcpy() is a call */
    return word;
}

uint8_t gdb_sum(const uint8_t *bytes, size_t n);
uint32_t gdb_crc(uint32_t crc, const uint8_t *bytes, size_t n); /* goes on with crc */
/* bytes may be the end of out, and the last digits then the last bytes. */
void gdb_hex(uint8_t *out, const uint8_t *bytes, size_t n);
bool gdb_has(const uint8_t *bytes, uint8_t byte); /* it is one of these eight */
bool gdb_are_plain(const uint8_t *bytes);         /* none of these eight needs an escape */
size_t gdb_copy_plain(uint8_t *out, const uint8_t *bytes, size_t n); /* until eight that are not */
/* The offset of the first match in n bytes, or n. */
size_t gdb_find(const uint8_t *bytes, size_t n, struct span pattern);
size_t gdb_before_mark(const uint8_t *bytes, size_t n); /* how many come before a '#' or '$' */

/* ---- command.c: the table, and the replies that every handler can give ---- */

struct gdb_command {
    const char *name;
    gdb_handler *run;
};
extern const struct gdb_command gdb_commands[];
extern const size_t gdb_command_count;

enum outcome gdb_command_run(struct gdb *g);
enum outcome gdb_ok(struct gdb *g);
enum outcome gdb_fail(struct gdb *g, uint8_t code);             /* "E22" */
enum outcome gdb_malformed(struct gdb *g);                      /* "E01" */
enum outcome gdb_error(struct gdb *g, struct gdb_error error);  /* text if the client reads it */
enum outcome gdb_refuse(struct gdb *g, struct gdb_error error); /* Z z P G, resume: text always */
bool gdb_pack_actions(struct gdb *g, struct gdb_action *actions, size_t *n);
struct gdb_error gdb_resume_lldb(struct gdb *g, const struct gdb_action *actions, size_t n);
enum outcome gdb_refuse_lldb(struct gdb *g, struct gdb_error error);
enum outcome gdb_done(struct gdb *g, struct gdb_error error);   /* the same, or OK */
bool gdb_failed(struct gdb_error error);

/* ---- one idea a file ---- */

void gdb_tx_stop_reply(struct gdb *g);                           /* stop.c */
const char *gdb_stop_reason(const struct gdb *g);
bool gdb_stop_is_step(const struct gdb *g); /* or a trap of the program's own */
void gdb_tx_threads(struct gdb *g);                              /* lldb_threads.c */
void gdb_rle_reply(struct gdb *g);                               /* rle.c */
uint32_t gdb_rle_encode(uint8_t *bytes, uint32_t n, bool long_runs_only);
size_t gdb_binary_fit(const uint8_t *bytes, size_t n, size_t room); /* binary.c */
void gdb_tx_binary(struct gdb *g, const uint8_t *bytes, size_t n);
void gdb_tx_expedited(struct gdb *g, gdb_tid thread);            /* registers.c */
bool gdb_tx_value(struct gdb *g, gdb_tid thread, unsigned regnum);
uint64_t gdb_read_pc(const struct gdb *g, gdb_tid thread);
bool rx_whose(struct gdb *g, gdb_tid *thread);
struct gdb_error gdb_write_changed(struct gdb *g, gdb_tid thread, unsigned regnum,
                                   const uint8_t *value);
struct gdb_error gdb_write_pc(struct gdb *g, gdb_tid thread, uint64_t address);
gdb_tid gdb_thread_stopped(const struct gdb *g);                 /* thread.c */
gdb_tid gdb_thread_current(const struct gdb *g);
bool gdb_thread_alive(const struct gdb *g, gdb_tid thread);
gdb_tid gdb_thread_next(const struct gdb *g, gdb_tid after);
bool gdb_thread_info(const struct gdb *g, gdb_tid thread, struct gdb_thread_info *info);
bool gdb_has_agents(const struct gdb *g);                        /* agent_list.c */
void gdb_agents_clear(struct gdb *g);
void gdb_agents_forget(struct gdb *g, const struct gdb_breakpoint *b);
enum outcome gdb_agents_insert(struct gdb *g, const struct gdb_breakpoint *b);
enum outcome gdb_trace_command(struct gdb *g);                   /* trace_command.c */
void gdb_tx_trace_features(struct gdb *g);
bool gdb_has_trace(const struct gdb *g);                         /* trace_memory.c */
enum outcome gdb_trace_refuse(struct gdb *g, const char *why);
void gdb_client_left(struct gdb *g);                             /* trace_run.c */
void gdb_trace_resumed(struct gdb *g);
bool gdb_frame_refuses(struct gdb *g);                           /* trace_frame.c */
bool gdb_read_register(const struct gdb *g, gdb_tid thread, unsigned regnum, uint8_t *value);
size_t gdb_read_memory(const struct gdb *g, uint64_t address, void *out, size_t n);
void gdb_write_traceframe(struct window *w);
void gdb_saved_forget(struct gdb *g);                            /* scratch.c */
uint64_t gdb_clamp(uint64_t address, uint64_t length);           /* memory.c */
struct gdb_error gdb_resume_all(struct gdb *g);                  /* resume.c */

/* format.c */
enum gdb_origin { GDB_LITERAL, GDB_ARGUMENT, GDB_PADDING }; /* of a character: where it is from */
typedef void gdb_put(void *to, char c, enum gdb_origin from);
void gdb_format(gdb_put *put, void *to, const char *format, va_list *arguments);

/* monitor.c, report.c: what a monitor command prints; to the client, and to whom it is for. */
gdb_put gdb_put_console, gdb_put_report;
enum outcome gdb_report_abandon(struct gdb *g, const char *why); /* report.c */

/* xfer.c: a document is written from its start every time; the window keeps what was asked for. */
struct window {
    struct gdb *g;
    uint64_t position; /* of the next byte in the document */
    uint64_t start, length;
    bool more; /* something lies behind the window */
};
void gdb_window_text(struct window *w, const char *text);
void gdb_window_print(struct window *w, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* arguments become XML character data */

struct gdb_object {
    const char *name;
    const char *annex; /* NULL: a process, which may be left out */
    bool (*offered)(const struct gdb *g); /* NULL: always */
    void (*write)(struct window *w);
};
extern const struct gdb_object gdb_objects[];
extern const size_t gdb_object_count;

bool gdb_has_threads(const struct gdb *g);
void gdb_write_features(struct window *w);
void gdb_write_threads(struct window *w);
const char *gdb_exec_file(const struct gdb *g); /* or NULL */
bool gdb_has_exec_file(const struct gdb *g);
void gdb_write_exec_file(struct window *w);
bool gdb_serves_exec_file(const struct gdb *g);                  /* file.c */
bool gdb_offsets(const struct gdb *g, struct gdb_offsets *out);
uint8_t gdb_stop_signal(const struct gdb *g);                    /* library.c */
bool gdb_has_libraries(const struct gdb *g);
void gdb_write_libraries(struct window *w);
bool gdb_has_svr4_libraries(const struct gdb *g);
bool gdb_introduces(const struct gdb *g); /* the list of libraries is worth reading at once */
void gdb_write_svr4_libraries(struct window *w);

/* The handlers, by file. */
gdb_handler gdb_do_status;                                                /* stop.c */
gdb_handler gdb_do_supported, gdb_do_no_ack, gdb_do_symbol;               /* query.c */
gdb_handler gdb_do_extended, gdb_do_attached, gdb_do_attach, gdb_do_detach, /* attach.c */
    gdb_do_kill, gdb_do_kill_process;
gdb_handler gdb_do_read_all, gdb_do_write_all, gdb_do_read_one, gdb_do_write_one; /* registers.c */
gdb_handler gdb_do_read_memory, gdb_do_write_hex, gdb_do_write_binary;    /* memory.c */
gdb_handler gdb_do_read_binary;                                           /* binary.c */
gdb_handler gdb_do_file_setfs, gdb_do_file_open, gdb_do_file_close, gdb_do_file_read, /* file.c */
    gdb_do_file_fstat, gdb_do_file_stat;
gdb_handler gdb_do_crc, gdb_do_search;                                    /* search.c */
gdb_handler gdb_do_insert, gdb_do_remove;                                 /* breakpoint.c */
gdb_handler gdb_do_continue, gdb_do_continue_signal, gdb_do_step, gdb_do_step_signal, /* resume.c */
    gdb_do_vcont, gdb_do_vcont_query;
gdb_handler gdb_do_set_thread, gdb_do_thread_alive, gdb_do_current_thread, /* thread.c */
    gdb_do_first_threads, gdb_do_next_threads, gdb_do_thread_extra;
gdb_handler gdb_do_xfer;                                                  /* xfer.c */
gdb_handler gdb_do_thread_suffix, gdb_do_threads_in_stop, gdb_do_error_strings, /* lldb.c */
    gdb_do_host_info, gdb_do_process_info, gdb_do_offsets, gdb_do_watchpoint_support;
gdb_handler gdb_do_threads_info;                                          /* lldb_threads.c */
gdb_handler gdb_do_memory_region;                                         /* region.c */
gdb_handler gdb_do_scratch, gdb_do_save_registers, gdb_do_restore_registers; /* scratch.c */
gdb_handler gdb_do_trace_init, gdb_do_trace_define, gdb_do_trace_source, /* trace_define.c */
    gdb_do_trace_variable, gdb_do_trace_constants;
gdb_handler gdb_do_trace_start, gdb_do_trace_stop, gdb_do_trace_enable, gdb_do_trace_disable,
    gdb_do_trace_buffer, gdb_do_trace_disconnected, gdb_do_trace_notes;   /* trace_run.c */
gdb_handler gdb_do_trace_status, gdb_do_tracepoint_status, gdb_do_variable_value; /* ..status.c */
gdb_handler gdb_do_trace_frame;                                           /* trace_frame.c */
gdb_handler gdb_do_first_tracepoint, gdb_do_next_tracepoint, gdb_do_first_variable,
    gdb_do_next_variable;                                                 /* trace_upload.c */
gdb_handler gdb_do_trace_data;                                            /* trace_data.c */
gdb_handler gdb_do_monitor;                                               /* monitor.c */

#endif
