/* pci.h: configuration space of PCI devices, by I/O ports (PCI Local Bus 3.0, 3.2.2.3.2). */
#ifndef TRAPLINE_PCI_H
#define TRAPLINE_PCI_H

#include <stdbool.h>
#include <stdint.h>

enum { PCI_ID = 0x00, PCI_COMMAND = 0x04, PCI_BAR0 = 0x10 };
enum { PCI_COMMAND_IO = 0x001, PCI_COMMAND_MASTER = 0x004, PCI_COMMAND_NO_INTX = 0x400 };

/* The first device with this device and vendor id, as in PCI_ID. False: there is none. */
bool pci_find(uint32_t id, uint16_t *device);

/* A 32-bit register of a device. */
uint32_t pci_read(uint16_t device, uint8_t offset);
void pci_write(uint16_t device, uint8_t offset, uint32_t value);

#endif
