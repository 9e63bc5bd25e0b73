/* step_watch.c: see step_watch.h. */
#include "step_watch.h"

#include "debugreg.h"
#include "emulate.h"
#include "insn.h"
#include "safe_copy.h"
#include "step_emulate.h"

#define PUSHED 64 /* bytes: a frame with an error code, and what its alignment leaves out */

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

/* Of what emulate.h does not know only a change is seen: of a slot in use, or it is our #DB's. */
void step_watch_begin(struct step *step, const struct trap_frame *frame)
{
    struct trap_frame copy = *frame;
    struct probe probe = {0};
    const struct emulate_memory memory = {.context = &probe, .load = load, .store = store};
    uint8_t bytes[INSN_LENGTH_MAX + 1];

    step->unwatched = false;
    if (frame_cpl(frame) != 0 || !debugreg_is_near(frame->rsp - PUSHED, PUSHED))
        return;
    step->foreseen = emulate(&copy, bytes, safe_read(bytes, frame->rip, sizeof(bytes)), &memory);
    step->hits = (uint8_t)probe.hits;
    step->unwatched = !step->foreseen || probe.is_near ||
                      debugreg_data_hits(frame->rsp - PUSHED, PUSHED, true);
}

bool step_watch_is_off(const struct step *step)
{
    return step->phase == STEP_ARMED && step->unwatched;
}

uint64_t step_watch_hits(const struct step *step)
{
    if (!step_watch_is_off(step))
        return 0;
    return step->foreseen ? step->hits : debugreg_changed(step->rsp);
}
