/* features.h: what this processor can do, and switching it on. */
#ifndef KERNEL_FEATURES_H
#define KERNEL_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

struct cpu_features {
    char brand[49]; /* "" if the processor does not say */
    bool nx;        /* pages can be non-executable */
    bool smep;      /* the kernel cannot execute user pages */
    bool smap;      /* ... nor touch them by mistake */
    bool pages_1g;
    bool apic;
};
extern struct cpu_features cpu_features;

/* The same as cpu_features.smap, for trap.S. */
extern uint8_t cpu_has_smap;

/* Fill in cpu_features. */
void features_detect(void);

/*
 * Control registers as the kernel wants them: write protection also for ring 0, no-execute, SMEP,
 * SMAP, debug extensions, machine checks, and a clean FPU, which the kernel itself never uses.
 */
void features_enable(void);

/* One line in the log. */
void features_print(void);

#endif
