/*
 * trace_frame.c: QTFrame, and the machine as a frame shows it: while one is looked at, registers
 * and memory are what was collected.
 */
#include "trace_core.h"

/* ---- choosing ---- */

struct search {
    enum { BY_NUMBER, BY_TRACEPOINT, INSIDE, OUTSIDE } what;
    uint64_t low, high;
};

static bool fits(const struct search *s, uint32_t number, const struct gdb_frame_head *head)
{
    switch (s->what) {
    case BY_NUMBER:
        return number == s->low;
    case BY_TRACEPOINT:
        return head->tracepoint == s->low;
    default:
        return (head->pc >= s->low && head->pc <= s->high) == (s->what == INSIDE);
    }
}

/* All but the number search from the frame that is looked at on. */
static bool find(struct gdb_trace *t, const struct search *s)
{
    struct gdb_ring_cursor c;
    uint32_t number = 0;
    gdb_ring_rewind(&t->ring, &c);
    for (; gdb_ring_next_frame(&t->ring, &c); number++) {
        bool passed = s->what != BY_NUMBER && t->looking && number <= t->number;
        if (passed || !fits(s, number, gdb_frame_head(&c)))
            continue;
        t->looking = true;
        t->number = number;
        t->frame = c;
        return true;
    }
    return false;
}

static bool rx_search(struct gdb *g, struct search *s)
{
    *s = (struct search){.what = BY_NUMBER};
    unsigned first = rx_end(g) ? NOT_HEX : gdb_hex_value(g->rx[g->rx_cursor]);
    if (first == NOT_HEX && !rx_skip(g, '-')) {
        struct span word = rx_word(g, ':');
        s->what = gdb_span_is(word, "tdp") ? BY_TRACEPOINT
                  : gdb_span_is(word, "outside") ? OUTSIDE : INSIDE;
        g->rx_bad |= s->what == INSIDE && !gdb_span_is(word, "pc") && !gdb_span_is(word, "range");
        s->low = s->high = rx_number(g);
        if (gdb_span_is(word, "range") || gdb_span_is(word, "outside")) {
            rx_expect(g, ':');
            s->high = rx_number(g);
        }
    } else {
        s->low = rx_number(g);
        if (first == NOT_HEX)
            s->low = UINT32_MAX;
    }
    return rx_done(g);
}

/* QTFrame:n, pc:address, tdp:n, range:first:last, outside:first:last; F-1: there is none. */
enum outcome gdb_do_trace_frame(struct gdb *g)
{
    struct gdb_trace *t = &g->trace;
    struct search s;
    if (!gdb_trace_open(g))
        return ANSWER;
    rx_expect(g, ':');
    if (!rx_search(g, &s))
        return gdb_malformed(g);
    if (s.what == BY_NUMBER && s.low == UINT32_MAX) {
        t->looking = false;
        return gdb_ok(g);
    }
    if (!find(t, &s)) {
        tx_string(g, "F-1");
        return ANSWER;
    }
    tx_byte(g, 'F');
    tx_number(g, t->number);
    tx_byte(g, 'T');
    tx_number(g, gdb_frame_head(&t->frame)->tracepoint);
    return ANSWER;
}

/* ---- what is in it ---- */

/* A register's value in a block of them, or NULL. */
static const uint8_t *value_in(const struct gdb_machine *machine, const struct gdb_block *block,
                               unsigned regnum)
{
    const uint8_t *mask = (const uint8_t *)(block + 1), *value = mask + block->number;
    uint32_t bits = 8 * block->number;
    if (block->kind != 'R' || block->number > block->length || regnum >= bits ||
        !(mask[regnum / 8] >> regnum % 8 & 1))
        return NULL;
    for (unsigned i = 0; i < regnum; i++)
        value += mask[i / 8] >> i % 8 & 1 ? machine->registers[i].bits / 8 : 0;
    return value + machine->registers[regnum].bits / 8 <= mask + block->length ? value : NULL;
}

