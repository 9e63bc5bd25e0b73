/* test_kernel_text.c: printk's language, the kernel command line, the log. */
#include "kernel_host.h"
#include "test.h"

#include "cmdline.h"
#include "format.h"
#include "log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void expect(const char *text, const char *format, ...)
{
    char out[64];
    va_list arguments;

    va_start(arguments, format);
    size_t length = format_text(out, sizeof(out), format, arguments);
    va_end(arguments);
    CHECK(length == strlen(out));
    CHECK(strcmp(out, text) == 0, "%s gives '%s', not '%s'", format, out, text);
}

TEST(format_integers)
{
    expect("-5 5 4294967291 ff", "%d %i %u %x", -5, 5, -5, 255);
    expect("-2147483648", "%d", INT32_MIN);
    expect("-9223372036854775808 18446744073709551615", "%ld %lu", INT64_MIN, UINT64_MAX);
    expect("ffffffffffffffff 7", "%llx %zu", ~0ull, (size_t)7);
}

TEST(format_fields)
{
    expect("[   -5][-0005][-5   ][000ff]", "[%5d][%05d][%-5d][%05x]", -5, -5, -5, 255);
    expect("[ ab][ab ][a][ab][c]", "[%3s][%-3s][%.1s][%.*s][%c]", "ab", "ab", "ab", 2, "abc", 'c');
    expect("[12345]", "[%3d]", 12345);
}

TEST(format_pointers_have_all_digits)
{
    expect("0xffffffff80100000 0x0000000000000000", "%p %p", (void *)0xffffffff80100000, NULL);
}

TEST(format_what_it_does_not_know_stays)
{
    const char *unknown = "%q %";

    expect("100% %q %", "%d%% %s", 100, unknown);
    expect("(null)", "%s", (char *)NULL);

    char out[32];
    va_list none = {0};

    format_text(out, sizeof(out), unknown, none);
    CHECK(strcmp(out, unknown) == 0, "%s", out);
}

static size_t format_into(char *out, size_t size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    size_t length = format_text(out, size, format, arguments);
    va_end(arguments);
    return length;
}

TEST(format_is_cut_to_its_room)
{
    char out[4] = "###";

    CHECK(format_into(out, 3, "%d", 12345) == 2 && strcmp(out, "12") == 0 && out[3] == '\0');
    CHECK(format_into(out, 1, "%s", "text") == 0 && out[0] == '\0');
}

static const struct cmdline *parse(const char *text)
{
    host_log[0] = '\0';
    cmdline_parse("gdb=on gdb.port=com1 gdb.baud=115200 panic=halt");
    cmdline_parse(text);
    return &cmdline;
}

TEST(cmdline_options)
{
    const struct cmdline *c = parse("gdb=wait:5s gdb.port=com3 gdb.baud=9600 panic=exit");

    CHECK(c->gdb == GDB_MODE_WAIT && c->gdb_wait_seconds == 5);
    CHECK(c->gdb_port == 0x3e8 && c->gdb_baud == 9600 && c->panic == PANIC_EXIT);
    CHECK(parse("\t gdb=wait  gdb.port=0x2f8 ")->gdb == GDB_MODE_WAIT);
    CHECK(c->gdb_wait_seconds == 0 && c->gdb_port == 0x2f8);
    CHECK(parse("gdb.port=virtio")->gdb_virtio && c->gdb_port == 0x3f8);
    CHECK(!parse("gdb.port=virtio gdb.port=com2")->gdb_virtio && c->gdb_port == 0x2f8);
    CHECK(parse("gdb.trace=64K")->gdb_trace == 64u << 10);
    CHECK(parse("gdb.trace=0x8000")->gdb_trace == 0x8000);
    CHECK(parse("gdb.trace=1024M")->gdb_trace == 1u << 30);
    CHECK(parse("gdb.trace=off")->gdb_trace == 0);
    CHECK(parse("gdb=off")->gdb == GDB_MODE_OFF);
    CHECK(parse("gdb=off gdb=on")->gdb == GDB_MODE_ON, "the later of two wins");
    CHECK(host_log[0] == '\0', "%s", host_log);
}

TEST(cmdline_the_loaders_own_word_passes_in_silence)
{
    char word[300] = "";

    memset(word, 'x', sizeof(word) - 1);
    parse(word);
    parse("kernel.elf gdb=on");
    CHECK(host_log[0] == '\0', "%s", host_log);
    parse("kernel.elf quiet workoad=full gdb=on");
    CHECK(strcmp(host_log, "quiet: no such option, ignored\n"
                           "workoad=full: no such option, ignored\n") == 0, "%s", host_log);
}

