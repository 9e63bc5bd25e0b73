/*
 * wire.h: a line with the stub and its machine on one end (an embedder's loop) and a client on the
 * other, who reads what comes with a parser of its own.
 */
#ifndef HOST_WIRE_H
#define HOST_WIRE_H

#include "machine.h"

struct wire {
    struct gdb gdb;
    struct machine machine;
    bool running; /* as the events said, not as the stub thinks */
    uint32_t breaks;
    uint32_t feeds; /* bytes given one by one, and pieces */
    size_t read; /* how much of machine.out the client has read */
};

void wire_init(struct wire *w); /* the machine runs */
void wire_free(struct wire *w);

/* Bytes arrive: the embedder stops and resumes the machine as the events say. */
void wire_feed(struct wire *w, const void *bytes, size_t n);
void wire_feed_packet(struct wire *w, const void *payload, size_t n);
/* The machine stops by itself; false, and nothing happens, if it does not run. */
bool wire_stop(struct wire *w, const struct gdb_stop *stop);

/* What the stub sent, piece by piece. */
enum wire_kind { WIRE_NOTHING, WIRE_ACK, WIRE_NAK, WIRE_FRAME, WIRE_GARBAGE };
struct wire_item {
    enum wire_kind kind;
    const uint8_t *payload; /* of a frame, as it was sent */
    size_t length;
};
struct wire_item wire_next(struct wire *w);
struct wire_item wire_parse(const uint8_t *bytes, size_t n, size_t *used);

unsigned wire_checksum(const uint8_t *bytes, size_t n);
/* Escape binary data for a packet, and back; both return the new length. */
size_t wire_escape(uint8_t *out, const uint8_t *in, size_t n);
size_t wire_unescape(uint8_t *out, const uint8_t *in, size_t n);

#endif
