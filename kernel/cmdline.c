/* cmdline.c: one row an option. */
#include "cmdline.h"

#include <stddef.h>
#include <string.h>

#include "boot/slide.h"
#include "demo/faults.h"
#include "printk.h"

#define WORD_MAX         320
#define WAIT_SECONDS_MAX 3600
#define UART_CLOCK       115200 /* every rate is this, divided */
#define LOWEST_BAUD      50
#define TRACE_MIN        (16u << 10)
#define TRACE_MAX        (1u << 30)

struct cmdline cmdline = {
    .gdb = GDB_MODE_ON,
    .gdb_port = 0x3f8,
    .gdb_baud = UART_CLOCK,
    .gdb_rest = true,
    .gdb_trace = 256u << 10,
    .workload = WORKLOAD_LIGHT,
    .init = "/init",
};

/* Returns NULL, or what the value is not. */
typedef const char *(*option_parser)(const char *value);

/* All of text as a number, decimal or 0x hexadecimal. */
static bool parse_number(const char *text, uint64_t *out)
{
    unsigned base = 10;

    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    if (*text == '\0')
        return false;
    for (*out = 0; *text != '\0'; text++) {
        const char *digits = "0123456789abcdef";
        const char *digit = strchr(digits, *text);

        if (digit == NULL || digit - digits >= base || *out > UINT32_MAX)
            return false;
        *out = *out * base + (uint64_t)(digit - digits);
    }
    return true;
}

/* "wait" or "wait:5s" */
static bool parse_wait(const char *value, uint64_t *seconds)
{
    char number[8];
    size_t length = strlen(value);

    *seconds = 0;
    if (strcmp(value, "wait") == 0)
        return true;
    if (strncmp(value, "wait:", 5) != 0 || value[length - 1] != 's' || length - 5 > sizeof(number))
        return false;
    memcpy(number, value + 5, length - 6);
    number[length - 6] = '\0';
    return parse_number(number, seconds) && *seconds >= 1 && *seconds <= WAIT_SECONDS_MAX;
}

static const char *parse_gdb(const char *value)
{
    uint64_t seconds;

    if (strcmp(value, "on") == 0) {
        cmdline.gdb = GDB_MODE_ON;
    } else if (strcmp(value, "off") == 0) {
        cmdline.gdb = GDB_MODE_OFF;
    } else if (parse_wait(value, &seconds)) {
        cmdline.gdb = GDB_MODE_WAIT;
        cmdline.gdb_wait_seconds = (unsigned)seconds;
    } else {
        return "off, on, wait or wait:<1 to 3600>s";
    }
    return NULL;
}

static bool is_com(const char *value)
{
    return strncmp(value, "com", 3) == 0 && value[3] >= '1' && value[3] <= '4' && value[4] == '\0';
}

static const char *parse_port(const char *value)
{
    static const uint16_t com[] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};
    uint64_t number;

    cmdline.gdb_virtio = strcmp(value, "virtio") == 0;
    if (cmdline.gdb_virtio)
        number = com[0]; /* unless there is such a device */
    else if (is_com(value))
        number = com[value[3] - '1'];
    else if (value[0] != '0' || !parse_number(value, &number) || number < 8 || number > 0xfff8)
        return "com1 to com4, virtio or an I/O port such as 0x3f8";
    cmdline.gdb_port = (uint16_t)number;
    return NULL;
}

static const char *parse_baud(const char *value)
{
    uint64_t number;

    if (!parse_number(value, &number) || number < LOWEST_BAUD || number > UART_CLOCK)
        return "a number between 50 and 115200";
    if (UART_CLOCK % number != 0)
        return "a rate that divides 115200";
    cmdline.gdb_baud = (uint32_t)number;
    return NULL;
}

static const char *parse_rest(const char *value)
{
    if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        return "on or off";
    cmdline.gdb_rest = value[1] == 'n';
    return NULL;
}

static const char *parse_breakin(const char *value)
{
    if (strcmp(value, "irq") != 0 && strcmp(value, "nmi") != 0)
        return "irq or nmi";
    cmdline.gdb_nmi = value[0] == 'n';
    return NULL;
}

/* A client that is given a relative path would look for it in a folder that we do not know. */
static const char *parse_file(const char *value)
{
    bool none = strcmp(value, "none") == 0;
    bool path = !none && strcmp(value, "target") != 0;
    size_t length = none ? 0 : strlen(value);

    if (path && (value[0] != '/' || length >= sizeof(cmdline.gdb_file)))
        return "target or an absolute path of at most 255 bytes";
    memcpy(cmdline.gdb_file, value, length);
    cmdline.gdb_file[length] = '\0';
    return NULL;
}

static const char *parse_console(const char *value)
{
    static const char *const modes[] = {[CONSOLE_AUTO] = "auto",
                                        [CONSOLE_ON] = "on",
                                        [CONSOLE_OFF] = "off",
                                        [CONSOLE_SHARE] = "share"};

    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(value, modes[i]) == 0) {
            cmdline.gdb_console = (enum console_mode)i;
            return NULL;
        }
    }
    return "auto, on, off or share";
}

static const char *parse_modules_folder(const char *value)
{
    size_t length = strlen(value);

    if ((length > 0 && value[0] != '/') || length >= sizeof(cmdline.gdb_modules))
        return "an absolute path of at most 255 bytes";
    memcpy(cmdline.gdb_modules, value, length + 1);
    return NULL;
}

