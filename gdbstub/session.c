/*
 * session.c: who holds the machine. Running or stopped, whether a stop reply is owed, and when one
 * client has been replaced by another without a word.
 */
#include "core.h"

static void lay_out(struct gdb *g, uint8_t *memory, uint32_t longest)
{
    g->packet_max = longest;
    g->rx = memory;
    g->frame = memory + longest + 1;
    g->tx = g->frame + 1;
}

void gdb_init(struct gdb *g, const struct gdb_target *target, void *context)
{
    memset(g, 0, sizeof *g);
    g->target = target;
    g->context = context;
    g->running = true;
    lay_out(g, g->packets, GDB_PACKET_MAX);
}

void gdb_use_memory(struct gdb *g, void *memory, size_t size)
{
    if (memory && size > sizeof g->packets)
        lay_out(g, memory, (size - GDB_PACKETS_SIZE(0)) / 2);
}

/* What was agreed with a client that is gone must not be held against the next one. */
static void drop_client(struct gdb *g)
{
    g->no_ack = false;
    g->no_ack_fresh = false;
    g->extended = false;
    g->multiprocess = false;
    g->swbreak = false;
    g->hwbreak = false;
    g->error_message = false;
    g->greeted = false;
    g->described = false;
    g->dialect = GDB_DIALECT_GDB;
    g->thread_suffix = false;
    g->threads_in_stop = false;
    g->error_strings = false;
    g->libraries_read = false;
    g->introduced = false;
    g->stop_owed = false;
    g->stop_known = false;
    g->stop_told = false;
    g->interrupted = false;
    g->general = GDB_TID_ANY;
    g->resumed = GDB_TID_ANY;
    g->greeting = 0;
    g->greetings = 0;
    gdb_saved_forget(g);
}

/*
 * Another client is on the line, and the one before left without a word. It sets breakpoints of its
 * own, and would take a hit of an old one for a stray trap: those go as soon as it says something.
 */
static void replace_client(struct gdb *g)
{
    drop_client(g);
    g->orphaned = true;
}

/* How often the qSupported in rx came in a row, 0 if it is any other packet. */
static unsigned count_greetings(struct gdb *g)
{
    static const char name[] = "qSupported";
    uint32_t greeting = 0;
    if (g->rx_length >= sizeof name - 1 && memcmp(g->rx, name, sizeof name - 1) == 0)
        greeting = g->rx_length << 8 | g->rx_checksum;
    if (greeting != g->greeting)
        g->greetings = 0;
    g->greeting = greeting;
    if (greeting && g->greetings < UINT8_MAX)
        g->greetings++;
    return g->greetings;
}

/*
 * gdb repeats its first packet every two seconds until it sees an answer. If ours is under way
 * (still unacknowledged), a second one would put the client out of step: the '+' must do. A client
 * that greets three times without a pause and never hears its '+' talks to a stub that is in no-ack
 * mode for a client that died before it could acknowledge the switch: start afresh.
 */
static bool is_repeated_greeting(struct gdb *g)
{
    unsigned greetings = count_greetings(g);
    if (greetings >= 3 && g->no_ack) {
        replace_client(g);
        gdb_packet_acknowledge(g);
        return false;
    }
    return greetings >= 2 && !g->no_ack && g->tx_unacked;
}

static void forget_orphans(struct gdb *g)
{
    if (g->orphaned)
        gdb_client_left(g);
    if (g->orphaned && g->target->detach)
        g->target->detach(g->context);
    g->orphaned = false;
}

/* The answer to a resume that an 0x03 has overtaken: not an instruction is executed. */
static enum gdb_event halt(struct gdb *g)
{
    const struct gdb_stop stop = {
        .reason = GDB_STOP_SIGNAL, .signal = GDB_SIGINT, .thread = g->last_stop.thread};
    g->statistics.interrupts++;
    g->stop_owed = true;
    return gdb_stopped(g, &stop);
}

/* Answer the packet in rx; the machine is stopped. */
static enum gdb_event execute(struct gdb *g)
{
    g->rx_complete = false;
    if (is_repeated_greeting(g))
        return GDB_EVENT_NONE;
    forget_orphans(g);
    g->stop_told = g->stop_known; /* who sends packets has read of the stop */

