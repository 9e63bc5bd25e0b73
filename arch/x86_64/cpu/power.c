/* power.c: each way to end is tried in turn, since none works on every machine. */
#include "cpu/power.h"

#include "cpu/instructions.h"

enum {
    DEBUG_EXIT = 0xf4,
    QEMU_PM1_CONTROL = 0x604, /* of both its machines, pc and q35 */
    PM1_SLEEP_S5 = 1 << 13,   /* SLP_EN with SLP_TYP 0 */
    RESET_CONTROL = 0xcf9,
    RESET_PREPARE = 0x02,
    RESET_HARD = 0x06,
    KEYBOARD_STATUS = 0x64,
    KEYBOARD_PULSE_RESET = 0xfe,
};

void power_debug_exit(uint8_t status)
{
    if (port_read8(DEBUG_EXIT) != 0xff) /* the device reads 0, an empty port all ones */
        port_write8(DEBUG_EXIT, status);
}

void power_off(uint8_t status)
{
    interrupts_disable();
    power_debug_exit(status);
    port_write16(QEMU_PM1_CONTROL, PM1_SLEEP_S5);
    halt_forever();
}

void power_reset(void)
{
    static const struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) no_table;

    interrupts_disable();
    port_write8(RESET_CONTROL, RESET_PREPARE);
    port_write8(RESET_CONTROL, RESET_HARD);
    port_write8(KEYBOARD_STATUS, KEYBOARD_PULSE_RESET);
    __asm__ volatile("lidt %0; int3" : : "m"(no_table)); /* triple fault */
    halt_forever();
}
