/*
 * step_world.h: a machine to step in: memory with code, stacks and the processor's tables at fixed
 * places, and a small processor that executes a few instructions by the manual and knows nothing
 * of plans.
 */
#ifndef HOST_STEP_WORLD_H
#define HOST_STEP_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "step_plan.h"

#define TF    0x100ull
#define IF    0x200ull
#define IOPL  0x3000ull
#define NT    0x4000ull
#define RF    0x10000ull
#define CARRY 0x1ull

/* Offsets in its memory, which is the only one there is. */
#define BASE 0xffff800000000000ull
enum {
    GDT = 0x000,
    TSS = 0x100,
    IDT = 0x200,
    CODE = 0x1400,
    DATA = 0x1500,
    STACK = 0x1800, /* grows down; so do the ones below */
    KERNEL_STACK = 0x1a00,
    IST3 = 0x1c00,
    SIZE = 0x2000,
};
enum {
    KERNEL_CS = 0x08,
    KERNEL_DS = 0x10,
    USER_CS32 = 0x18,
    USER_DS = 0x20,
    USER_CS = 0x28,
    TASK = 0x30,
    READ_ONLY_DS = 0x40,
    CONFORMING_CS = 0x48,
    ABSENT_DS = 0x50,
};
#define HANDLER 0xffffffff80123456ull
#define ENTRY   0xffffffff80200000ull
#define NOWHERE 0xdead0000ull

struct world {
    struct trap_frame frame;
    uint64_t star, lstar, fmask, efer;
    uint16_t idt_limit;
    bool read_only, no_execute;
    uint8_t memory[SIZE];
};

/* Ready to run n bytes of code in ring 0 or 3: 64-bit segments, a stack, eax with ss's value. */
struct world world_new(const char *code, size_t n, unsigned cpl);
/* A gate to HANDLER; access is P, DPL and type. */
void world_set_gate(struct world *w, unsigned vector, unsigned access, unsigned ist);
void world_put64(struct world *w, unsigned offset, uint64_t value);
uint64_t world_get64(const struct world *w, uint64_t address);
struct step_machine world_machine(struct world *w);

/* Execute one instruction. False: it faults, nothing has changed. */
bool world_execute(struct world *w);

#endif
