/*
 * registers.c: reading and writing what register_table.c describes.
 */
#include "registers.h"

#include <string.h>

#include "fpu.h"
#include "guard.h"
#include "msr.h"
#include "processor.h"

/* An entry that executed swapgs has exchanged the two: the client sees the debuggee's view. */
static uint32_t msr_of(const struct debugger_cpu *cpu, enum system_register which)
{
    bool swapped = cpu->frame.entry_flags & FRAME_SWAPGS;

    if (which == SYSTEM_FS_BASE)
        return MSR_FS_BASE;
    if (which == SYSTEM_EFER)
        return MSR_EFER;
    return (which == SYSTEM_GS_BASE) != swapped ? MSR_GS_BASE : MSR_KERNEL_GS_BASE;
}

static uint64_t read_system(const struct debugger_cpu *cpu, enum system_register which)
{
    switch (which) {
    case SYSTEM_CR0:
        return read_cr0();
    case SYSTEM_CR2:
        return read_cr2();
    case SYSTEM_CR3:
        return read_cr3();
    case SYSTEM_CR4:
        return read_cr4();
    case SYSTEM_CR8:
        return read_cr8();
    case SYSTEM_DR0:
    case SYSTEM_DR1:
    case SYSTEM_DR2:
    case SYSTEM_DR3:
    case SYSTEM_DR7:
        return cpu->system[which]; /* debugreg.c's */
    case SYSTEM_DR6:
        return read_dr6();
    case SYSTEM_IDTR_BASE:
        return read_idtr().base;
    case SYSTEM_IDTR_LIMIT:
        return read_idtr().limit;
    case SYSTEM_GDTR_BASE:
        return read_gdtr().base;
    case SYSTEM_GDTR_LIMIT:
        return read_gdtr().limit;
    default:
        return read_msr(msr_of(cpu, which));
    }
}

