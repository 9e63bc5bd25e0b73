/* pit.c: the 8254 (its data sheet, "Mode 0", "Mode 2" and "Counter Latch Command"). */
#include "cpu/pit.h"

#include "cpu/instructions.h"

enum {
    PIT_CHANNEL0 = 0x40,
    PIT_CHANNEL2 = 0x42,
    PIT_COMMAND = 0x43,
    CHANNEL0_LOW_HIGH_MODE2 = 0x34,
    CHANNEL2_LATCH = 0x80,
    CHANNEL2_LOW_HIGH_MODE0 = 0xb0,
    SYSTEM_CONTROL = 0x61,
    GATE2 = 1 << 0,
    SPEAKER = 1 << 1,
};

void pit_start(void)
{
    uint8_t control = port_read8(SYSTEM_CONTROL);

    port_write8(SYSTEM_CONTROL, (control & ~SPEAKER) | GATE2);
    port_write8(PIT_COMMAND, CHANNEL2_LOW_HIGH_MODE0);
    port_write8(PIT_CHANNEL2, 0xff);
    port_write8(PIT_CHANNEL2, 0xff);
}

uint16_t pit_count(void)
{
    port_write8(PIT_COMMAND, CHANNEL2_LATCH);

    uint8_t low = port_read8(PIT_CHANNEL2);

    return (uint16_t)(low | port_read8(PIT_CHANNEL2) << 8);
}

void pit_ring(void)
{
    port_write8(PIT_COMMAND, CHANNEL0_LOW_HIGH_MODE2);
    port_write8(PIT_CHANNEL0, PIT_RING_COUNT & 0xff);
    port_write8(PIT_CHANNEL0, PIT_RING_COUNT >> 8);
}