    g->executing = true;
    g->work = GDB_WORK_BEGINS;
    enum outcome outcome = gdb_command_run(g);
    g->executing = false;
    if (g->work == GDB_WORK_FORSAKEN) {
        replace_client(g);
        return GDB_EVENT_NONE;
    }
    if (outcome != ANSWER)
        gdb_trace_resumed(g);
    if (outcome == RUN) {
        g->running = true;
        g->stop_owed = true;
        return GDB_EVENT_RESUME;
    }
    if (outcome == HALT)
        return halt(g);
    if (outcome == ANSWER || g->tx_length)
        gdb_packet_send(g);
    if (outcome == ANSWER)
        return GDB_EVENT_NONE;
    /* The connection of an extended-remote client outlives D and vKill: vAttach may follow. */
    if (!g->extended)
        drop_client(g);
    g->running = true;
    return GDB_EVENT_RESUME;
}

/*
 * An 0x03 that comes while the machine is stopped has crossed a stop reply. gdb may go on without a
 * word to its user (a watch that did not change, a condition that it evaluates, each step of a
 * `next`): its next resume is answered by the interrupt, as gdbserver does it. If the stop was an
 * interrupt's already it is a spare one: gdb and MIEngine do send two in a row. But not once a
 * packet has come: gdb sends what was typed behind its `continue` ahead of the packet that resumes.
 * lldb takes whatever stop comes for the answer to its own.
 */
static enum gdb_event interrupt(struct gdb *g)
{
    if (g->running) {
        g->statistics.interrupts++;
        return GDB_EVENT_BREAK;
    }
    if (g->stop_told && g->dialect == GDB_DIALECT_GDB)
        g->interrupted = true;
    else
        g->statistics.stray_bytes++;
    return GDB_EVENT_NONE;
}

enum gdb_event gdb_receive(struct gdb *g, uint8_t byte)
{
    switch (gdb_packet_receive(g, byte)) {
    case LINE_PACKET:
        return g->running ? GDB_EVENT_BREAK : execute(g);
    case LINE_INTERRUPT:
        return interrupt(g);
    case LINE_NEWCOMER:
        replace_client(g);
        return GDB_EVENT_NONE;
    default:
        return GDB_EVENT_NONE;
    }
}

/*
 * A packet that came in while the machine ran is from a new client, which has not asked for a stop
 * reply yet and would be confused by one. That it wanted in is a SIGTRAP, as with gdbserver, and no
 * SIGINT.
 */
enum gdb_event gdb_stopped(struct gdb *g, const struct gdb_stop *stop)
{
    bool owed = g->stop_owed && !g->rx_complete;
    g->orphaned |= g->stop_owed && g->rx_complete;
    g->running = false;
    g->stop_owed = false;
    g->stop_known = owed;
    g->stop_told = owed && stop->signal != GDB_SIGINT;
    g->interrupted = false;
    g->general = GDB_TID_ANY;
    g->last_stop = *stop;
    if (g->rx_complete && stop->reason == GDB_STOP_SIGNAL && stop->signal == GDB_SIGINT)
        g->last_stop.signal = GDB_SIGTRAP;
    if (owed) {
        tx_begin(g);
        gdb_tx_stop_reply(g);
        gdb_packet_send(g);
    }
    return g->rx_complete ? execute(g) : GDB_EVENT_NONE;
}

enum gdb_event gdb_abandon(struct gdb *g, const char *why)
{
    bool owed = g->executing;
    g->executing = false;
    if (owed) {
        gdb_report_abandon(g, why);
        gdb_packet_send(g);
    }
    return GDB_EVENT_NONE;
}

void gdb_exited(struct gdb *g, uint8_t status)
{
    if (!gdb_client_waits(g))
        return;
    g->stop_owed = false;
    tx_begin(g);
    tx_byte(g, 'W');
    tx_hex_byte(g, status);
    if (g->multiprocess)
        tx_string(g, ";process:1");
    gdb_packet_send(g);
}

bool gdb_client_waits(const struct gdb *g)
{
    return g->stop_owed && !g->rx_complete;
}
