/*
 * test_agent.c: agent expressions: every instruction, everything that can be wrong with one, and
 * programs made of dice.
 */
#include "agent.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

enum { MEMORY = 0x1000, MEMORY_SIZE = 64 };

static char printed[1024];
static size_t printed_length;

/* Register n is 0x1000 + n; 16 and up there are none. */
static bool read_register(void *context, unsigned regnum, uint64_t *value)
{
    (void)context;
    *value = 0x1000 + regnum;
    return regnum < 16;
}

static bool read_memory(void *context, uint64_t address, void *out, size_t n)
{
    static const char text[MEMORY_SIZE] = "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8hello, world";
    (void)context;
    if (address < MEMORY || address > MEMORY + MEMORY_SIZE - n)
        return false;
    memcpy(out, text + (address - MEMORY), n);
    return true;
}

static void print(void *context, const char *text, size_t n)
{
    (void)context;
    for (size_t i = 0; i < n && printed_length < sizeof printed - 1; i++)
        printed[printed_length++] = text[i];
    printed[printed_length] = '\0';
}

static struct gdb_agent_variables variables;
static const struct gdb_agent agent = {.read_register = read_register,
                                       .read_memory = read_memory,
                                       .print = print,
                                       .variables = &variables};

struct result {
    const char *wrong;
    uint64_t value;
    size_t at;
};

/* Digits to bytes, blanks left out; 'text' in quotes stands for itself. */
static size_t assemble(const char *text, uint8_t *code)
{
    size_t n = 0;
    unsigned byte;
    int used;
    while (*text) {
        if (*text == '\'') {
            for (text++; *text != '\''; text++)
                code[n++] = *text;
            text++;
        } else if (sscanf(text, " %2x%n", &byte, &used) == 1) {
            code[n++] = byte;
            text += used;
        } else {
            text++;
        }
    }
    return n;
}

static struct result run(const char *text)
{
    uint8_t code[256];
    struct result r;
    struct gdb_agent_code bytes = {code, assemble(text, code)};
    printed_length = 0;
    printed[0] = '\0';
    r.wrong = gdb_agent_run(&agent, bytes, &r.value, &r.at);
    return r;
}

static void check_value(const char *text, uint64_t value)
{
    struct result r = run(text);
    CHECK(!r.wrong && r.value == value, "%s: %llx, %s", text, (unsigned long long)r.value,
          r.wrong ? r.wrong : "fine");
}

static void check_wrong(const char *text, const char *why, size_t at)
{
    struct result r = run(text);
    CHECK(r.wrong && strstr(r.wrong, why) && r.at == at && r.value == 0, "%s: %s at %zu", text,
          r.wrong ? r.wrong : "fine", r.at);
}

TEST(agent_arithmetic)
{
    check_value("22 05  22 03  02  27", 8);
    check_value("22 03  22 05  03  27", (uint64_t)-2);
    check_value("22 ff 16 08  22 07  04  27", (uint64_t)-7);
    check_value("22 f9 16 08  22 02  05  27", (uint64_t)-3);
    check_value("22 f9 16 08  22 02  06  27", 0x7ffffffffffffffc);
    check_value("22 f9 16 08  22 02  07  27", (uint64_t)-1);
    check_value("22 f9 16 08  22 02  08  27", 1);
    check_value("25 80 00 00 00 00 00 00 00  22 ff 16 08  05  27", 1ull << 63);
    check_value("25 80 00 00 00 00 00 00 00  22 ff 16 08  07  27", 0);
    check_value("22 01  22 3f  09  27", 1ull << 63);
    check_value("22 01  22 40  09  27", 0);
    check_value("22 80 16 08  22 04  0a  27", (uint64_t)-8);
    check_value("22 80 16 08  22 ff  0a  27", (uint64_t)-1);
    check_value("22 80 16 08  22 00  0a  27", (uint64_t)-128);
    check_value("22 80 16 08  22 3c  0b  27", 0xf);
    check_value("22 80  22 40  0b  27", 0);
}

