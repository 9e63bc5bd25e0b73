/* debug_core.c: see debug_core.h. */
#include "debug_core.h"

#include <stddef.h>

#include "debugger.h"
#include "memory_map.h"

uint64_t debug_core_memory[0x800];

static const struct boot_info *info;

void debug_core_init(const struct boot_info *boot)
{
    info = boot;
}

bool debug_next_ram(uint64_t from, struct debugger_range *ram)
{
    struct memory_range range;

    if (info == NULL || !memory_next_ram(info, from, &range))
        return false;
    *ram = (struct debugger_range){.start = range.start, .end = range.end};
    return true;
}
