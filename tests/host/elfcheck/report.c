/* report.c: words are collected, so that a test can look for them. */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_TOLD 8

static void append(char *text, size_t size, const char *separator, const char *more)
{
    size_t used = strlen(text);

    snprintf(text + used, size - used, "%s%s", used ? separator : "", more);
}

void report_failure(struct report *report, const char *format, ...)
{
    char line[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (report->failures++ < REPORT_TOLD)
        append(report->why, sizeof(report->why), "; ", line);
}

void report_covered(struct report *report, const char *format, ...)
{
    char line[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    append(report->covered, sizeof(report->covered), ", ", line);
}

_Noreturn void give_up(const char *format, ...)
{
    va_list arguments;

    fputs("elfcheck: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}
