/*
 * agent_print.c: printf of an agent expression (gdb's "set dprintf-style agent"). The format comes
 * from the client, the arguments are 64-bit words, and a string is in the machine's memory.
 */
#include "agent.h"

#include "core.h"

enum { STRING_MAX = 256, PIECE = 32, WIDTH_MAX = 64 };

/* One conversion, as gdb_sprint() takes it. */
struct conversion {
    char text[12];
    char letter;
    unsigned longs; /* how many l; j, z and t are one */
    unsigned halves;
};

static void print(const struct gdb_agent *agent, const char *text, size_t n)
{
    if (n)
        agent->print(agent->context, text, n);
}

static bool is_one_of(char c, const char *set)
{
    while (*set && *set != c)
        set++;
    return c && *set;
}

static unsigned skip(const char **format, const char *set)
{
    unsigned n = 0;
    for (; is_one_of(**format, set); n++)
        ++*format;
    return n;
}

/* "%-08lx" to "%-08llx": flags and width stay. False: it is none that can be printed. */
static bool read_conversion(const char **format, struct conversion *c)
{
    const char *start = *format;
    size_t n = 0;
    skip(format, "-0");
    unsigned width = 0;
    for (; **format >= '0' && **format <= '9'; ++*format)
        width = width < WIDTH_MAX ? width * 10 + (**format - '0') : width;
    if (*format - start > 4 || width > WIDTH_MAX)
        return false;
    c->text[n++] = '%';
    while (start != *format)
        c->text[n++] = *start++;
    c->halves = skip(format, "h");
    c->longs = skip(format, "ljzt");
    c->letter = **format == 'i' ? 'd' : **format == 'X' ? 'x' : **format;
    if (!is_one_of(c->letter, "cdpsux"))
        return false;
    ++*format;
    if (is_one_of(c->letter, "dux")) {
        c->text[n++] = 'l';
        c->text[n++] = 'l';
    }
    c->text[n++] = c->letter;
    c->text[n] = '\0';
    return true;
}

/* As C would have taken it from the argument list. */
static uint64_t narrowed(const struct conversion *c, uint64_t value)
{
    unsigned bits = c->longs ? 64 : c->halves == 0 ? 32 : c->halves == 1 ? 16 : 8;
    uint64_t sign = 1ull << (bits - 1);
    value &= sign | (sign - 1);
    return c->letter == 'd' ? (value ^ sign) - sign : value;
}

static const char *print_string(const struct gdb_agent *agent, uint64_t address)
{
    char piece[PIECE];
    for (unsigned done = 0; done < STRING_MAX; done += PIECE) {
        size_t n = 0;
        for (; n < PIECE; n++) {
            if (!agent->read_memory(agent->context, address + done + n, piece + n, 1)) {
                print(agent, piece, n);
                return "a string that cannot be read";
            }
            if (piece[n] == '\0')
                break;
        }
        print(agent, piece, n);
        if (n < PIECE)
            break;
    }
    return NULL;
}

static const char *print_value(const struct gdb_agent *agent, const struct conversion *c,
                               uint64_t value)
{
    char text[WIDTH_MAX + 1];
    size_t n;
    switch (c->letter) {
    case 's':
        return print_string(agent, value);
    case 'c':
        n = gdb_sprint(text, sizeof text, c->text, (int)value);
        break;
    case 'p':
        n = gdb_sprint(text, sizeof text, c->text, (void *)(uintptr_t)value);
        break;
    default:
        n = gdb_sprint(text, sizeof text, c->text, (unsigned long long)narrowed(c, value));
    }
    print(agent, text, n);
    return NULL;
}

/* Up to the next '%'. The format is as it was typed: "\\n" is still two bytes of it. */
static const char *print_literal(const struct gdb_agent *agent, const char *format)
{
    static const char names[] = "abefnrtv", bytes[] = "\a\b\x1b\f\n\r\t\v";
    while (*format && *format != '%') {
        const char *start = format;
        while (*format && *format != '%' && *format != '\\')
            format++;
        print(agent, start, format - start);
        if (*format != '\\' || !format[1])
            break;
        const char *name = names;
        while (*name && *name != format[1])
            name++;
        print(agent, *name ? &bytes[name - names] : &format[1], 1);
        format += 2;
    }
    return format;
}

const char *gdb_agent_print(const struct gdb_agent *agent, const char *format,
                            const uint64_t *arguments, size_t n)
{
    const char *wrong = NULL;
    while (*format && !wrong) {
        struct conversion c;
        format = print_literal(agent, format);
        if (*format != '%')
            break;
        format++;
        if (*format == '%') {
            print(agent, format++, 1);
        } else if (!read_conversion(&format, &c)) {
            wrong = "a conversion that cannot be printed";
        } else if (n == 0) {
            wrong = "more conversions than arguments";
        } else {
            wrong = print_value(agent, &c, *arguments++);
            n--;
        }
    }
    return wrong;
}
