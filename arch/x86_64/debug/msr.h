/* msr.h: model-specific registers that the processor may not have, or not take a value for. */
#ifndef TRAPLINE_MSR_H
#define TRAPLINE_MSR_H

#include <stdbool.h>
#include <stdint.h>

/* False: it faults, and nothing was read or written. */
bool msr_read(uint32_t msr, uint64_t *value);
bool msr_write(uint32_t msr, uint64_t value);

#endif
