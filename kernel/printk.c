/* printk.c: format, log, console. */
#include "printk.h"

#include "console.h"
#include "cpu/instructions.h"
#include "format.h"
#include "log.h"

#define LINE_MAX 512

void vprintk(const char *format, va_list arguments)
{
    char text[LINE_MAX];
    size_t n = format_text(text, sizeof(text), format, arguments);
    bool enabled = interrupts_save(); /* a handler that prints does not come between */

    log_write(text, n);
    console_write(text, n);
    interrupts_restore(enabled);
}

void printk(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vprintk(format, arguments);
    va_end(arguments);
}
