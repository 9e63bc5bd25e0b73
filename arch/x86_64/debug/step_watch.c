/* step_watch.c: see step_watch.h. */
#include "step_watch.h"

#include "debugreg.h"
#include "emulate.h"
#include "insn.h"
#include "safe_copy.h"
#include "step_emulate.h"

/* What an instruction would do to memory. */
struct probe {
    unsigned hits; /* registers, a bit each */
    bool is_near;  /* to a page that is watched */
};

static void look(struct probe *probe, uint64_t address, unsigned size, bool write)
{
    probe->is_near |= debugreg_is_near(address, size);
    probe->hits |= debugreg_data_hits(address, size, write);
}

/* A device is not to be read twice, and no value is of interest. */
static bool load(void *context, uint64_t address, unsigned size, uint64_t *value)
{
    look(context, address, size, false);
    *value = 0;
    return true;
}

static bool store(void *context, uint64_t address, unsigned size, uint64_t value)
{
    (void)value;
    look(context, address, size, true);
    return true;
}

/* Of what emulate.h does not know only a change is seen. */
void step_watch_begin(struct step *step, const struct trap_frame *frame)
{
    struct trap_frame copy = *frame;
    struct probe probe = {0};
    uint64_t below = frame->rsp - DEBUGREG_WAY_STACK;
    const struct emulate_memory memory = {.context = &probe, .load = load, .store = store};
    uint8_t bytes[INSN_LENGTH_MAX + 1];

    step->unwatched = false;
    if (frame_cpl(frame) != 0 || !debugreg_is_near(below, DEBUGREG_WAY_STACK))
        return;
    step->foreseen = emulate(&copy, bytes, safe_read(bytes, frame->rip, sizeof(bytes)), &memory);
    step->hits = (uint8_t)probe.hits;
    step->unwatched = !step->foreseen || probe.is_near ||
                      debugreg_data_hits(below, DEBUGREG_WAY_STACK, true);
}

bool step_watch_is_off(const struct step *step)
{
    return step->phase == STEP_ARMED && step->unwatched;
}

/* What lies below rsp now may have been changed by the trap itself. */
uint64_t step_watch_hits(const struct step *step, const struct trap_frame *frame)
{
    if (!step_watch_is_off(step))
        return 0;
    return step->foreseen ? step->hits : debugreg_changed(frame->rsp);
}
