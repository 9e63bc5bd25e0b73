/* debug_core.h: what the debugger needs to know of this machine's memory for a core file. */
#ifndef KERNEL_DEBUG_CORE_H
#define KERNEL_DEBUG_CORE_H

#include <stdbool.h>
#include <stdint.h>

struct boot_info;
struct debugger_range;

/* Before that there is no RAM. */
void debug_core_init(const struct boot_info *boot);

/* debugger_config.next_ram and .core_memory: a bit for each page of 512 MiB. */
bool debug_next_ram(uint64_t from, struct debugger_range *ram);
extern uint64_t debug_core_memory[0x800];

#endif
