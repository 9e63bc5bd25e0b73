/* report.h: what a check has found wrong, and how much it has looked at. */
#ifndef ELFCHECK_REPORT_H
#define ELFCHECK_REPORT_H

#include <stddef.h>

struct report {
    unsigned failures;
    char why[4096];     /* of the first of them */
    char covered[1024]; /* "1200 addresses, ..." */
};

#define PRINTF(n, first) __attribute__((format(printf, n, first)))

void report_failure(struct report *report, const char *format, ...) PRINTF(2, 3);
void report_covered(struct report *report, const char *format, ...) PRINTF(2, 3);

/* Nothing can be checked without it: a line on stderr, and the end. */
_Noreturn void give_up(const char *format, ...) PRINTF(1, 2);

#endif
