/* log_command.c: see log_command.h. */
#include "log_command.h"

#include "gdbstub.h"
#include "state.h"
#include "words.h"

#define LINES     10 /* where nobody says how many */
#define LINES_MAX 10000
#define LINE_MAX  512 /* bytes: more is no line, but something else */

static bool byte_at(uint64_t back, char *c)
{
    return debugger_settings.log(back, c, 1) == 1;
}

/* How far from its end the last lines begin; what follows the last newline is a line as well. */
static uint64_t find_start(unsigned lines)
{
    uint64_t back = 0;
    unsigned found = 0;
    char c;

    for (; back < (uint64_t)lines * LINE_MAX && byte_at(back + 1, &c); back++)
        if (c == '\n' && back && ++found == lines)
            break;
    return back;
}

void log_tail(struct gdb *g, unsigned lines)
{
    uint64_t back;
    char text[65];
    size_t n;

    if (!debugger_settings.log)
        return;
    for (back = find_start(lines); back && !gdb_interrupted(g); back -= n) {
        n = back < sizeof(text) - 1 ? back : sizeof(text) - 1;
        n = debugger_settings.log(back, text, n);
        if (n == 0)
            return;
        text[n] = '\0';
        gdb_print(g, "%s", text);
    }
}

void log_command(struct gdb *g, char *args)
{
    uint64_t lines = LINES;

    if (*args && (!word_number(args, &lines) || lines == 0 || lines > LINES_MAX))
        gdb_complain(g, "usage: monitor log [1 to %u]\n", LINES_MAX);
    else if (!debugger_settings.log)
        gdb_complain(g, "this kernel gave the debugger no way to read its log\n");
    else
        log_tail(g, (unsigned)lines);
}