/* Each bad value: one line that names it, and the default in force. */
TEST(cmdline_bad_values_are_named_once)
{
    static const struct {
        const char *word, *warning;
    } cases[] = {
        {"gdb.baud=fast", "gdb.baud=fast: not a number between 50 and 115200, using 115200\n"},
        {"gdb.baud=49", "gdb.baud=49: not a number between 50 and 115200, using 115200\n"},
        {"gdb.baud=115201", "gdb.baud=115201: not a number between 50 and 115200, using 115200\n"},
        {"gdb.baud=", "gdb.baud=: not a number between 50 and 115200, using 115200\n"},
        {"gdb.baud=18446744073709666816",
         "gdb.baud=18446744073709666816: not a number between 50 and 115200, using 115200\n"},
        {"gdb.baud=9601", "gdb.baud=9601: not a rate that divides 115200, using 115200\n"},
        {"gdb.port=com5",
         "gdb.port=com5: not com1 to com4, virtio or an I/O port such as 0x3f8, using com1\n"},
        {"gdb.port=com12",
         "gdb.port=com12: not com1 to com4, virtio or an I/O port such as 0x3f8, using com1\n"},
        {"gdb.port=0x10000",
         "gdb.port=0x10000: not com1 to com4, virtio or an I/O port such as 0x3f8, using com1\n"},
        {"gdb", "gdb=: not off, on, wait or wait:<1 to 3600>s, using on\n"},
        {"gdb=maybe", "gdb=maybe: not off, on, wait or wait:<1 to 3600>s, using on\n"},
        {"gdb=wait:", "gdb=wait:: not off, on, wait or wait:<1 to 3600>s, using on\n"},
        {"gdb=wait:s", "gdb=wait:s: not off, on, wait or wait:<1 to 3600>s, using on\n"},
        {"gdb=wait:0s", "gdb=wait:0s: not off, on, wait or wait:<1 to 3600>s, using on\n"},
        {"gdb=wait:5", "gdb=wait:5: not off, on, wait or wait:<1 to 3600>s, using on\n"},
        {"gdb=wait:123456789s",
         "gdb=wait:123456789s: not off, on, wait or wait:<1 to 3600>s, using on\n"},
        {"gdb.trace=", "gdb.trace=: not off or a size from 16K to 1024M, using 256K\n"},
        {"gdb.trace=15K", "gdb.trace=15K: not off or a size from 16K to 1024M, using 256K\n"},
        {"gdb.trace=2000M", "gdb.trace=2000M: not off or a size from 16K to 1024M, using 256K\n"},
        {"gdb.trace=K", "gdb.trace=K: not off or a size from 16K to 1024M, using 256K\n"},
        {"gdb.console=maybe", "gdb.console=maybe: not auto, on, off or share, using auto\n"},
        {"panic=maybe", "panic=maybe: not auto, gdb, dump, reboot, halt or exit, using auto\n"},
        {"gdb.foo=1", "gdb.foo=1: no such option, ignored\n"},
        {"workoad=full", "workoad=full: no such option, ignored\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct cmdline *c = parse(cases[i].word);

        CHECK(strcmp(host_log, cases[i].warning) == 0, "%s", host_log);
        CHECK(c->gdb == GDB_MODE_ON && c->gdb_port == 0x3f8 && c->gdb_baud == 115200);
    }
}

TEST(cmdline_a_bad_value_takes_back_an_earlier_one)
{
    CHECK(parse("gdb.baud=9600 gdb.baud=fast")->gdb_baud == 115200);
}

TEST(log_keeps_the_last_of_it)
{
    char line[32], out[100];
    uint64_t position = 0, total = 0;

    for (unsigned i = 0; i < 5000; i++) {
        snprintf(line, sizeof(line), "line %08u\n", i);
        log_write(line, strlen(line));
        total += strlen(line);
    }

    size_t first = log_read(&position, out, sizeof(out)), all = first, n;

    CHECK(position - first == total - LOG_SIZE, "it starts with the oldest byte there is");
    while ((n = log_read(&position, out, sizeof(out))) > 0) {
        memcpy(line, out + n - 1, 1);
        all += n;
    }
    CHECK(all == LOG_SIZE && position == total && line[0] == '\n');
    position -= 14;
    CHECK(log_read(&position, out, sizeof(out)) == 14 && memcmp(out, "line 00004999\n", 14) == 0);
}
