/* transcript.c: runs the text of transcript.h. */
#include "transcript.h"
#include "test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_LENGTH = 4096, TEXT_MAX = 0x10000, TESTS_MAX = 1024 };

struct conversation {
    struct wire wire;
    struct stream stream;
    bool started; /* setup is over */
    bool acks;
    bool asked_no_ack;
    char (*lines)[LINE_MAX_LENGTH];
    size_t line_count, line;
};

static struct transcript kept[TESTS_MAX];
static size_t kept_count;

const struct transcript *transcripts(size_t *n)
{
    *n = kept_count;
    return kept;
}

void transcripts_free(void)
{
    while (kept_count)
        stream_free(&kept[--kept_count].stream);
}

static _Noreturn void fail(const struct conversation *c, const char *what, const void *got, size_t n)
{
    test_fail("'%s': %s '%.*s'", c->lines[c->line], what, (int)(n > 600 ? 600 : n),
              (const char *)got);
}

/* "#" and the checksum of what stands behind the last '$'. */
static size_t add_checksum(uint8_t *out, size_t n)
{
    size_t start = n;
    while (start && out[start - 1] != '$')
        start--;
    return sprintf((char *)out + n, "#%02x", wire_checksum(out + start, n - start));
}

/* Payload text to bytes. */
static size_t decode(const char *text, uint8_t *out)
{
    size_t n = 0;
    while (*text) {
        if (strncmp(text, "\\#", 2) == 0) {
            n += add_checksum(out, n);
            text += 2;
            continue;
        }
        unsigned byte, times = 1;
        int used = 0;
        if (sscanf(text, "\\x%2x%n", &byte, &used) == 1 && used)
            text += used;
        else if (sscanf(text, "\\{%2x*%u}%n", &byte, &times, &used) == 2 && used)
            text += used;
        else
            byte = (uint8_t)*text++;
        while (times-- && n < TEXT_MAX)
            out[n++] = byte;
    }
    return n;
}

static void feed(struct conversation *c, const void *bytes, size_t n)
{
    stream_add(&c->stream, bytes, n);
    wire_feed(&c->wire, bytes, n);
}

static void expect_silence(struct conversation *c)
{
    size_t left = c->wire.machine.out_length - c->wire.read;
    if (left)
        fail(c, "before it came, unexpected,", c->wire.machine.out + c->wire.read, left);
}

static void send_packet(struct conversation *c, const char *text)
{
    static uint8_t payload[TEXT_MAX];
    char end[4];
    size_t n = decode(text, payload);
    expect_silence(c);
    snprintf(end, sizeof end, "#%02x", wire_checksum(payload, n));
    feed(c, "$", 1);
    feed(c, payload, n);
    feed(c, end, 3);
    c->asked_no_ack = strcmp(text, "QStartNoAckMode") == 0;
    if (c->acks) {
        struct wire_item item = wire_next(&c->wire);
        if (item.kind != WIRE_ACK)
            fail(c, "not acknowledged but", item.payload, item.length);
    }
}

static void expect_frame(struct conversation *c, const char *text)
{
    static uint8_t expected[TEXT_MAX];
    struct wire_item item = wire_next(&c->wire);
    size_t n = decode(text, expected);
    bool open = n >= 3 && memcmp(expected + n - 3, "...", 3) == 0;
    if (open)
        n -= 3;
    if (item.kind != WIRE_FRAME)
        fail(c, "no frame but", item.payload, item.length);
    if (item.length < n || (!open && item.length != n) || memcmp(item.payload, expected, n) != 0)
        fail(c, "got", item.payload, item.length);
    if (c->acks)
        feed(c, "+", 1);
    if (c->asked_no_ack)
        c->acks = false;
}

static void send_bytes(struct conversation *c, const char *text)
{
    static uint8_t bytes[TEXT_MAX];
    size_t n = decode(text, bytes);
    expect_silence(c);
    if (bytes[0] == '+')
        c->acks = true;
    feed(c, bytes, n);
}

static void expect_bytes(struct conversation *c, const char *text)
{
    static uint8_t bytes[TEXT_MAX];
    size_t n = decode(text, bytes);
    const uint8_t *got = c->wire.machine.out + c->wire.read;
    size_t left = c->wire.machine.out_length - c->wire.read;
    if (left < n || memcmp(got, bytes, n) != 0)
        fail(c, "got", got, left);
    c->wire.read += n;
}

static void client(struct conversation *c, const char *name)
{
    static const char gdb[] =
        "qSupported:multiprocess+;swbreak+;hwbreak+;qRelocInsn+;fork-events+;vfork-events+;"
        "exec-events+;vContSupported+;QThreadEvents+;no-resumed+;memory-tagging+;xmlRegisters=i386";
    static const char lldb[] = "qSupported:xmlRegisters=i386,arm,mips,arc;multiprocess+;"
                               "fork-events+;vfork-events+;swbreak+;hwbreak+";
    feed(c, "+", 1);
    if (strcmp(name, "gdb") == 0) {
        send_packet(c, gdb);
        expect_frame(c, "PacketSize=4000;...");
    }
    send_packet(c, "QStartNoAckMode");
    expect_frame(c, "OK");
    if (strcmp(name, "lldb") == 0) {
        send_packet(c, lldb);
        expect_frame(c, "PacketSize=4000;...");
    }
}

