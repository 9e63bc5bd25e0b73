/* printk.h: say something: into the log, and onto the console when there is one. */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include <stdarg.h>
#include <stddef.h>

/* One call, one piece of text of at most 511 bytes, never mixed with another's. See format.h. */
void printk(const char *format, ...) __attribute__((format(printf, 1, 2)));
void vprintk(const char *format, va_list arguments);

/* Whoever holds the console's lock will not release it any more: print without. */
void printk_last_words(void);

/* The same for a piece of text of any length, while a debugger has stopped everybody else. */
void printk_stopped(const char *text, size_t n);

#endif
