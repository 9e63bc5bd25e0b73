/*
 * early.c: tables of the debugger's own for a kernel that has none yet, so that the first lines of
 * its C can be debugged: an exception there would be a triple fault (Intel SDM vol. 3, 6.10, 7.7).
 */
#include <string.h>

#include "debugger.h"
#include "processor.h"
#include "state.h"

/* early_entry.S: one entry for each exception, this far apart. */
extern const uint8_t early_vectors[];
#define EARLY_VECTOR_SIZE 16

void early_trap(struct trap_frame *frame);

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, attributes;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};

/* 64-bit TSS: of its members only the first interrupt stack is used. */
struct task_state {
    uint32_t reserved;
    uint64_t rsp[3], reserved1, ist[7], reserved2;
    uint16_t reserved3, io_map;
} __attribute__((packed));

#define INTERRUPT_GATE 0x8e /* present, DPL 0; enters with interrupts off */
#define GDT_ENTRIES    16
#define TSS_PRESENT    0x89ull /* available 64-bit TSS */

static struct gate idt[VECTOR_COUNT];
static uint64_t gdt[GDT_ENTRIES];
static struct task_state task_state;
static struct debugger_config early_config;

/*
 * The loader's GDT is kept, so that every selector in use stays what it is, with a TSS behind it. A
 * kernel that has a TSS already, or fills its GDT, keeps them: then no vector has its own stack.
 */
static bool load_task_state(void)
{
    struct table_register table = read_gdtr();
    unsigned count = (table.limit + 1u) / 8;
    uint64_t base = (uint64_t)&task_state;
    uint16_t loaded;

    __asm__("str %0" : "=r"(loaded));
    if (loaded || count + 2 > GDT_ENTRIES)
        return false;
    memcpy(gdt, (const void *)table.base, count * 8);
    gdt[count] = (sizeof(task_state) - 1) | (base & 0xffffff) << 16 | TSS_PRESENT << 40 |
                 (base >> 24 & 0xff) << 56;
    gdt[count + 1] = base >> 32;
    task_state.ist[0] = debugger_interrupt_stack();
    task_state.io_map = sizeof(task_state);
    table = (struct table_register){(uint16_t)((count + 2) * 8 - 1), (uint64_t)gdt};
    __asm__ volatile("lgdt %0; ltr %w1" : : "m"(table), "r"(count * 8) : "memory");
    return true;
}

/* These can come when no stack is good: NMI, #DF, #MC. */
static bool needs_stack(unsigned vector)
{
    return vector == VECTOR_NMI || vector == VECTOR_DOUBLE_FAULT || vector == VECTOR_MACHINE_CHECK;
}

void debugger_early_init(const struct debugger_config *config)
{
    const struct table_register table = {sizeof(idt) - 1, (uint64_t)idt};
    bool has_stack = load_task_state();
    uint16_t cs;

    early_config = *config;
    __asm__("movw %%cs, %0" : "=r"(cs));
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++) {
        uint64_t entry = (uint64_t)early_vectors + vector * EARLY_VECTOR_SIZE;

        idt[vector] = (struct gate){
            .offset_low = entry & 0xffff,
            .selector = cs,
            .ist = has_stack && needs_stack(vector),
            .attributes = INTERRUPT_GATE,
            .offset_middle = entry >> 16 & 0xffff,
            .offset_high = entry >> 32,
        };
    }
    __asm__ volatile("lidt %0" : : "m"(table));
}

/* The line is taken only now: without a fault, the kernel's own choice of it comes in time. */
void early_trap(struct trap_frame *frame)
{
    if (!debugger_active())
        debugger_provisional_init(&early_config);
    if (debugger_exception(frame, frame->vector, frame->error) == DEBUGGER_HANDLED)
        return;
    debugger_unhandled(frame);
    for (;;)
        __asm__ volatile("cli; hlt");
}