static void acks(struct conversation *c, const char *text)
{
    c->acks = strcmp(text, "on") == 0;
}

static void with(struct conversation *c, const char *option)
{
    static const char *const names[] = {"no-threads", "no-writes",     "no-breakpoints", "no-monitor",
                                        "no-range",   "refuse-resume", "many-threads", "file",
                                        "files",      "served-file",   "libraries", "moved",
                                        "agents",     "no-scratch",    "no-sleepers", "trace"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(option, names[i]) == 0) {
            c->stream.setup |= SETUP_NO_THREADS << i;
            return;
        }
    }
    fail(c, "unknown option", option, strlen(option));
}

static void running(struct conversation *c, const char *text)
{
    (void)text;
    c->stream.setup &= ~SETUP_STOPPED;
}

static void stop(struct conversation *c, const char *text)
{
    static const char *const reasons[] = {"signal", "sw", "hw", "watch",
                                          "rwatch", "awatch", "library"};
    char reason[16];
    unsigned signal;
    struct gdb_stop s = {0};
    if (sscanf(text, "%15s %x %" SCNx64 " %" SCNx64, reason, &signal, &s.thread, &s.address) < 3)
        fail(c, "cannot read", text, strlen(text));
    while (s.reason < GDB_STOP_LIBRARY && strcmp(reason, reasons[s.reason]) != 0)
        s.reason++;
    s.signal = signal;
    expect_silence(c);
    stream_mark(&c->stream, &s);
    if (!wire_stop(&c->wire, &s))
        fail(c, "it does not run:", text, strlen(text));
}

static void print_action(char *out, const struct gdb_action *a)
{
    switch (a->kind) {
    case GDB_CONTINUE:
    case GDB_STEP:
        if (a->signal)
            out += sprintf(out, "%c%02x", a->kind == GDB_STEP ? 'S' : 'C', a->signal);
        else
            out += sprintf(out, "%c", a->kind == GDB_STEP ? 's' : 'c');
        break;
    case GDB_RANGE:
        out += sprintf(out, "r%" PRIx64 "-%" PRIx64, a->start, a->end);
        break;
    case GDB_HOLD:
        out += sprintf(out, "t");
        break;
    }
    if (a->thread == GDB_TID_ALL)
        sprintf(out, ":all");
    else
        sprintf(out, ":%" PRIx64, a->thread);
}

static void ran(struct conversation *c, const char *text)
{
    char got[LINE_MAX_LENGTH] = "";
    for (size_t i = 0; i < c->wire.machine.action_count; i++) {
        if (i)
            strcat(got, " ");
        print_action(got + strlen(got), &c->wire.machine.actions[i]);
    }
    if (!c->wire.running || strcmp(got, text) != 0)
        fail(c, c->wire.running ? "ran" : "stopped after", got, strlen(got));
}

static void is(struct conversation *c, const char *text)
{
    if (c->wire.running != (strcmp(text, "running") == 0))
        fail(c, "it is not", text, strlen(text));
}

static void broke(struct conversation *c, const char *text)
{
    if (c->wire.breaks != strtoul(text, NULL, 10))
        test_fail("%" PRIu32 " break-ins, not %s", c->wire.breaks, text);
}

static void compare_hex(struct conversation *c, const uint8_t *bytes, size_t n, const char *hex)
{
    char got[2 * 64 + 1] = "";
    for (size_t i = 0; i < n && i < 64; i++)
        sprintf(got + 2 * i, "%02x", bytes[i]);
    if (strcmp(got, hex) != 0)
        fail(c, "is", got, strlen(got));
}

static void memory(struct conversation *c, const char *text)
{
    uint64_t address;
    char hex[256];
    uint8_t bytes[64];
    if (sscanf(text, "%" SCNx64 " %255s", &address, hex) != 2)
        fail(c, "cannot read", text, strlen(text));
    struct machine *m = &c->wire.machine;
    size_t n = m->target.read_memory(m, 1, address, bytes, strlen(hex) / 2);
    compare_hex(c, bytes, n, hex);
}

static void register_is(struct conversation *c, const char *text)
{
    uint64_t thread;
    unsigned regnum;
    char hex[256];
    size_t n = 0;
    if (sscanf(text, "%" SCNx64 " %x %255s", &thread, &regnum, hex) != 3)
        fail(c, "cannot read", text, strlen(text));
    const uint8_t *value = machine_register(&c->wire.machine, thread, regnum, &n);
    compare_hex(c, value, n, hex);
}

