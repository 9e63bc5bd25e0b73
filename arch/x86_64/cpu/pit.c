/* pit.c: channel 2 of the 8254, gated and read back through port 0x61 (8254 data sheet, mode 0). */
#include "cpu/pit.h"

#include "cpu/instructions.h"

enum {
    PIT_CHANNEL2 = 0x42,
    PIT_COMMAND = 0x43,
    SYSTEM_CONTROL = 0x61,
    CHANNEL2_LOW_HIGH_MODE0 = 0xb0, /* output rises at the end of the count */
    GATE2 = 1 << 0,
    SPEAKER = 1 << 1,
    OUTPUT2 = 1 << 5,
};

void pit_start(uint16_t ticks)
{
    uint8_t control = port_read8(SYSTEM_CONTROL) & ~(GATE2 | SPEAKER);

    port_write8(SYSTEM_CONTROL, control);
    port_write8(PIT_COMMAND, CHANNEL2_LOW_HIGH_MODE0);
    port_write8(PIT_CHANNEL2, ticks & 0xff);
    port_write8(PIT_CHANNEL2, ticks >> 8);
    port_write8(SYSTEM_CONTROL, control | GATE2);
}

bool pit_expired(void)
{
    return port_read8(SYSTEM_CONTROL) & OUTPUT2;
}
