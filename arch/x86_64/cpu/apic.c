/* apic.c: local APIC and I/O APIC, in their memory-mapped form. */
#include "cpu/apic.h"

#include <stddef.h>

#include "cpu.h"
#include "cpu/features.h"
#include "cpu/instructions.h"
#include "cpu/trap.h"
#include "mm/paging.h"
#include "panic.h"

/* Local APIC registers. */
enum {
    APIC_ID = 0x20,
    APIC_TASK_PRIORITY = 0x80,
    APIC_PRIORITY = 0xa0, /* the higher of the task's and of what is in service */
    APIC_EOI = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_COMMAND = 0x300,
    APIC_COMMAND_TARGET = 0x310,
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_LINT1 = 0x360,
    APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_CURRENT = 0x390,
    APIC_TIMER_DIVIDE = 0x3e0,
};

enum {
    APIC_BASE_X2APIC = 1 << 10,
    APIC_BASE_ENABLE = 1 << 11,
    SPURIOUS_ENABLE = 1 << 8,
    LVT_NMI = 4 << 8,
    LVT_MASKED = 1 << 16,
    LVT_PERIODIC = 1 << 17,
    DIVIDE_BY_16 = 3,
    COMMAND_NMI = 4 << 8,
    COMMAND_INIT = 5 << 8,
    COMMAND_STARTUP = 6 << 8,
    COMMAND_PENDING = 1 << 12,
    COMMAND_ASSERT = 1 << 14,
    COMMAND_TO_SELF = 1 << 18,
};
#define APIC_ID_SHIFT     24
#define IO_READ_ONLY      (1u << 12 | 1u << 14) /* it is on its way; a level one is being served */
#define APIC_BASE_ADDRESS 0x000ffffffffff000

/* The I/O APIC shows one register at a time through a window. */
#define IO_APIC_ADDRESS 0xfec00000 /* where every PC has its first one */
enum {
    IO_SELECT = 0x00,
    IO_WINDOW = 0x10,
    IO_VERSION = 0x01,
    IO_REDIRECTION = 0x10, /* two registers for each input */
    IRQ_PIT = 0,
    IO_INPUT_PIT = 2, /* ISA interrupt 0 comes in where the PICs' cascade would be */
};

enum {
    PIC_MASTER = 0x20,
    PIC_SLAVE = 0xa0,
    PIC_INITIALISE = 0x11,
    PIC_8086_MODE = 0x01,
};

/* The debugger sends NMIs: what that needs lies with the entry code, where no breakpoint is. */
#define ENTRY __attribute__((section(".text.entry")))

static volatile uint8_t *local_apic; /* each CPU sees its own there */
static volatile uint8_t *io_apic;

ENTRY static uint32_t local_read(unsigned offset)
{
    return *(volatile uint32_t *)(local_apic + offset);
}

ENTRY static void local_write(unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(local_apic + offset) = value;
}

static uint32_t io_read(unsigned offset)
{
    *(volatile uint32_t *)(io_apic + IO_SELECT) = offset;
    return *(volatile uint32_t *)(io_apic + IO_WINDOW);
}

static void io_write(unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(io_apic + IO_SELECT) = offset;
    *(volatile uint32_t *)(io_apic + IO_WINDOW) = value;
}

/*
 * The PICs are moved away from the exceptions and masked. They can still raise a spurious IRQ 7 or
 * 15: with the firmware's vectors that would look like a double fault.
 */
static void silence_pic(uint16_t port, uint8_t first_vector, uint8_t cascade)
{
    port_write8(port, PIC_INITIALISE);
    port_write8(port + 1, first_vector);
    port_write8(port + 1, cascade);
    port_write8(port + 1, PIC_8086_MODE);
    port_write8(port + 1, 0xff);
}