static void breakpoints(struct conversation *c, const char *text)
{
    char got[LINE_MAX_LENGTH] = "";
    const struct machine_state *state = &c->wire.machine.state;
    for (uint32_t i = 0; i < state->breakpoint_count; i++) {
        const struct gdb_breakpoint *b = &state->breakpoints[i];
        sprintf(got + strlen(got), "%s%d,%" PRIx64 ",%" PRIx64 "@%" PRIx64, i ? " " : "", b->type,
                b->address, b->kind, state->breakpoint_threads[i]);
    }
    if (strcmp(got, text) != 0)
        fail(c, "there are", got, strlen(got));
}

static void detached(struct conversation *c, const char *text)
{
    if (c->wire.machine.state.detaches != strtoul(text, NULL, 10))
        test_fail("%" PRIu32 " detaches, not %s", c->wire.machine.state.detaches, text);
}

static void counted(struct conversation *c, const char *text)
{
    const struct gdb_statistics *s = &c->wire.gdb.statistics;
    const struct {
        const char *name;
        uint32_t value;
    } counters[] = {
        {"packets_in", s->packets_in},   {"packets_out", s->packets_out},
        {"overlong", s->overlong},       {"bad_checksums", s->bad_checksums},
        {"resent", s->resent},           {"stray_bytes", s->stray_bytes},
        {"interrupts", s->interrupts},
    };
    char name[32];
    unsigned value;
    if (sscanf(text, "%31s %u", name, &value) != 2)
        fail(c, "cannot read", text, strlen(text));
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        if (strcmp(counters[i].name, name) == 0) {
            if (counters[i].value != value)
                test_fail("%s is %" PRIu32 ", not %u", name, counters[i].value, value);
            return;
        }
    }
    fail(c, "no counter", name, strlen(name));
}

static const struct directive {
    const char *word;
    void (*run)(struct conversation *c, const char *text);
    bool setup; /* comes before the machine is made */
} directives[] = {
    {"running", running, true},      {"with", with, true},
    {"->", send_packet, false},      {"<-", expect_frame, false},
    {">>", send_bytes, false},       {"<<", expect_bytes, false},
    {"client", client, false},       {"acks", acks, false},
    {"stop", stop, false},           {"ran", ran, false},
    {"is", is, false},               {"broke", broke, false},
    {"memory", memory, false},       {"register", register_is, false},
    {"detached", detached, false},   {"breakpoints", breakpoints, false},
    {"counted", counted, false},
};

static void run_line(struct conversation *c, const char *line)
{
    size_t word = strcspn(line, " ");
    const char *text = line[word] ? line + word + 1 : line + word;
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++) {
        const struct directive *d = &directives[i];
        if (strlen(d->word) != word || strncmp(d->word, line, word) != 0)
            continue;
        if (!d->setup && !c->started) {
            c->started = true;
            stream_machine(&c->wire, c->stream.setup);
        }
        d->run(c, text);
        return;
    }
    fail(c, "unknown directive", line, word);
}

static void run_conversation(void *argument)
{
    struct conversation *c = argument;
    for (c->line = 1; c->line < c->line_count; c->line++)
        run_line(c, c->lines[c->line]);
    c->line = 0;
    if (!c->started)
        test_fail("nothing in it");
    expect_silence(c);
}

static bool run_test(char (*lines)[LINE_MAX_LENGTH], size_t n)
{
    static struct conversation c;
    memset(&c, 0, sizeof c);
    c.acks = true;
    c.lines = lines;
    c.line_count = n;
    stream_init(&c.stream, SETUP_STOPPED);
    bool passed = test_case(lines[0] + strlen("test "), run_conversation, &c);
    if (c.started)
        wire_free(&c.wire);
    if (passed && kept_count < TESTS_MAX) {
        struct transcript *t = &kept[kept_count++];
        snprintf(t->name, sizeof t->name, "%s", lines[0] + strlen("test "));
        t->stream = c.stream;
    } else {
        stream_free(&c.stream);
    }
    return passed;
}

bool transcript_file(const char *path)
{
    static char lines[256][LINE_MAX_LENGTH];
    size_t n = 0;
    bool all = true;
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("not ok %s: cannot be opened\n", path);
        return false;
    }
    while (fgets(lines[n], LINE_MAX_LENGTH, file)) {
        lines[n][strcspn(lines[n], "\n")] = '\0';
        if (lines[n][0] == '\0' || strncmp(lines[n], "# ", 2) == 0)
            continue;
        if (strncmp(lines[n], "test ", 5) == 0 && n > 0) {
            all &= run_test(lines, n);
            memmove(lines[0], lines[n], LINE_MAX_LENGTH);
            n = 0;
        }
        n++;
    }
    fclose(file);
    return n ? all & run_test(lines, n) : false;
}
