/* printk.c: format, log, console. */
#include "printk.h"

#include "console.h"
#include "format.h"
#include "log.h"
#include "spinlock.h"

#define LINE_MAX 512

static struct spinlock console_lock = SPINLOCK("console_lock");
static bool last_words;

static void say(const char *text, size_t n)
{
    log_write(text, n);
    console_write(text, n);
}

void vprintk(const char *format, va_list arguments)
{
    char text[LINE_MAX];
    size_t n = format_text(text, sizeof(text), format, arguments);

    if (last_words) {
        say(text, n);
        return;
    }

    bool enabled = spin_lock(&console_lock); /* nor does a handler that prints come between */

    say(text, n);
    spin_unlock(&console_lock, enabled);
}

void printk_last_words(void)
{
    last_words = true;
}

void printk_stopped(const char *text, size_t n)
{
    say(text, n);
}

void printk(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vprintk(format, arguments);
    va_end(arguments);
}