/* A number, of KiB or MiB if it ends in K or M. */
static bool parse_size(const char *value, uint64_t *out)
{
    char number[16];
    size_t length = strlen(value);
    unsigned shift = 0;

    if (length == 0 || length >= sizeof(number))
        return false;
    memcpy(number, value, length + 1);
    if (value[length - 1] == 'K')
        shift = 10;
    else if (value[length - 1] == 'M')
        shift = 20;
    if (shift != 0)
        number[length - 1] = '\0';
    if (!parse_number(number, out))
        return false;
    *out <<= shift;
    return true;
}

static const char *parse_trace(const char *value)
{
    uint64_t size = 0;
    bool off = strcmp(value, "off") == 0;

    if (!off && (!parse_size(value, &size) || size < TRACE_MIN || size > TRACE_MAX))
        return "off or a size from 16K to 1024M";
    cmdline.gdb_trace = (uint32_t)size;
    return NULL;
}

static const char *parse_modules(const char *value)
{
    size_t length = strlen(value);

    if (length >= sizeof(cmdline.modules))
        return "a list of at most 255 bytes";
    memcpy(cmdline.modules, value, length + 1);
    return NULL;
}

static const char *parse_workload(const char *value)
{
    static const char *const modes[] = {
        [WORKLOAD_OFF] = "off", [WORKLOAD_LIGHT] = "light", [WORKLOAD_FULL] = "full",
        [WORKLOAD_CROWD] = "crowd"};

    for (unsigned mode = WORKLOAD_OFF; mode <= WORKLOAD_CROWD; mode++) {
        if (strcmp(value, modes[mode]) != 0)
            continue;
        cmdline.workload = mode;
        return NULL;
    }
    return "off, light, full or crowd";
}

static const char *parse_kaslr(const char *value)
{
    enum slide_choice choice;
    uint64_t fixed;

    return slide_parse(value, &choice, &fixed)
               ? NULL
               : "a multiple of 2 MiB from 1000000 to 3e000000 (hexadecimal)";
}

static const char *parse_panic(const char *value)
{
    static const char *const modes[] = {[PANIC_AUTO] = "auto",
                                        [PANIC_GDB] = "gdb",
                                        [PANIC_DUMP] = "dump",
                                        [PANIC_REBOOT] = "reboot",
                                        [PANIC_HALT] = "halt",
                                        [PANIC_EXIT] = "exit"};

    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(value, modes[i]) == 0) {
            cmdline.panic = (enum panic_mode)i;
            return NULL;
        }
    }
    return "auto, gdb, dump, reboot, halt or exit";
}

static const char *parse_init(const char *value)
{
    size_t length = strcmp(value, "off") == 0 ? 0 : strlen(value);

    if ((length > 0 && value[0] != '/') || length >= sizeof(cmdline.init))
        return "off or an absolute path of at most 63 bytes";
    memcpy(cmdline.init, value, length);
    cmdline.init[length] = '\0';
    return NULL;
}

static const struct {
    const char *name;
    option_parser parse;
    const char *otherwise; /* the value to use if the given one makes no sense */
} options[] = {
    {"gdb", parse_gdb, "on"},
    {"gdb.port", parse_port, "com1"},
    {"gdb.baud", parse_baud, "115200"},
    {"gdb.breakin", parse_breakin, "irq"},
    {"gdb.rest", parse_rest, "on"},
    {"gdb.file", parse_file, "none"},
    {"gdb.console", parse_console, "auto"},
    {"gdb.modules", parse_modules_folder, ""},
    {"gdb.trace", parse_trace, "256K"},
    {"modules", parse_modules, ""},
    {"kaslr", parse_kaslr, "off"},
    {"workload", parse_workload, "light"},
    {"panic", parse_panic, "auto"},
    {"init", parse_init, "/init"},
    {"fault", fault_request, "none"},
};

/*
 * word is "name=value" or "name", which is a name with an empty value. A loader may say what it has
 * loaded, in front of them all.
 */
static void parse_word(char *word, bool first)
{
    char *equals = strchr(word, '=');
    const char *value = equals != NULL ? equals + 1 : "";

    if (equals != NULL)
        *equals = '\0';
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strcmp(word, options[i].name) != 0)
            continue;
        if (equals == NULL && options[i].parse == parse_kaslr)
            return; /* "kaslr" is anywhere, "kaslr=" is a mistake */

        const char *expected = options[i].parse(value);

        if (expected != NULL) {
            printk("%s=%s: not %s, using %s\n", word, value, expected, options[i].otherwise);
            options[i].parse(options[i].otherwise);
        }
        return;
    }
    if (equals != NULL || !first)
        printk("%s%s%s: no such option, ignored\n", word, equals != NULL ? "=" : "", value);
}

void cmdline_parse(const char *text)
{
    for (bool first = true; *text != '\0';) {
        char word[WORD_MAX];
        size_t length = 0;

        for (; *text != '\0' && *text != ' ' && *text != '\t'; text++)
            if (length < sizeof(word) - 1)
                word[length++] = *text;
        word[length] = '\0';
        if (length > 0) {
            parse_word(word, first);
            first = false;
        } else {
            text++;
        }
    }
}