TEST(agent_logic_and_comparison)
{
    check_value("22 00 0e 27", 1);
    check_value("22 07 0e 27", 0);
    check_value("22 0c 22 0a 0f 27", 8);
    check_value("22 0c 22 0a 10 27", 14);
    check_value("22 0c 22 0a 11 27", 6);
    check_value("22 00 12 27", UINT64_MAX);
    check_value("22 05 22 05 13 27", 1);
    check_value("22 ff 16 08 22 01 14 27", 1);
    check_value("22 ff 16 08 22 01 15 27", 0);
    check_value("22 01 22 ff 16 08 15 27", 1);
}

TEST(agent_constants_and_extension)
{
    check_value("23 12 34 27", 0x1234);
    check_value("24 ff ff 80 00 16 20 27", 0xffffffffffff8000);
    check_value("25 01 23 45 67 89 ab cd ef 27", 0x0123456789abcdef);
    check_value("22 01 16 01 27", UINT64_MAX);
    check_value("22 85 16 40 27", 0x85);
    check_value("22 85 16 ff 27", 0x85);
    check_value("23 ff ff 2a 04 27", 0xf);
    check_value("23 ff ff 2a 00 27", 0);
    check_value("23 ff ff 2a 40 27", 0xffff);
    check_wrong("22 01 16 00 27", "no bits", 2);
}

TEST(agent_machine)
{
    check_value("26 00 07 27", 0x1007);
    check_value("23 10 00 17 27", 0xff);
    check_value("23 10 00 18 27", 0xfeff);
    check_value("23 10 00 19 27", 0xfcfdfeff);
    check_value("23 10 00 1a 27", 0xf8f9fafbfcfdfeff);
    check_wrong("26 00 10 27", "register", 0);
    check_wrong("23 10 3d 19 27", "memory", 3);
    check_wrong("22 00 1a 27", "memory", 2);
}

TEST(agent_stack_and_flow)
{
    check_value("27", 0);
    check_value("22 01 22 02 29 27", 1);
    check_value("22 03 28 04 27", 9);
    check_value("22 03 22 05 2b 03 27", 2);
    check_value("22 07 22 08 22 09 32 02 27", 7);
    check_value("22 01 22 02 22 03 33 27", 2);       /* 3 1 2 */
    check_value("22 01 22 02 22 03 33 29 27", 1);
    check_value("22 01 22 02 22 03 33 29 29 27", 3);
    check_value("22 01 20 00 07 22 05 22 06 27", 6); /* the jump leads to the second constant */
    check_value("22 00 20 00 07 22 05 27", 5);
    check_value("21 00 04 2f 22 2a 27", 42);
    check_wrong("22 01 22 02 32 02 27", "underflow", 4);
    check_wrong("21 00 03", "out of the expression", 0);
    check_wrong("22 01 20 ff ff 27", "out of the expression", 2);
}

TEST(agent_variables)
{
    memset(&variables, 0, sizeof variables);
    check_value("2c 00 05 27", 0);
    check_value("22 2a 2d 00 05 27", 42);
    check_value("2c 00 05 22 01 02 2d 00 05 27", 43);
    check_value("2c 00 05 27", 43);
    for (unsigned i = 0; i < GDB_AGENT_VARIABLES - 1; i++) {
        char text[32];
        snprintf(text, sizeof text, "22 01 2d 01 %02x 27", i);
        check_value(text, 1);
    }
    check_wrong("22 01 2d 02 00 27", "no room", 2);
    check_value("2c 02 00 27", 0);
}

