/* layout.h: the parts of check_layout.c. */
#ifndef ELFCHECK_LAYOUT_H
#define ELFCHECK_LAYOUT_H

#include "checks.h"

/* What the processor reads: the task state segment, gates, the FXSAVE image. */
void check_hardware(const struct subject *subject, struct report *report);
/* The rows of the stub's register table, against the structures that they lie in. */
void check_register_table(const struct subject *subject, struct report *report);

#endif
