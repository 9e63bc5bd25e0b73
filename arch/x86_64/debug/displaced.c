/* displaced.c: slots, and the way into one and back. */
#include "displaced.h"

#include <string.h>

#include "displaced_copy.h"
#include "displaced_memory.h"
#include "displaced_slots.h"
#include "insn.h"
#include "page_walk.h"
#include "processor.h"
#include "safe_copy.h"
#include "seat.h"
#include "space.h"
#include "step_aside.h"
#include "trace_walk.h"

#define INT3 0xcc

extern const uint8_t displaced_slots[DISPLACED_SLOTS][DISPLACED_SLOT_SIZE];

/* What is in them: whose instruction, as it was when it was copied. length 0: nothing. */
static struct slot {
    uint64_t address;
    uint8_t bytes[INSN_LENGTH_MAX];
    uint8_t length;
    bool spare; /* it is emulated, unless that fails */
} slots[DISPLACED_SLOTS];
static bool filled; /* one of them, at some time */

static struct slot *slot_of(uint64_t address)
{
    for (unsigned i = 0; i < DISPLACED_SLOTS; i++) {
        if (slots[i].length && slots[i].address == address)
            return &slots[i];
    }
    return NULL;
}

static uint64_t place_of(const struct slot *slot)
{
    return (uint64_t)displaced_slots[slot - slots];
}

/* ---- filling them ---- */

/* Clients take their breakpoints out at each stop: what they have let go of is kept for long. */
static bool is_free(const struct slot *slot)
{
    return !slot->length || !breakpoint_at(SPACE_KERNEL, slot->address);
}

static bool is_spare(const struct slot *slot)
{
    return slot->spare;
}

static struct slot *next_that(bool (*is_so)(const struct slot *slot))
{
    static unsigned next;

    for (unsigned i = 0; i < DISPLACED_SLOTS; i++) {
        struct slot *slot = &slots[next++ % DISPLACED_SLOTS];

        if (is_so(slot))
            return slot;
    }
    return NULL;
}

static struct slot *slot_for(uint64_t address, bool spare)
{
    struct slot *slot = slot_of(address);

    if (!slot)
        slot = next_that(is_free);
    if (!slot && !spare)
        slot = next_that(is_spare);
    return slot;
}

static void fill(struct slot *slot, const struct insn *insn)
{
    uint8_t code[DISPLACED_SLOT_SIZE];
    uint64_t place = place_of(slot);

    slot->length = 0;
    memset(code, INT3, sizeof(code));
    if (!displaced_copy(code, insn, place) ||
        safe_write(place, code, sizeof(code)) != sizeof(code))
        return;
    slot->address = insn->address;
    memcpy(slot->bytes, insn->bytes, insn->length);
    slot->length = insn->length;
    filled = true;
}

void displaced_prepare(const struct software_breakpoint *b)
{
    uint8_t bytes[INSN_LENGTH_MAX];
    struct insn insn;
    struct slot *slot;

    if (b->space != SPACE_KERNEL || !insn_available())
        return;

    size_t n = safe_read(bytes, b->address, sizeof(bytes));

    slot = slot_of(b->address);
    if (slot && n >= slot->length && !memcmp(slot->bytes, bytes, slot->length))
        return;
    if (!insn_decode(&insn, bytes, n, b->address))
        return;

    bool spare = emulate_knows(bytes, n);

    slot = slot_for(b->address, spare);
    if (!slot)
        return;
    fill(slot, &insn);
    slot->spare = spare;
}

static void hide(uint64_t start, uint64_t address, uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (address + i - start < sizeof(displaced_slots))
            bytes[i] = INT3;
    }
}

void displaced_hide(uint64_t address, uint8_t *bytes, size_t n)
{
    uint64_t start = (uint64_t)displaced_slots;

    if (address + n > start && address < start + sizeof(displaced_slots))
        hide(start, address, bytes, n);
}

