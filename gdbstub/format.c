/*
 * format.c: printf as far as a debugger needs it: %s %c %d %u %x %p %%, with -, 0, a width, and l,
 * ll or z. Where the bytes go is the caller's business; it is told which came from an argument, and
 * which only pad one.
 */
#include "core.h"

struct conversion {
    bool left, zero;
    unsigned width;
    unsigned longs; /* l: 1, ll: 2; z as l, which has the width of size_t wherever this runs */
};

struct output {
    gdb_put *put;
    void *to;
};

static const char *parse(const char *format, struct conversion *c)
{
    *c = (struct conversion){0};
    for (; *format == '-' || *format == '0'; format++)
        *(*format == '-' ? &c->left : &c->zero) = true;
    for (; *format >= '0' && *format <= '9'; format++)
        c->width = c->width * 10 + (*format - '0');
    for (; *format == 'l' || *format == 'z'; format++)
        c->longs++;
    return format;
}

static void pad(const struct output *o, size_t n)
{
    while (n--)
        o->put(o->to, ' ', GDB_PADDING);
}

static void put_text(const struct output *o, const struct conversion *c, const char *text,
                     size_t n)
{
    size_t blanks = c->width > n ? c->width - n : 0;
    if (!c->left)
        pad(o, blanks);
    while (n--)
        o->put(o->to, *text++, GDB_ARGUMENT);
    if (c->left)
        pad(o, blanks);
}

enum { DIGITS = 32 };

/* Digits and what stands before them, up to the end of a buffer of DIGITS; where they start. */
static char *write_number(char *end, const struct conversion *c, uint64_t value, char type)
{
    char *start = end;
    bool negative = type == 'd' && (int64_t)value < 0;
    unsigned base = type == 'd' || type == 'u' ? 10 : 16;
    size_t width = c->zero && c->width < DIGITS ? c->width - negative : 0;
    if (negative)
        value = -value;
    do {
        *--start = gdb_hex_digit(value % base);
        value /= base;
    } while (value || (size_t)(end - start) < width);
    if (negative)
        *--start = '-';
    if (type == 'p') {
        *--start = 'x';
        *--start = '0';
    }
    return start;
}

/* The next argument, as wide as it gets: pointers as their address, integers with their sign. */
static uint64_t fetch(const struct conversion *c, char type, va_list *arguments)
{
    if (type == 's' || type == 'p')
        return (uintptr_t)va_arg(*arguments, void *);
    if (c->longs > 1)
        return va_arg(*arguments, long long);
    long value = c->longs ? va_arg(*arguments, long) : va_arg(*arguments, int);
    if (type == 'd')
        return value;
    return c->longs ? (unsigned long)value : (unsigned)value;
}

static void convert(const struct output *o, const struct conversion *c, char type,
                    va_list *arguments)
{
    char digits[DIGITS];
    const char *text = digits;
    size_t n = 1;
    uint64_t value = type == '%' ? '%' : fetch(c, type, arguments);
    if (type == 's') {
        text = value ? (const char *)(uintptr_t)value : "(null)";
        n = strlen(text);
    } else if (type == 'c' || type == '%') {
        digits[0] = value;
    } else {
        text = write_number(digits + DIGITS, c, value, type);
        n = digits + DIGITS - text;
    }
    put_text(o, c, text, n);
}

void gdb_format(gdb_put *put, void *to, const char *format, va_list *arguments)
{
    const struct output o = {put, to};
    for (; *format; format++) {
        struct conversion c;
        if (*format != '%') {
            put(to, *format, GDB_LITERAL);
            continue;
        }
        format = parse(format + 1, &c);
        if (!*format)
            return;
        convert(&o, &c, *format, arguments);
    }
}

struct bounded {
    char *next, *last;
};

static void put_bounded(void *to, char c, enum gdb_origin from)
{
    struct bounded *text = to;
    (void)from;
    if (text->next < text->last)
        *text->next++ = c;
}

size_t gdb_sprint(char *text, size_t size, const char *format, ...)
{
    struct bounded to = {text, text + size - 1};
    va_list arguments;
    va_start(arguments, format);
    gdb_format(put_bounded, &to, format, &arguments);
    va_end(arguments);
    *to.next = '\0';
    return (size_t)(to.next - text);
}