/* The program counter is known of every frame. */
bool gdb_frame_value(const struct gdb *g, const struct gdb_ring_cursor *frame, unsigned regnum,
                     uint8_t *out)
{
    const struct gdb_machine *machine = g->target->machine;
    const struct gdb_block *block;
    const uint8_t *value;
    struct gdb_block_cursor c;
    uint32_t size = machine->registers[regnum].bits / 8;
    gdb_frame_read(&g->trace.ring, &c, frame);
    while ((block = gdb_frame_next(&c))) {
        value = value_in(machine, block, regnum);
        if (value) {
            memcpy(out, value, size);
            return true;
        }
    }
    uint64_t pc = gdb_frame_head(frame)->pc;
    for (uint32_t i = 0; regnum == machine->pc && i < size; i++)
        out[i] = i < 8 ? pc >> 8 * i : 0;
    return regnum == machine->pc;
}

bool gdb_read_register(const struct gdb *g, gdb_tid thread, unsigned regnum, uint8_t *value)
{
    if (g->trace.looking)
        return gdb_frame_value(g, &g->trace.frame, regnum, value);
    return g->target->read_register(g->context, thread, regnum, value);
}

/* Bytes from an address on that one block has. */
static size_t copy_piece(const struct gdb *g, uint64_t address, uint8_t *out, size_t n)
{
    const struct gdb_block *block;
    struct gdb_block_cursor c;
    gdb_frame_read(&g->trace.ring, &c, &g->trace.frame);
    while ((block = gdb_frame_next(&c))) {
        uint64_t offset = address - block->value;
        if (block->kind != 'M' || offset >= block->length)
            continue;
        if (n > block->length - offset)
            n = block->length - offset;
        memcpy(out, (const uint8_t *)(block + 1) + offset, n);
        return n;
    }
    return 0;
}

/* How many of n bytes are in memory that does not change. */
static size_t constant(const struct gdb *g, uint64_t address, size_t n)
{
    const struct constant_item *item;
    uint32_t at = g->trace.constants;
    for (; (item = gdb_trace_at(&g->trace, at, sizeof *item)); at = item->next)
        if (address >= item->start && address < item->end)
            return n < item->end - address ? n : item->end - address;
    return 0;
}

size_t gdb_read_memory(const struct gdb *g, uint64_t address, void *out, size_t n)
{
    gdb_tid thread = gdb_thread_current(g);
    size_t done = 0, piece;
    if (!g->trace.looking)
        return g->target->read_memory(g->context, thread, address, out, n);
    while (done < n && (piece = copy_piece(g, address + done, (uint8_t *)out + done, n - done)))
        done += piece;
    n = done ? 0 : constant(g, address, n);
    return n ? g->target->read_memory(g->context, thread, address, out, n) : done;
}

bool gdb_frame_variable(const struct gdb *g, uint32_t number, uint64_t *value)
{
    const struct gdb_block *block;
    struct gdb_block_cursor c;
    gdb_frame_read(&g->trace.ring, &c, &g->trace.frame);
    while ((block = gdb_frame_next(&c))) {
        if (block->kind != 'V' || block->number != number)
            continue;
        *value = block->value;
        return true;
    }
    return false;
}

/* What would change the machine while the client looks at what it was. */
bool gdb_frame_refuses(struct gdb *g)
{
    uint8_t name = g->rx_length ? g->rx[0] : 0;
    if (!g->trace.looking || (name != 'G' && name != 'P' && name != 'M' && name != 'X'))
        return false;
    gdb_trace_refuse(g, "this is a trace frame: tfind none");
    return true;
}

void gdb_write_traceframe(struct window *w)
{
    const struct gdb_block *block;
    struct gdb_block_cursor c;
    gdb_window_text(w, "<?xml version=\"1.0\"?>\n"
                       "<!DOCTYPE traceframe-info SYSTEM \"traceframe-info.dtd\">\n"
                       "<traceframe-info>\n");
    if (w->g->trace.looking) {
        gdb_frame_read(&w->g->trace.ring, &c, &w->g->trace.frame);
        while (!w->more && (block = gdb_frame_next(&c))) {
            if (block->kind == 'M' && block->length)
                gdb_window_print(w, "<memory start=\"0x%lx\" length=\"0x%x\"/>\n", block->value,
                                 block->length);
            else if (block->kind == 'V')
                gdb_window_print(w, "<tvar id=\"0x%x\"/>\n", block->number);
        }
    }
    gdb_window_text(w, "</traceframe-info>\n");
}
