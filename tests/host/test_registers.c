/*
 * test_registers.c: one table, five ways to see it. What target.xml declares, g sends, p sends, G and
 * P take and a stop reply expedites must agree in order and width for every register; the machine's
 * register bytes are all different, so nothing can stand in for anything else. The same for the table
 * of the real x86-64 target, on a processor that is a file of bytes.
 */
#include "document.h"
#include "registers.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin(struct wire *w)
{
    wire_init(w);
    wire_feed(w, "+$qSupported#37+$QStartNoAckMode#b0+", 36);
}

/* Byte k of register n is n where k is even and k where it is odd: no two registers are alike. */
static uint8_t file[128][GDB_REGISTER_MAX];

static bool read_file(void *context, gdb_tid thread, unsigned regnum, uint8_t *out)
{
    (void)context, (void)thread;
    memcpy(out, file[regnum], register_machine.registers[regnum].bits / 8);
    return true;
}

static struct gdb_error write_file(void *context, gdb_tid thread, unsigned regnum,
                                   const uint8_t *in)
{
    (void)context, (void)thread;
    memcpy(file[regnum], in, register_machine.registers[regnum].bits / 8);
    return GDB_OK;
}

static void begin_x86(struct wire *w)
{
    CHECK(register_machine.register_count <= 128);
    for (unsigned n = 0; n < 128; n++)
        for (unsigned k = 0; k < GDB_REGISTER_MAX; k++)
            file[n][k] = k & 1 ? k : n;
    wire_init(w);
    w->machine.target.machine = &register_machine;
    w->machine.target.read_register = read_file;
    w->machine.target.write_register = write_file;
    wire_feed(w, "+$qSupported#37+$QStartNoAckMode#b0+", 36);
}

static const char *ask(struct wire *w, const char *packet)
{
    static char reply[GDB_PACKET_MAX + 1];
    w->read = w->machine.out_length;
    wire_feed_packet(w, packet, strlen(packet));
    struct wire_item item = wire_next(w);
    CHECK(item.kind == WIRE_FRAME, "no reply to %s", packet);
    memcpy(reply, item.payload, item.length);
    reply[item.length] = '\0';
    return reply;
}

/* The number behind name=" in the tag at xml. */
static unsigned attribute(const char *xml, const char *name)
{
    char text[32];
    snprintf(text, sizeof text, " %s=\"", name);
    const char *end = strchr(xml, '>'), *place = strstr(xml, text);
    CHECK(place && place < end, "no %s in %.60s", name, xml);
    return strtoul(place + strlen(text), NULL, 10);
}

static void check_agreement(struct wire *w)
{
    char *xml = document_read(w, "features", "target.xml", 0x1000);
    char *g = strdup(ask(w, "g"));
    size_t at = 0;
    unsigned regnum = 0;
    for (const char *reg = strstr(xml, "<reg "); reg; reg = strstr(reg + 1, "<reg "), regnum++) {
        char packet[16];
        unsigned digits = attribute(reg, "bitsize") / 4;
        CHECK(attribute(reg, "regnum") == regnum, "%u at %.60s", regnum, reg);
        sprintf(packet, "p%x", regnum);
        const char *p = ask(w, packet);
        CHECK(strlen(p) == digits && at + digits <= strlen(g), "p%x: %s", regnum, p);
        CHECK(strncmp(p, g + at, digits) == 0, "p%x is %s, g has %.*s", regnum, p, digits, g + at);
        at += digits;
    }
    CHECK(regnum == w->machine.target.machine->register_count && at == strlen(g),
          "%u registers, %zu digits", regnum, at);
    free(xml);
    free(g);
}

TEST(registers_agree_in_target_xml_and_g_and_p)
{
    struct wire w;
    begin(&w);
    check_agreement(&w);
    wire_free(&w);
}

TEST(x86_registers_agree_in_target_xml_and_g_and_p)
{
    struct wire w;
    begin_x86(&w);
    check_agreement(&w);
    wire_free(&w);
}

/* Every register is given another value, all at once; what g then sends and what lies in the file is
 * what G said. */
TEST(x86_registers_written_with_G_are_read_with_g)
{
    struct wire w;
    begin_x86(&w);
    char packet[4096] = "G";
    size_t at = 1;
    for (unsigned n = 0; n < register_machine.register_count; n++)
        for (unsigned k = 0; k < register_machine.registers[n].bits / 8u; k++)
            at += sprintf(packet + at, "%02x", (n * 5 + k * 3 + 0x81) & 0xff);
    CHECK(strcmp(ask(&w, packet), "OK") == 0);
    CHECK(strcmp(ask(&w, "g"), packet + 1) == 0);
    for (unsigned n = 0; n < register_machine.register_count; n++)
        CHECK(file[n][1] == ((n * 5 + 3 + 0x81) & 0xff), "%s", register_machine.registers[n].name);
    wire_free(&w);
}

TEST(registers_of_g_are_all_different)
{
    struct wire w;
    begin(&w);
    const char *g = ask(&w, "g");
    bool seen[256] = {false};
    for (unsigned value; *g; g += 2) {
        if (sscanf(g, "%2x", &value) != 1)
            continue; /* xx */
        CHECK(!seen[value], "%02x twice", value);
        seen[value] = true;
    }
    wire_free(&w);
}

TEST(registers_of_the_stop_reply_are_those_of_p)
{
    struct wire w;
    unsigned regnum, pairs = 0;
    int used;
    char value[40], packet[16], reply[256];
    begin(&w);
    ask(&w, "qXfer:features:read:target.xml:0,1");
    snprintf(reply, sizeof reply, "%s", ask(&w, "?"));
    for (const char *at = reply + 3; sscanf(at, "%2x:%39[0-9a-f];%n", &regnum, value, &used) == 2;
         at += used, pairs++) {
        sprintf(packet, "p%x", regnum);
        CHECK(strcmp(ask(&w, packet), value) == 0, "%s in the stop reply: %s", packet, value);
    }
    CHECK(pairs == 3, "%u", pairs);
    wire_free(&w);
}

TEST(registers_written_with_P_one_by_one_are_read_with_g)
{
    struct wire w;
    begin(&w);
    char before[2 * MACHINE_REGISTER_BYTES + 1], packet[64];
    strcpy(before, ask(&w, "g"));
    for (unsigned regnum = 0, at = 0; regnum < MACHINE_REGISTERS; regnum++) {
        size_t n;
        machine_register(&w.machine, 1, regnum, &n);
        int used = sprintf(packet, "P%x=", regnum);
        for (size_t i = 0; i < n; i++)
            used += sprintf(packet + used, "%02x", (unsigned)(0xff - at / 2 - i));
        bool ok = strcmp(ask(&w, packet), "OK") == 0;
        CHECK(ok == (regnum != 8 && regnum != 9), "%s", packet);
        if (ok)
            memcpy(before + at, strchr(packet, '=') + 1, 2 * n);
        CHECK(strcmp(ask(&w, "g"), before) == 0, "after %s", packet);
        at += 2 * n;
    }
    wire_free(&w);
}
