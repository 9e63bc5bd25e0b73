/* format.c: numbers and strings to text. What it does not know it prints as it stands. */
#include "format.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct output {
    char *text;
    size_t length, size;
};

struct specification {
    bool left, zero;
    unsigned width;
    size_t precision;  /* of strings */
    unsigned longness; /* 0 int, 1 and up 64 bits */
};

static void put(struct output *o, char c)
{
    if (o->length + 1 < o->size)
        o->text[o->length++] = c;
}

static void fill(struct output *o, char c, size_t from, size_t to)
{
    for (; from < to; from++)
        put(o, c);
}

/* text in its field; with '0' the zeroes go between the sign and the digits. */
static void put_field(struct output *o, const struct specification *s, const char *text, size_t n)
{
    if (!s->left && s->zero && n > 0 && *text == '-') {
        put(o, '-');
        fill(o, '0', n, s->width);
        text++;
        n--;
    } else if (!s->left) {
        fill(o, s->zero ? '0' : ' ', n, s->width);
    }
    for (size_t i = 0; i < n; i++)
        put(o, text[i]);
    if (s->left)
        fill(o, ' ', n, s->width);
}

static void put_number(struct output *o, const struct specification *s, uint64_t value,
                       unsigned base, bool negative)
{
    char digits[24];
    char *first = digits + sizeof(digits);

    do {
        *--first = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (negative)
        *--first = '-';
    put_field(o, s, first, digits + sizeof(digits) - first);
}

static void put_string(struct output *o, const struct specification *s, const char *text)
{
    size_t length = 0;

    if (text == NULL)
        text = "(null)";
    while (length < s->precision && text[length] != '\0')
        length++;
    put_field(o, s, text, length);
}

static unsigned read_digits(const char **format)
{
    unsigned value = 0;

    while (**format >= '0' && **format <= '9')
        value = value * 10 + (unsigned)(*(*format)++ - '0');
    return value;
}

static struct specification read_specification(const char **format, va_list *arguments)
{
    struct specification s = {.precision = SIZE_MAX};

    for (; **format == '-' || **format == '0'; (*format)++) {
        s.left |= **format == '-';
        s.zero |= **format == '0';
    }
    s.width = read_digits(format);
    if (**format == '.') {
        (*format)++;
        if (**format == '*') {
            (*format)++;
            s.precision = (size_t)va_arg(*arguments, int);
        } else {
            s.precision = read_digits(format);
        }
    }
    for (; **format == 'l' || **format == 'z'; (*format)++)
        s.longness++;
    return s;
}

static void put_signed(struct output *o, const struct specification *s, va_list *arguments)
{
    int64_t value = s->longness ? va_arg(*arguments, int64_t) : va_arg(*arguments, int);

    put_number(o, s, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0);
}

static void put_unsigned(struct output *o, const struct specification *s, va_list *arguments,
                         unsigned base)
{
    uint64_t value = s->longness ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned);

    put_number(o, s, value, base, false);
}

/* A pointer always has all its digits: 0xffffffff80100000. */
static void put_pointer(struct output *o, const void *pointer)
{
    const struct specification s = {.zero = true, .width = 16};

    put(o, '0');
    put(o, 'x');
    put_number(o, &s, (uint64_t)pointer, 16, false);
}

static void put_conversion(struct output *o, const char **format, va_list *arguments)
{
    const char *start = *format;
    struct specification s = read_specification(format, arguments);
    char c;

    switch (**format) {
    case 's':
        put_string(o, &s, va_arg(*arguments, const char *));
        break;
    case 'c':
        c = (char)va_arg(*arguments, int);
        put_field(o, &s, &c, 1);
        break;
    case 'd':
    case 'i':
        put_signed(o, &s, arguments);
        break;
    case 'u':
        put_unsigned(o, &s, arguments, 10);
        break;
    case 'x':
        put_unsigned(o, &s, arguments, 16);
        break;
    case 'p':
        put_pointer(o, va_arg(*arguments, const void *));
        break;
    case '%':
        put(o, '%');
        break;
    default:
        put(o, '%');
        *format = start;
        return;
    }
    (*format)++;
}

size_t format_text(char *out, size_t size, const char *format, va_list arguments)
{
    struct output o = {.text = out, .size = size};
    va_list rest;

    va_copy(rest, arguments);
    while (*format != '\0') {
        if (*format != '%') {
            put(&o, *format++);
            continue;
        }
        format++;
        put_conversion(&o, &format, &rest);
    }
    va_end(rest);
    out[o.length] = '\0';
    return o.length;
}
