/*
 * trace_data.c: qTBuffer, all frames as a trace file has them (GDB manual, "Trace File Format"),
 * for "tsave": of each the tracepoint's number in 2 bytes, the length of what follows in 4, and
 * blocks:
 *     R  all registers, as in a g packet
 *     M  an address in 8 bytes, a length in 2, that memory
 *     V  a variable's number in 4 bytes, its value in 8
 */
#include "trace_core.h"

/* What lies at start and behind it goes into the reply, until that is full. */
struct sieve {
    struct gdb *g;
    uint64_t position, start, end;
};

static void put_byte(struct sieve *s, uint8_t byte)
{
    if (s->position >= s->start && s->position < s->end)
        tx_hex_byte(s->g, byte);
    s->position++;
}

static void put(struct sieve *s, const void *bytes, size_t n)
{
    if (s->position + n <= s->start || s->position >= s->end) {
        s->position += n;
        return;
    }
    for (size_t i = 0; i < n; i++)
        put_byte(s, ((const uint8_t *)bytes)[i]);
}

static void put_number(struct sieve *s, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        put_byte(s, value >> 8 * i);
}

static uint32_t registers_size(const struct gdb_machine *machine)
{
    uint32_t n = 0;
    for (unsigned i = 0; i < machine->register_count; i++)
        n += machine->registers[i].bits / 8;
    return n;
}

/*
 * One has to be there for all; those that were not collected are 0. Without them a client takes it
 * that the program counter is the tracepoint's, which it is not behind a step.
 */
static bool has_registers(const struct gdb *g, const struct gdb_ring_cursor *frame)
{
    const struct gdb_frame_head *head = gdb_frame_head(frame);
    const struct gdb_block *block;
    struct gdb_block_cursor c;
    gdb_frame_read(&g->trace.ring, &c, frame);
    while ((block = gdb_frame_next(&c)))
        if (block->kind == 'R')
            return true;
    return !gdb_tracepoint_find(g, head->tracepoint, head->pc);
}

static void put_registers(struct sieve *s, const struct gdb_ring_cursor *frame)
{
    const struct gdb_machine *machine = s->g->target->machine;
    put_byte(s, 'R');
    for (unsigned i = 0; i < machine->register_count; i++) {
        uint8_t value[GDB_REGISTER_MAX] = {0};
        if (!gdb_frame_value(s->g, frame, i, value))
            memset(value, 0, sizeof value);
        put(s, value, machine->registers[i].bits / 8);
    }
}

static uint32_t data_size(const struct gdb *g, const struct gdb_ring_cursor *frame)
{
    const struct gdb_block *block;
    struct gdb_block_cursor c;
    uint32_t n = has_registers(g, frame) ? 1 + registers_size(g->target->machine) : 0;
    gdb_frame_read(&g->trace.ring, &c, frame);
    while ((block = gdb_frame_next(&c)))
        n += block->kind == 'M' ? 11 + block->length : block->kind == 'V' ? 13 : 0;
    return n;
}

static void put_block(struct sieve *s, const struct gdb_block *block)
{
    if (block->kind == 'M') {
        put_byte(s, 'M');
        put_number(s, block->value, 8);
        put_number(s, block->length, 2);
        put(s, block + 1, block->length);
    } else if (block->kind == 'V') {
        put_byte(s, 'V');
        put_number(s, block->number, 4);
        put_number(s, block->value, 8);
    }
}

static void put_frame(struct sieve *s, const struct gdb_ring_cursor *frame, uint32_t size)
{
    const struct gdb_block *block;
    struct gdb_block_cursor c;
    put_number(s, gdb_frame_head(frame)->tracepoint, 2);
    put_number(s, size, 4);
    if (has_registers(s->g, frame))
        put_registers(s, frame);
    gdb_frame_read(&s->g->trace.ring, &c, frame);
    while ((block = gdb_frame_next(&c)))
        put_block(s, block);
}

/* The client asks for one piece after the other: where the last one began is remembered. */
static void put_frames(struct sieve *s)
{
    struct gdb_trace *t = &s->g->trace;
    struct gdb_ring_cursor c = t->mark;
    if (t->sent == 0 || t->sent > s->start) {
        gdb_ring_rewind(&t->ring, &c);
        t->sent = 0;
    }
    s->position = t->sent;
    while (s->position < s->end) {
        t->mark = c;
        t->sent = s->position;
        if (!gdb_ring_next_frame(&t->ring, &c))
            break;
        uint32_t size = data_size(s->g, &c);
        if (s->position + 6 + size <= s->start)
            s->position += 6 + size;
        else
            put_frame(s, &c, size);
    }
}

/* qTBuffer:offset,length: l behind the end. */
enum outcome gdb_do_trace_data(struct gdb *g)
{
    if (!gdb_trace_open(g))
        return ANSWER;
    rx_expect(g, ':');
    uint64_t offset = rx_number(g);
    rx_expect(g, ',');
    uint64_t length = rx_number(g);
    if (!rx_done(g) || offset > INT64_MAX)
        return gdb_malformed(g);
    if (length > g->packet_max / 2)
        length = g->packet_max / 2;
    struct sieve s = {.g = g, .start = offset, .end = offset + length};
    put_frames(&s);
    if (g->tx_length == 0)
        tx_byte(g, 'l');
    return ANSWER;
}