#define WRITE_GUARDED(name)                                                                       \
    static bool write_##name##_guarded(uint64_t value)                                            \
    {                                                                                             \
        __asm__ goto(GUARDED("movq %0, %%" #name, fault) : : "r"(value) : "memory" : fault);      \
        return true;                                                                              \
    fault:                                                                                        \
        return false;                                                                             \
    }

WRITE_GUARDED(cr0)
WRITE_GUARDED(cr4)

/* The value is one that its rule allows; the processor may still raise #GP over a reserved bit. */
static bool write_system(const struct debugger_cpu *cpu, enum system_register which,
                         uint64_t value)
{
    switch (which) {
    case SYSTEM_CR0:
        return write_cr0_guarded(value);
    case SYSTEM_CR2:
        write_cr2(value);
        return true;
    case SYSTEM_DR6:
        write_dr6(value);
        return true;
    case SYSTEM_CR4:
        return write_cr4_guarded(value);
    case SYSTEM_FS_BASE:
    case SYSTEM_GS_BASE:
    case SYSTEM_K_GS_BASE:
    case SYSTEM_EFER:
        return msr_write(msr_of(cpu, which), value);
    default:
        return read_system(cpu, which) == value;
    }
}

void registers_save(struct debugger_cpu *cpu)
{
    for (unsigned i = 0; i < SYSTEM_REGISTERS; i++) {
        if (i != SYSTEM_DR6) /* debugreg_disarm() has it */
            cpu->system[i] = read_system(cpu, i);
    }
    cpu->fpu.valid = false;
}

/*
 * CR2 is what the debugger's own faults have overwritten, and by CR8 it keeps interrupts out while
 * it waits; all else was written at once.
 */
void registers_restore(struct debugger_cpu *cpu)
{
    write_cr8(cpu->system[SYSTEM_CR8]);
    write_cr2(cpu->system[SYSTEM_CR2]);
}

static uint16_t read_selector(enum selector which)
{
    uint16_t value = 0;

    switch (which) {
    case SELECTOR_DS:
        __asm__ volatile("movw %%ds, %0" : "=r"(value));
        break;
    case SELECTOR_ES:
        __asm__ volatile("movw %%es, %0" : "=r"(value));
        break;
    case SELECTOR_FS:
        __asm__ volatile("movw %%fs, %0" : "=r"(value));
        break;
    case SELECTOR_GS:
        __asm__ volatile("movw %%gs, %0" : "=r"(value));
        break;
    }
    return value;
}

/* Up to 16 bytes of a register at its home; false if the processor does not have it now. */
static bool read_home(struct debugger_cpu *cpu, const struct register_home *home, uint8_t *out)
{
    uint16_t word;

    switch ((enum register_place)home->place) {
    case PLACE_FRAME:
        memcpy(out, (uint8_t *)&cpu->frame + home->offset, home->size);
        return true;
    case PLACE_SYSTEM:
        memcpy(out, &cpu->system[home->offset], home->size);
        return true;
    case PLACE_SELECTOR:
        word = read_selector(home->offset);
        memcpy(out, &word, sizeof(word));
        return true;
    case PLACE_FTAG:
    case PLACE_FPU:
        break;
    }

    const uint8_t *image = fpu_image(&cpu->fpu, home->offset);

    if (!image)
        return false;
    word = fpu_tag_word(image);
    memcpy(out, home->place == PLACE_FTAG ? (uint8_t *)&word : image + home->offset, home->size);
    return true;
}

bool register_read(struct debugger_cpu *cpu, unsigned regnum, uint8_t *out)
{
    memset(out, 0, register_machine.registers[regnum].bits / 8);
    return read_home(cpu, &register_homes[regnum], out);
}

static const char *write_fpu(struct debugger_cpu *cpu, const struct register_home *home,
                             const uint8_t *in)
{
    uint8_t *image = fpu_image(&cpu->fpu, home->offset);

    if (!image)
        return "the kernel has not switched this unit on (CR0.TS or EM, CR4.OSFXSR)";
    if (home->place == PLACE_FPU) {
        memcpy(image + home->offset, in, home->size);
        return fpu_commit(&cpu->fpu);
    }

    uint16_t tags = (uint16_t)(in[0] | in[1] << 8);
    uint8_t before = image[FXSAVE_FTW];

    image[FXSAVE_FTW] = fpu_abridge(tags);
    if (fpu_tag_word(image) == tags)
        return fpu_commit(&cpu->fpu);
    image[FXSAVE_FTW] = before;
    return "valid, zero and special follow from the contents: only empty (3) can be chosen";
}

static bool written(const struct debugger_cpu *cpu, enum system_register which, uint64_t value)
{
    return write_system(cpu, which, value) && read_system(cpu, which) == value;
}

/* Written at once, so that a value the processor does not take is known at once. */
static const char *write_system_register(struct debugger_cpu *cpu, enum system_register which,
                                         uint64_t value)
{
    uint64_t before = cpu->system[which];

    if (value == before)
        return NULL;
    if (which != SYSTEM_CR8 && !written(cpu, which, value)) {
        write_system(cpu, which, before);
        return "the processor does not take this value: reserved bits, or a feature it lacks";
    }
    cpu->system[which] = value;
    return NULL;
}

static const char *write_home(struct debugger_cpu *cpu, const struct register_home *home,
                              const uint8_t *in)
{
    if (home->place == PLACE_FPU || home->place == PLACE_FTAG)
        return write_fpu(cpu, home, in);

    uint64_t from = 0, to = 0;

    read_home(cpu, home, (uint8_t *)&from);
    memcpy(&to, in, home->size);

    const char *refusal = register_refusal(home->rule, from, to);

    if (refusal || home->place == PLACE_SELECTOR)
        return refusal;
    if (home->place == PLACE_SYSTEM)
        return write_system_register(cpu, home->offset, to);
    memcpy((uint8_t *)&cpu->frame + home->offset, &to, home->size);
    return NULL;
}

struct gdb_error register_write(struct debugger_cpu *cpu, unsigned regnum, const uint8_t *in)
{
    const struct register_home *home = &register_homes[regnum];

    for (unsigned i = home->size; i < register_machine.registers[regnum].bits / 8u; i++) {
        if (in[i] != 0)
            return (struct gdb_error){GDB_E_ARGUMENT, "the value is wider than the register"};
    }

    const char *refusal = write_home(cpu, home, in);

    return refusal ? (struct gdb_error){GDB_E_ARGUMENT, refusal} : GDB_OK;
}
