/* displaced_memory.c: see displaced_memory.h. */
#include "displaced_memory.h"

#include "debugreg.h"
#include "guarded.h"

static bool is_watched(uint64_t address, unsigned size)
{
    const struct debugreg_piece *piece;

    for (unsigned n = 0; (piece = debugreg_piece(n)) != NULL; n++) {
        if (debugreg_nth(piece->request)->what.type != GDB_BREAK_HARDWARE &&
            address < piece->address + piece->size && piece->address < address + size)
            return true;
    }
    return false;
}

/* The program's own rights are in force, but for those that ring 0 can do without. */
static bool load(void *context, uint64_t address, unsigned size, uint64_t *value)
{
    (void)context;
    return !is_watched(address, size) && guarded_load(address, size, value);
}

static bool store(void *context, uint64_t address, unsigned size, uint64_t value)
{
    const struct own_stack *own = context;

    if (is_watched(address, size) || (address < own->high && own->low < address + size))
        return false;
    return guarded_store(address, size, value);
}

struct emulate_memory displaced_memory(struct own_stack *own)
{
    return (struct emulate_memory){.context = own, .load = load, .store = store};
}