void apic_init_cpu(void)
{
    uint64_t base = read_msr(MSR_APIC_BASE);

    if (!cpu_features.apic)
        panic("this processor has no local APIC");
    if (base & APIC_BASE_X2APIC) /* left by way of disabled: SDM vol. 3, figure 10-27 */
        write_msr(MSR_APIC_BASE, base & ~(uint64_t)(APIC_BASE_X2APIC | APIC_BASE_ENABLE));
    write_msr(MSR_APIC_BASE, (base & ~(uint64_t)APIC_BASE_X2APIC) | APIC_BASE_ENABLE);

    if (local_apic == NULL)
        local_apic = paging_map_device(base & APIC_BASE_ADDRESS, PAGE_SIZE);
    local_write(APIC_TASK_PRIORITY, 0);
    local_write(APIC_LVT_TIMER, LVT_MASKED);
    local_write(APIC_LVT_LINT0, LVT_MASKED); /* the PICs' way in */
    /* A PC's NMI button is wired to all of them: one press is one NMI. */
    local_write(APIC_LVT_LINT1, cpu_index() == 0 ? LVT_NMI : LVT_MASKED);
    local_write(APIC_TIMER_DIVIDE, DIVIDE_BY_16);
    local_write(APIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
}

static void io_init(void)
{
    io_apic = paging_map_device(IO_APIC_ADDRESS, PAGE_SIZE);

    uint32_t last_input = io_read(IO_VERSION) >> 16 & 0xff;

    for (uint32_t input = 0; input <= last_input; input++)
        io_write(IO_REDIRECTION + 2 * input, LVT_MASKED);
}

void apic_init(void)
{
    silence_pic(PIC_MASTER, VECTOR_LEGACY, 1 << 2);
    silence_pic(PIC_SLAVE, VECTOR_LEGACY + 8, 2);
    apic_init_cpu();
    io_init();
}

ENTRY void apic_end_of_interrupt(void)
{
    local_write(APIC_EOI, 0);
}

static uint32_t input_of(unsigned irq)
{
    return irq == IRQ_PIT ? IO_INPUT_PIT : irq;
}

/* To the first CPU, whoever asks. The low half last: it is what opens the input. */
static void redirect(unsigned irq, uint32_t low)
{
    uint32_t input = input_of(irq);

    io_write(IO_REDIRECTION + 2 * input + 1, cpus[0].apic_id << APIC_ID_SHIFT);
    io_write(IO_REDIRECTION + 2 * input, low);
}

void apic_route_isa(unsigned irq, uint8_t vector)
{
    redirect(irq, vector);
}

void apic_route_isa_nmi(unsigned irq)
{
    redirect(irq, LVT_NMI);
}

/* Whoever was interrupted between the two halves of an access finds the window as it was. */
bool apic_isa_arrives(unsigned irq, uint8_t vector)
{
    if (local_apic == NULL || io_apic == NULL)
        return false;

    uint32_t selected = *(volatile uint32_t *)(io_apic + IO_SELECT);
    uint32_t low = io_read(IO_REDIRECTION + 2 * input_of(irq));
    uint32_t high = io_read(IO_REDIRECTION + 2 * input_of(irq) + 1);

    *(volatile uint32_t *)(io_apic + IO_SELECT) = selected;
    return (low & ~IO_READ_ONLY) == vector && high >> APIC_ID_SHIFT == apic_id() &&
           (local_read(APIC_SPURIOUS) & SPURIOUS_ENABLE) &&
           local_read(APIC_PRIORITY) >> 4 < vector >> 4;
}

void apic_mask_isa(unsigned irq)
{
    redirect(irq, LVT_MASKED);
}

void apic_interrupt_self(uint8_t vector)
{
    local_write(APIC_COMMAND, COMMAND_TO_SELF | vector);
}

/*
 * The target is a register of its own. Whoever was interrupted between the two finds it as it was;
 * and a command that is still on its way is not overwritten.
 */
ENTRY static void command(uint32_t id, uint32_t low)
{
    uint32_t interrupted = local_read(APIC_COMMAND_TARGET);

    while (local_read(APIC_COMMAND) & COMMAND_PENDING)
        cpu_relax();
    local_write(APIC_COMMAND_TARGET, id << APIC_ID_SHIFT);
    local_write(APIC_COMMAND, low);
    local_write(APIC_COMMAND_TARGET, interrupted);
}

ENTRY void apic_interrupt(uint32_t id, uint8_t vector)
{
    command(id, vector);
}

ENTRY void apic_send_nmi(uint32_t id)
{
    command(id, COMMAND_NMI | COMMAND_ASSERT);
}

void apic_send_init(uint32_t id)
{
    command(id, COMMAND_INIT | COMMAND_ASSERT);
}

void apic_send_startup(uint32_t id, uint8_t page)
{
    command(id, COMMAND_STARTUP | COMMAND_ASSERT | page);
}

uint32_t apic_id(void)
{
    return local_read(APIC_ID) >> APIC_ID_SHIFT;
}

void *apic_mapped(uint64_t physical)
{
    if (physical == IO_APIC_ADDRESS)
        return (void *)io_apic;
    return physical == (read_msr(MSR_APIC_BASE) & APIC_BASE_ADDRESS) ? (void *)local_apic : NULL;
}

void apic_timer_start(uint32_t count)
{
    local_write(APIC_LVT_TIMER, LVT_MASKED);
    local_write(APIC_TIMER_INITIAL, count);
}

uint32_t apic_timer_count(void)
{
    return local_read(APIC_TIMER_CURRENT);
}

void apic_timer_repeat(uint32_t count, uint8_t vector)
{
    local_write(APIC_LVT_TIMER, LVT_PERIODIC | vector);
    local_write(APIC_TIMER_INITIAL, count);
}
