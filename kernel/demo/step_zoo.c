/* step_zoo.c: runs the functions of step_zoo.S, and is the handler that three of them need. */
#include "step_zoo.h"

#include <stddef.h>
#include <stdint.h>

#include "cpu/trap.h"
#include "panic.h"
#include "step_zoo_asm.h"

#define FLAG_TF 0x100u /* Intel SDM vol. 1, 3.4.3 "EFLAGS Register" */
#define FLAG_IF 0x200u

uint64_t zoo_pushf(void), zoo_pushfw(void), zoo_popf(void), zoo_popfw(void), zoo_cli_sti(void);
uint64_t zoo_sti_hlt(void), zoo_iret(void), zoo_mov_ss(void), zoo_int(void);
uint64_t zoo_trap(void);
uint64_t zoo_rep(const void *from, void *to, size_t n);
uint64_t zoo_lock(uint64_t *counter);
extern const uint8_t zoo_trapped[], zoo_trapped_end[];

static uint64_t handler_complaint;
static unsigned traps;

static uint64_t zoo_strings(void)
{
    static const char from[] = "rep, repe";
    char to[sizeof(from)];
    uint64_t complaint = zoo_rep(from, to, sizeof(to));

    for (size_t i = 0; i < sizeof(to); i++)
        complaint |= to[i] == 0x5a ? 0 : ZOO_WRONG;
    return complaint;
}

static uint64_t zoo_counter(void)
{
    static uint64_t counter;

    return zoo_lock(&counter);
}

static uint64_t zoo_own_trap(void)
{
    traps = 0;

    uint64_t complaint = zoo_trap();

    return complaint | (traps == ZOO_TRAPS ? 0 : ZOO_WRONG);
}

static const struct {
    const char *name;
    uint64_t (*run)(void);
} animals[] = {
    {"pushf", zoo_pushf},     {"pushfw", zoo_pushfw},   {"popf", zoo_popf},
    {"popfw", zoo_popfw},     {"cli, sti", zoo_cli_sti}, {"sti; hlt", zoo_sti_hlt},
    {"iret", zoo_iret},       {"mov ss", zoo_mov_ss},   {"int n", zoo_int},
    {"rep", zoo_strings},     {"lock", zoo_counter},
    {"popf that sets TF", zoo_own_trap},
};

void step_zoo_turn(void)
{
    for (size_t i = 0; i < sizeof(animals) / sizeof(animals[0]); i++) {
        uint64_t complaint = animals[i].run() | handler_complaint;

        if (complaint != 0)
            panic("zoo: %s:%s%s%s%s", animals[i].name,
                  complaint & ZOO_TRAP_FLAG ? " the trap flag is not as it was;" : "",
                  complaint & ZOO_IF_LOST ? " interrupts are off;" : "",
                  complaint & ZOO_IF_GAINED ? " interrupts are on;" : "",
                  complaint & ZOO_WRONG ? " it did not do its work;" : "");
    }
}

/* int n: what the processor has pushed. */
static void count_interrupt(struct trap_frame *frame)
{
    frame->rbx++;
    handler_complaint |= frame->rflags & FLAG_TF ? ZOO_TRAP_FLAG : 0;
    handler_complaint |= frame->rflags & FLAG_IF ? 0 : ZOO_IF_LOST;
}

/* #DB between the two popf is the zoo's own; TF stays set in the frame. */
static bool count_trap(struct trap_frame *frame)
{
    if (frame->rip <= (uint64_t)zoo_trapped || frame->rip > (uint64_t)zoo_trapped_end)
        return false;
    traps++;
    return true;
}

void step_zoo_init(void)
{
    trap_on_interrupt(ZOO_VECTOR, count_interrupt);
    trap_on_exception(VECTOR_DEBUG, count_trap);
}
