/* pci.c: see pci.h. */
#include "pci.h"

#include "port.h"

#define ADDRESS 0xcf8
#define DATA    0xcfc
#define ENABLE  0x80000000u
#define ABSENT  0xffffffffu

#define FUNCTIONS 8
#define DEVICES   0x10000u /* bus, device and function */

uint32_t pci_read(uint16_t device, uint8_t offset)
{
    port_write32(ADDRESS, ENABLE | (uint32_t)device << 8 | offset);
    return port_read32(DATA);
}

void pci_write(uint16_t device, uint8_t offset, uint32_t value)
{
    port_write32(ADDRESS, ENABLE | (uint32_t)device << 8 | offset);
    port_write32(DATA, value);
}

/* Without a function 0 there are no others. */
bool pci_find(uint32_t id, uint16_t *device)
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        uint32_t found = pci_read((uint16_t)i, PCI_ID);

        *device = (uint16_t)i;
        if (found == id)
            return true;
        if (found == ABSENT && i % FUNCTIONS == 0)
            i += FUNCTIONS - 1;
    }
    return false;
}
