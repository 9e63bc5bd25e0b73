/* agent_view.c: see agent_view.h. Everything is read with care. */
#include "agent_view.h"

#include <string.h>

#include "displaced.h"
#include "registers.h"
#include "safe_copy.h"

static bool is_fpu(unsigned regnum)
{
    return register_homes[regnum].place == PLACE_FPU || register_homes[regnum].place == PLACE_FTAG;
}

bool view_raw_register(void *context, unsigned regnum, uint8_t *out)
{
    struct agent_view *view = context;

    if (regnum >= register_machine.register_count)
        return false;
    if (is_fpu(regnum)) {
        view->cpu->fpu.valid &= view->fpu_is_new;
        view->fpu_is_new = true;
    } else if (register_homes[regnum].place != PLACE_FRAME && !view->saved) {
        registers_save(view->cpu);
        view->saved = true;
    }
    return register_read(view->cpu, regnum, out);
}

bool view_register(void *context, unsigned regnum, uint64_t *value)
{
    uint8_t bytes[sizeof(*value)] = {0};

    if (regnum >= register_machine.register_count ||
        register_machine.registers[regnum].bits > 8 * sizeof(*value) ||
        !view_raw_register(context, regnum, bytes))
        return false;
    memcpy(value, bytes, sizeof(bytes));
    return true;
}

bool view_memory(void *context, uint64_t address, void *out, size_t n)
{
    (void)context;
    return safe_read(out, address, n) == n;
}

size_t view_copy(void *context, uint64_t address, void *out, size_t n)
{
    (void)context;
    n = safe_read(out, address, n);
    displaced_hide(address, out, n);
    return n;
}
