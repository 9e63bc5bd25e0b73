/* faulty.c: faults in its init, three calls deep, to see what becomes of it. */
#include "module_header.h"
#include "printk.h"

struct faulty_device {
    volatile uint32_t *registers;
    uint32_t resets;
};

static struct faulty_device faulty_device;

static void faulty_reset(struct faulty_device *device)
{
    device->resets++;
    device->registers[1] = 1; /* nobody has mapped them */
}

static int faulty_probe(struct faulty_device *device)
{
    faulty_reset(device);
    return device->registers[0] == 0;
}

static int faulty_init(void)
{
    printk("faulty: looking for a device\n");
    return faulty_probe(&faulty_device);
}

MODULE("a driver with a bug in its init", faulty_init, NULL);