TEST(agent_print)
{
    /* Arguments from the last to the first, then function and channel. */
    check_value("22 2a 22 00 22 00 34 01 00 08 'x is %d' 00 27", 0);
    CHECK(strcmp(printed, "x is 42") == 0, "%s", printed);
    check_value("23 10 08 22 ff 16 08 22 00 22 00 34 02 00 0f '%5d|%s|%%|end\n' 00 27", 0);
    CHECK(strcmp(printed, "   -1|hello, world|%|end\n") == 0, "%s", printed);
    check_value("25 01 23 45 67 89 ab cd ef 22 00 22 00 34 01 00 05 '%08x' 00 27", 0);
    CHECK(strcmp(printed, "89abcdef") == 0, "%s", printed);
    check_value("25 01 23 45 67 89 ab cd ef 22 00 22 00 34 01 00 04 '%lX' 00 27", 0);
    CHECK(strcmp(printed, "123456789ABCDEF") == 0, "%s", printed);
    check_value("22 ff 22 41 22 00 22 00 34 02 00 08 '%c %hhd' 00 27", 0);
    CHECK(strcmp(printed, "A -1") == 0, "%s", printed);
    check_value("22 00 22 00 34 00 00 0b 'a\\nb\\\\c\\\"\\' 00 27", 0);
    CHECK(strcmp(printed, "a\nb\\c\"") == 0, "%s", printed);
    check_wrong("22 00 22 00 34 00 00 03 '%d' 00 27", "more conversions", 4);
    check_wrong("22 01 22 00 22 00 34 01 00 03 '%n' 00 27", "conversion", 6);
    check_wrong("22 01 22 00 22 00 34 01 00 06 '%999d' 00 27", "conversion", 6);
    check_wrong("22 01 22 00 22 00 34 01 00 02 '%' 00 27", "conversion", 6);
    check_wrong("22 01 22 00 22 00 34 01 00 03 '%s' 00 27", "string", 6);
    check_wrong("22 01 22 00 22 00 34 02 00 03 '%s' 00 27", "underflow", 6);
    check_wrong("22 00 22 00 34 00 00 02 'ab' 27", "without an end", 4);
    check_wrong("22 00 22 00 34 00 00 ff 'ab' 00 27", "without an end", 4);
    check_wrong("22 00 22 00 34 00 00 00 27", "without an end", 4);
}

static uint64_t dice = 0x2545f4914f6cdd1d;

static uint32_t roll(uint32_t limit)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 32) % limit;
}

/* One conversion of dice, from flags to letter, without what C leaves undefined. */
static void roll_conversion(char *format, const char **longs, char *letter)
{
    static const char *const sizes[] = {"", "h", "hh", "l", "ll", "z", "j"};
    static const char letters[] = "diouxX";
    *letter = letters[roll(6)];
    *longs = sizes[roll(7)];
    *format++ = '%';
    for (unsigned n = roll(4); n; n--) {
        char flag = "-0+ #"[roll(5)];
        bool is_signed = *letter == 'd' || *letter == 'i';
        if (flag == '#' ? *letter != 'o' && *letter != 'x' && *letter != 'X'
                        : (flag == '+' || flag == ' ') && !is_signed)
            continue;
        *format++ = flag;
    }
    if (roll(2))
        format += sprintf(format, "%u", 1 + roll(30));
    if (roll(2))
        format += sprintf(format, ".%u", roll(30));
    sprintf(format, "%s%c", *longs, *letter);
}

TEST(agent_print_agrees_with_c)
{
    for (unsigned round = 0; round < 20000; round++) {
        char format[32], expected[64], letter;
        const char *longs;
        uint64_t value = (uint64_t)roll(UINT32_MAX) << 32 | roll(UINT32_MAX);
        value = roll(8) ? value >> roll(64) : 0;
        value = roll(2) ? value : -value;
        roll_conversion(format, &longs, &letter);
        if (strchr("lzj", *longs) && *longs)
            snprintf(expected, sizeof expected, format, value);
        else
            snprintf(expected, sizeof expected, format, (unsigned)value);
        printed_length = 0;
        printed[0] = '\0';
        const char *wrong = gdb_agent_print(&agent, format, &value, 1);
        CHECK(!wrong && strcmp(printed, expected) == 0, "%s of %lx: %s, not %s", format, value, printed, expected);
    }
}

