/* dmesg.c: the log, piece by piece: nothing here grows with it. */
#include "dmesg.h"

#include <stdbool.h>

#include "gdbstub.h"
#include "log.h"

static bool read_count(const char *text, uint64_t *count)
{
    for (*count = 0; *text >= '0' && *text <= '9' && *count < LOG_SIZE; text++)
        *count = *count * 10 + (uint64_t)(*text - '0');
    return *text == '\0';
}

/* Where the last lines begin. Every line ends in a newline; what follows the last one is a line. */
static uint64_t last_lines(uint64_t count)
{
    uint64_t start = log_start(), at = log_end();

    for (uint64_t lines = 0; at > start; at--) {
        uint64_t before = at - 1;
        char c = '\0';

        log_read(&before, &c, 1);
        if (c == '\n' && at < log_end() && ++lines == count)
            break;
    }
    return at;
}

void dmesg_command(struct gdb *g, char *args)
{
    uint64_t position = log_start(), count;
    char text[129];
    size_t n;

    if (!read_count(args, &count)) {
        gdb_complain(g, "usage: monitor dmesg [LINES]\n");
        return;
    }
    if (count > 0)
        position = last_lines(count);
    while ((n = log_read(&position, text, sizeof(text) - 1)) > 0) {
        text[n] = '\0';
        gdb_print(g, "%s", text);
    }
}
