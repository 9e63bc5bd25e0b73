/* apic_registers.c: see apic_registers.h. */
#include "apic_registers.h"

#include "msr.h"
#include "page_walk.h"
#include "processor.h"
#include "safe_copy.h"
#include "seat.h"

#define MSR_APIC_BASE   0x1b
#define MSR_X2APIC      0x800
#define IO_SELECT       0x00 /* the window shows the register that is selected */
#define IO_WINDOW       0x10
#define BASE_ADDRESS    PAGE_WALK_ROOT

/* Where a device's registers are mapped; 0: nowhere that we know of. */
static uint64_t place_of(uint64_t physical)
{
    void *place = NULL;

    if (debugger_settings.device_memory)
        place = debugger_settings.device_memory(physical);
    if (place)
        return (uint64_t)place;
    return debugger_settings.physical_memory ? page_walk_place(physical) : 0;
}

/* Others do not exist, or latch an error when they are read, or are for writing. */
static bool is_register(unsigned n)
{
    return n == APIC_ID || n == APIC_VERSION || n == APIC_TASK_PRIORITY || n == APIC_PRIORITY ||
           (n >= APIC_SPURIOUS && n <= APIC_ERROR) ||
           (n >= APIC_LVT_TIMER && n <= APIC_CURRENT) || n == APIC_DIVIDE;
}

static bool read_register(const struct local_apic *apic, uint64_t place, unsigned n,
                          uint32_t *value)
{
    uint64_t wide = 0;

    if (!(apic->base & APIC_BASE_X2APIC))
        return place && safe_read(value, place + 16 * n, sizeof(*value)) == sizeof(*value);
    if (!msr_read(MSR_X2APIC + n, &wide))
        return false;
    *value = (uint32_t)wide;
    return true;
}

static void read_there(struct debugger_cpu *cpu, void *context)
{
    struct local_apic *apic = context;

    (void)cpu;
    if (!msr_read(MSR_APIC_BASE, &apic->base))
        return;

    uint64_t place = place_of(apic->base & BASE_ADDRESS);

    apic->readable = apic->base & APIC_BASE_ENABLE;
    for (unsigned n = 0; n < APIC_REGISTERS && apic->readable; n++)
        if (is_register(n) && !read_register(apic, place, n, &apic->at[n]))
            apic->readable = false;
}

bool apic_read(struct debugger_cpu *cpu, struct local_apic *out)
{
    *out = (struct local_apic){0};
    return !cpu->absent && seat_call(cpu, read_there, out);
}

/* The kernel may have been about to use what it had selected: that is put back. */
bool apic_io_read(uint64_t physical, uint32_t index, uint32_t *value)
{
    uint64_t place = place_of(physical);
    uint32_t selected;

    if (!place || safe_read(&selected, place + IO_SELECT, sizeof(selected)) != sizeof(selected))
        return false;
    safe_write(place + IO_SELECT, &index, sizeof(index));

    bool had = safe_read(value, place + IO_WINDOW, sizeof(*value)) == sizeof(*value);

    safe_write(place + IO_SELECT, &selected, sizeof(selected));
    return had;
}

bool apic_io_pin(uint64_t physical, unsigned pin, uint64_t *entry)
{
    uint32_t version, low, high;

    if (!apic_io_read(physical, IO_APIC_VERSION, &version) || pin > (version >> 16 & 0xff) ||
        !apic_io_read(physical, IO_APIC_PIN + 2 * pin, &low) ||
        !apic_io_read(physical, IO_APIC_PIN + 2 * pin + 1, &high))
        return false;
    *entry = (uint64_t)high << 32 | low;
    return true;
}

const char *apic_delivery(uint64_t entry)
{
    static const char *const words[] = {"fixed", "lowest priority", "SMI",     "reserved",
                                        "NMI",   "INIT",            "start-up", "ExtINT"};

    return words[APIC_DELIVERY(entry)];
}
