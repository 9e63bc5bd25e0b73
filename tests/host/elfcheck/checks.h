/*
 * checks.h: the checks of a built kernel. Each knows only what the file says of itself: its
 * symbols, its DWARF and its code; so that what is added to the kernel is covered without a word.
 */
#ifndef ELFCHECK_CHECKS_H
#define ELFCHECK_CHECKS_H

#include "debug_info.h"
#include "image.h"
#include "report.h"
#include "types.h"

struct subject {
    struct image image;
    struct dwarf dwarf;
    struct types types;
};

void subject_open(struct subject *subject, uint8_t *bytes, size_t size);
void subject_close(struct subject *subject);

struct check {
    const char *name;
    void (*run)(struct subject *subject, struct report *report);
};

extern const struct check checks[];
extern const size_t check_count;

/* A client breaks where a line begins: an int3 in the middle of an instruction spoils it. */
void check_lines(struct subject *subject, struct report *report);
/* What is written is not run. */
void check_segments(struct subject *subject, struct report *report);
/* Guarded instructions and their fixups. */
void check_exception_table(struct subject *subject, struct report *report);

/* Offsets that assembly, the processor and tables rely on. */
void check_layout(struct subject *subject, struct report *report);
/* The CFI of all assembly. */
void check_unwind(struct subject *subject, struct report *report);
/* The debugger calls nothing but itself and its hooks, and leaves floating point alone. */
void check_calls(struct subject *subject, struct report *report);
/* From an exception to the debugger, nothing can be broken in. */
void check_entry(struct subject *subject, struct report *report);

#endif
