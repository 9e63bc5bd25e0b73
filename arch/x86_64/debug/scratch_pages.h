/* scratch_pages.h: who has which pages of the configuration's scratch memory. See target.h. */
#ifndef DEBUGGER_SCRATCH_PAGES_H
#define DEBUGGER_SCRATCH_PAGES_H

#include <stdbool.h>
#include <stdint.h>

uint64_t scratch_allocate(void *context, uint64_t size, bool executable);
bool scratch_release(void *context, uint64_t address);

/* All of it is free again. */
void scratch_forget(void);

#endif
