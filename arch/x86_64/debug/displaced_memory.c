/* displaced_memory.c: see displaced_memory.h. */
#include "displaced_memory.h"

#include "debugreg.h"
#include "guard.h"

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

#define LOAD(suffix, modifier)                                                                     \
    __asm__ goto(GUARDED("mov" suffix " (%1), %" modifier "0", fault)                              \
                 : "=r"(*value)                                                                    \
                 : "r"(address)                                                                    \
                 : "memory"                                                                        \
                 : fault)

/* The program's own rights are in force, but for those that ring 0 can do without. */
static bool load(void *context, uint64_t address, unsigned size, uint64_t *value)
{
    (void)context;
    if (is_watched(address, size))
        return false;
    switch (size) {
    case 1:
        LOAD("zbl", "k");
        return true;
    case 2:
        LOAD("zwl", "k");
        return true;
    case 4:
        LOAD("l", "k");
        return true;
    default:
        LOAD("q", "");
        return true;
    }
fault:
    return false;
}

#define STORE(suffix, modifier)                                                                    \
    __asm__ goto(GUARDED("mov" suffix " %" modifier "1, (%0)", fault)                              \
                 :                                                                                 \
                 : "r"(address), "r"(value)                                                        \
                 : "memory"                                                                        \
                 : fault)

static bool store(void *context, uint64_t address, unsigned size, uint64_t value)
{
    const struct own_stack *own = context;

    if (is_watched(address, size) || (address < own->high && own->low < address + size))
        return false;
    switch (size) {
    case 1:
        STORE("b", "b");
        return true;
    case 2:
        STORE("w", "w");
        return true;
    case 4:
        STORE("l", "k");
        return true;
    default:
        STORE("q", "");
        return true;
    }
fault:
    return false;
}

struct emulate_memory displaced_memory(struct own_stack *own)
{
    return (struct emulate_memory){.context = own, .load = load, .store = store};
}