void displaced_hide_all(uint64_t space, uint64_t address, uint8_t *bytes, size_t n)
{
    uint64_t root = space == SPACE_KERNEL ? read_cr3() : space, start;
    struct walked_page page;

    displaced_hide(address, bytes, n);
    if (!filled || !debugger_settings.physical_memory ||
        !page_walk(read_cr3(), (uint64_t)displaced_slots, &page))
        return;
    start = page.physical + ((uint64_t)displaced_slots - page.region.start);
    while (n && page_walk(root, address, &page) && page.region.mapped) {
        uint64_t rest = page.region.last - address;
        size_t here = rest < n ? rest + 1 : n;

        hide(start, page.physical + (address - page.region.start), bytes, here);
        address += here;
        bytes += here;
        n -= here;
    }
}

/* ---- past a breakpoint ---- */

/* The instruction as it is without the breakpoint. */
static size_t code_under(const struct software_breakpoint *b, uint8_t *bytes)
{
    size_t n = safe_read(bytes, b->address, INSN_LENGTH_MAX);

    bytes[0] = b->original;
    return n;
}

static void emulate_and_leave(struct debugger_cpu *cpu, const struct trap_frame *frame,
                              const uint8_t *bytes, size_t n)
{
    struct own_stack own = {(uint64_t)__builtin_frame_address(0) - 1024, (uint64_t)&frame->rip};
    const struct emulate_memory memory = displaced_memory(&own);
    uint64_t cr2 = read_cr2();

    cpu->frame = *frame;
    if (emulate(&cpu->frame, bytes, n, &memory)) {
        trace_walk_stepped(cpu, &cpu->frame);
        trace_walk_on(cpu, frame);
    }
    if (read_cr2() != cr2)
        write_cr2(cr2);
}

static bool enter_slot(struct debugger_cpu *cpu, struct trap_frame *frame, const uint8_t *bytes,
                       size_t n)
{
    struct slot *slot = slot_of(frame->rip);

    if (!slot || n < slot->length || memcmp(slot->bytes, bytes, slot->length) != 0)
        return false;
    cpu->displaced = (struct displaced){
        .place = place_of(slot),
        .rip = frame->rip,
        .rsp = frame->rsp,
        .flags = frame->rflags & RFLAGS_IF,
        .length = slot->length,
    };
    frame->rip = cpu->displaced.place;
    frame->rflags &= ~(uint64_t)(RFLAGS_IF | RFLAGS_RF);
    return true;
}

/* With shadow stacks on, a call is more than its store. A step of the client's wants its trap. */
static bool is_plain(const struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    return !(frame->cs & 3) && !(frame->rflags & RFLAGS_TF) && cpu->step.mode == STEP_NONE &&
           cpu->step.phase == STEP_IDLE && !seat_is_mine(cpu) && !(read_cr4() & CR4_CET);
}

bool displaced_pass(struct debugger_cpu *cpu, struct trap_frame *frame,
                    const struct software_breakpoint *b)
{
    uint8_t bytes[INSN_LENGTH_MAX];
    size_t n = code_under(b, bytes);

    if (b->space != SPACE_KERNEL || !is_plain(cpu, frame))
        return false;
    emulate_and_leave(cpu, frame, bytes, n);
    return enter_slot(cpu, frame, bytes, n);
}

bool displaced_under_way(const struct debugger_cpu *cpu)
{
    return cpu->displaced.length != 0;
}

/* What it has raised may be resolved, and then it is tried again: being hit is the same hit. */
static void put_aside(struct debugger_cpu *cpu)
{
    cpu->step.mode = STEP_OVER;
    cpu->step.phase = STEP_AGAIN;
    cpu->step.user = false;
    cpu->step.lifted_at = cpu->displaced.rip;
    cpu->step.lifted_space = SPACE_KERNEL;
    cpu->step.rsp = cpu->displaced.rsp;
    step_put_aside(cpu);
}

/* Elsewhere than in its slot it is only on its way to us, in the entry of the exception. */
bool displaced_ended(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    struct displaced *d = &cpu->displaced;
    uint64_t offset = frame->rip - d->place;

    if (!d->length || offset > d->length + 1u)
        return false;
    frame->rip = d->rip + (offset ? d->length : 0);
    frame->rflags |= d->flags;
    if (offset == 0)
        put_aside(cpu);

    bool back = offset > d->length && frame->vector == VECTOR_BREAKPOINT;

    d->length = 0;
    if (offset)
        trace_walk_stepped(cpu, frame);
    return back;
}