TEST(agent_print_strings_in_fields)
{
    static const struct {
        const char *format, *printed;
    } rows[] = {
        {"%s", "hello, world"}, {"%15s|", "   hello, world|"}, {"%-15s|", "hello, world   |"},
        {"%.5s", "hello"}, {"%8.5s|", "   hello|"}, {"%-8.5s|", "hello   |"}, {"%.0s|", "|"},
        {"%p", "0x1008"}, {"%10p|", "    0x1008|"}, {"%-10p|", "0x1008    |"},
    };
    const uint64_t at = MEMORY + 8, letter = 'A';
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        printed_length = 0;
        CHECK(gdb_agent_print(&agent, rows[i].format, &at, 1) == NULL);
        CHECK(strcmp(printed, rows[i].printed) == 0, "%s: %s", rows[i].format, printed);
    }
    printed_length = 0;
    CHECK(gdb_agent_print(&agent, "%3c|%-3c|", (uint64_t[]){letter, letter}, 2) == NULL);
    CHECK(strcmp(printed, "  A|A  |") == 0, "%s", printed);
    printed_length = 0;
    const uint64_t end = MEMORY + MEMORY_SIZE - 1, nowhere = 1;
    CHECK(gdb_agent_print(&agent, "%.1s|", &end, 1) == NULL, "the byte behind it is not looked at");
    CHECK(gdb_agent_print(&agent, "%.1s|", &nowhere, 1) != NULL);
}

TEST(agent_what_is_wrong_is_said)
{
    check_wrong("", "no end", 0);
    check_wrong("22 01", "no end", 2);
    check_wrong("22", "cut short", 0);
    check_wrong("22 01 25 00 00 00 00 00 00 00", "cut short", 2);
    check_wrong("02 27", "underflow", 0);
    check_wrong("22 01 02 27", "underflow", 2);
    check_wrong("00 27", "unknown", 0);
    check_wrong("31 27", "unknown", 0);
    check_wrong("35 27", "unknown", 0);
    check_wrong("ff 27", "unknown", 0);
    check_wrong("22 01 22 00 05 27", "division by zero", 4);
    check_wrong("22 01 22 00 06 27", "division by zero", 4);
    check_wrong("22 01 22 00 07 27", "division by zero", 4);
    check_wrong("22 01 22 00 08 27", "division by zero", 4);
    check_wrong("22 01 28 21 00 02", "overflow", 2);
    check_wrong("22 01 28 29 21 00 02", "too long", 2);
    check_wrong("21 00 00", "too long", 0);
    check_wrong("22 01 0d 08 27", "tracepoints", 2);
    check_wrong("22 01 22 01 2f 27", "tracepoints", 4);
    check_wrong("22 01 22 01 0c 27", "tracepoints", 4);
    check_wrong("2e 00 01 27", "tracepoints", 0);
    check_wrong("2f 27", "underflow", 0);
    check_wrong("01 27", "floating point", 0);
    check_wrong("1d 27", "floating point", 0);
}

/* Whatever the bytes are, it ends, and ASan finds nothing. */
TEST(agent_programs_made_of_dice)
{
    dice = 0x853c49e6748fea9b;
    unsigned fine = 0;
    for (unsigned round = 0; round < 40000; round++) {
        uint8_t code[40];
        struct gdb_agent_code bytes = {code, 0};
        uint64_t value;
        size_t at;
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        bytes.length = dice >> 58;
        bytes.length = bytes.length < sizeof code ? bytes.length : sizeof code;
        for (size_t i = 0; i < bytes.length; i++) {
            dice = dice * 6364136223846793005u + 1442695040888963407u;
            code[i] = dice >> 56 & (round & 1 ? 0x37 : 0xff);
        }
        printed_length = 0;
        const char *wrong = gdb_agent_run(&agent, bytes, &value, &at);
        CHECK(at <= bytes.length);
        fine += !wrong;
    }
    CHECK(fine > 100, "%u", fine);
}
