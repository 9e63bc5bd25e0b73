/*
 * transcript.h: conversations as text, {send, expect}, each a test. In tests/host/transcripts/:
 *
 *     test NAME          the machine has stopped (SIGTRAP, thread 1); the client acknowledges
 *     running            ... no, it runs
 *     with OPTION        no-threads no-writes no-breakpoints no-monitor no-range refuse-resume
 *                        many-threads file files served-file libraries moved agents no-scratch
 *                        no-sleepers trace
 *     client NAME        gdb, lldb: that client has shaken hands, no-ack mode is on
 *     -> PAYLOAD         a packet comes; acknowledged in ack mode
 *     <- PAYLOAD         a frame goes; PAYLOAD... is enough of it. Acknowledged in ack mode
 *     >> BYTES           these bytes come
 *     << BYTES           exactly these bytes go
 *     acks on|off        what the client thinks of it; it notices the usual ways by itself
 *     stop REASON SIGNAL THREAD [ADDRESS]
 *                        the machine stops: signal sw hw watch rwatch awatch library; numbers in hex
 *     ran ACTION...      it has been resumed: c:1 s:all C0b:2 r1000-1010:1 t:all
 *     is running|stopped
 *     broke N            break-ins so far
 *     memory ADDRESS HEX, register THREAD REGNUM HEX
 *     breakpoints [TYPE,ADDRESS,KIND@THREAD]...
 *     detached N
 *     counted COUNTER N  a counter of struct gdb_statistics
 *
 * In payloads and bytes \xHH is a byte, \{HH*N} is N of them, and \# is # with the right checksum.
 * What goes and is not expected
 * fails the test.
 */
#ifndef HOST_TRANSCRIPT_H
#define HOST_TRANSCRIPT_H

#include "stream.h"

/* Run the tests of a file; the streams of those that passed can be had afterwards. */
bool transcript_file(const char *path);

struct transcript {
    char name[96];
    struct stream stream;
};
const struct transcript *transcripts(size_t *n);
void transcripts_free(void);

#endif
