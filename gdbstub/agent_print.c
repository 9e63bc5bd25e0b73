/*
 * agent_print.c: printf of an agent expression (gdb's "set dprintf-style agent"). The format comes
 * from the client, the arguments are 64-bit words, and a string is in the machine's memory.
 */
#include "agent.h"

#include "core.h"

enum { STRING_MAX = 256, PIECE = 32, FIELD_MAX = 256, DIGITS_MAX = 22 /* of 64 bits in octal */ };

/* A conversion, as C has it (C11 7.21.6.1), without "*". */
struct conversion {
    bool left, zeros, plus, blank, alternate, has_precision;
    unsigned width, precision;
    unsigned longs; /* how many l; j, z and t are one */
    unsigned halves;
    char letter;
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

static void read_flags(const char **format, struct conversion *c)
{
    for (; is_one_of(**format, "-0+ #"); ++*format) {
        c->left |= **format == '-';
        c->zeros |= **format == '0';
        c->plus |= **format == '+';
        c->blank |= **format == ' ';
        c->alternate |= **format == '#';
    }
}

/* A width or a precision; more than FIELD_MAX is too much. */
static unsigned read_size(const char **format)
{
    unsigned size = 0;
    for (; **format >= '0' && **format <= '9'; ++*format)
        size = size <= FIELD_MAX ? size * 10 + (**format - '0') : size;
    return size;
}

/* False: it is none that can be printed. */
static bool read_conversion(const char **format, struct conversion *c)
{
    *c = (struct conversion){0};
    read_flags(format, c);
    c->width = read_size(format);
    c->has_precision = **format == '.';
    if (c->has_precision) {
        ++*format;
        c->precision = read_size(format);
    }
    c->halves = skip(format, "h");
    c->longs = skip(format, "ljzt");
    c->letter = **format;
    if (c->width > FIELD_MAX || c->precision > FIELD_MAX || !is_one_of(c->letter, "cdiopsuxX"))
        return false;
    ++*format;
    return true;
}

/* As C would have taken it from the argument list. */
static uint64_t narrowed(const struct conversion *c, uint64_t value)
{
    unsigned bits = c->longs ? 64 : c->halves == 0 ? 32 : c->halves == 1 ? 16 : 8;
    uint64_t sign = 1ull << (bits - 1);
    value &= sign | (sign - 1);
    return c->letter == 'd' || c->letter == 'i' ? (value ^ sign) - sign : value;
}

static void fill(const struct gdb_agent *agent, char with, unsigned n)
{
    for (; n; n--)
        print(agent, &with, 1);
}

/* The rest of a field in which so many are used. */
static void pad(const struct gdb_agent *agent, const struct conversion *c, bool left, size_t used)
{
    if (left == c->left && used < c->width)
        fill(agent, ' ', c->width - used);
}

/* From the end of digits down; how many there are. A precision of 0 has none for 0. */
static unsigned put_digits(const struct conversion *c, uint64_t value, char *end)
{
    const char *names = c->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned base = c->letter == 'o' ? 8 : is_one_of(c->letter, "pxX") ? 16 : 10, n = 0;
    for (; value || (n == 0 && !(c->has_precision && c->precision == 0)); value /= base)
        end[-(int)++n] = names[value % base];
    return n;
}

static const char *prefix_of(const struct conversion *c, uint64_t value)
{
    bool is_signed = c->letter == 'd' || c->letter == 'i';
    if (is_signed)
        return (int64_t)value < 0 ? "-" : c->plus ? "+" : c->blank ? " " : "";
    if (c->letter == 'p')
        return "0x";
    if (!c->alternate || value == 0)
        return "";
    return c->letter == 'x' ? "0x" : c->letter == 'X' ? "0X" : "";
}

static void print_number(const struct gdb_agent *agent, const struct conversion *c, uint64_t value)
{
    char digits[DIGITS_MAX];
    const char *prefix = prefix_of(c, value);
    unsigned n = put_digits(c, *prefix == '-' ? -value : value, digits + sizeof digits);
    unsigned before = *prefix == '\0' ? 0 : prefix[1] ? 2 : 1, zeros = 0;
    if (c->has_precision && c->precision > n)
        zeros = c->precision - n;
    if (c->letter == 'o' && c->alternate && !zeros && (n == 0 || digits[sizeof digits - n] != '0'))
        zeros = 1;
    if (c->zeros && !c->left && !c->has_precision && c->width > before + zeros + n)
        zeros = c->width - before - n;
    pad(agent, c, false, before + zeros + n);
    print(agent, prefix, before);
    fill(agent, '0', zeros);
    print(agent, digits + sizeof digits - n, n);
    pad(agent, c, true, before + zeros + n);
}

static bool read_byte(const struct gdb_agent *agent, uint64_t address, char *byte)
{
    return agent->read_memory(agent->context, address, byte, 1);
}

static void print_bytes(const struct gdb_agent *agent, uint64_t address, size_t n)
{
    char piece[PIECE];
    for (size_t done = 0; done < n; done++) {
        size_t at = done % PIECE;
        if (!read_byte(agent, address + done, &piece[at]))
            piece[at] = '?'; /* another processor has unmapped it just now */
        if (at == PIECE - 1 || done == n - 1)
            print(agent, piece, at + 1);
    }
}

/* What can be read of it, in its field. */
static const char *print_string(const struct gdb_agent *agent, const struct conversion *c,
                                uint64_t address)
{
    size_t n = 0, max = c->has_precision && c->precision < STRING_MAX ? c->precision : STRING_MAX;
    bool readable = true;
    for (char byte = 1; n < max; n++) {
        readable = read_byte(agent, address + n, &byte);
        if (!readable || !byte)
            break;
    }
    pad(agent, c, false, n);
    print_bytes(agent, address, n);
    pad(agent, c, true, n);
    return readable ? NULL : "a string that cannot be read";
}

static void print_character(const struct gdb_agent *agent, const struct conversion *c, char byte)
{
    pad(agent, c, false, 1);
    print(agent, &byte, 1);
    pad(agent, c, true, 1);
}

static const char *print_value(const struct gdb_agent *agent, const struct conversion *c,
                               uint64_t value)
{
    switch (c->letter) {
    case 's':
        return print_string(agent, c, value);
    case 'c':
        print_character(agent, c, (char)value);
        return NULL;
    case 'p':
        print_number(agent, c, value);
        return NULL;
    default:
        print_number(agent, c, narrowed(c, value));
        return NULL;
    }
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
