/*
 * format.h: printf's language, as much of it as the kernel speaks:
 * %s %c %d %i %u %x %p %%, with l, ll and z, a width, '0', '-' and for %s a precision.
 */
#ifndef KERNEL_FORMAT_H
#define KERNEL_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Write the text to out, cut to fit size bytes with its terminating zero. Returns the length of
 * what was written, without the zero. size must not be 0.
 */
size_t format_text(char *out, size_t size, const char *format, va_list arguments);

#endif
