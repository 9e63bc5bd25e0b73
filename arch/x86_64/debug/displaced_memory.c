/* displaced_memory.c: see displaced_memory.h. */
#include "displaced_memory.h"

#include "debugreg.h"
#include "guarded.h"

/* The program's own rights are in force, but for those that ring 0 can do without. */
static bool load(void *context, uint64_t address, unsigned size, uint64_t *value)
{
    (void)context;
    return !debugreg_data_hits(address, size, false) && guarded_load(address, size, value);
}

static bool store(void *context, uint64_t address, unsigned size, uint64_t value)
{
    const struct own_stack *own = context;

    if (debugreg_data_hits(address, size, true) ||
        (address < own->high && own->low < address + size))
        return false;
    return guarded_store(address, size, value);
}

struct emulate_memory displaced_memory(struct own_stack *own)
{
    return (struct emulate_memory){.context = own, .load = load, .store = store};
}
