/*
 * acpi.h: which processors there are, as firmware's tables have it (ACPI 6.4, 5.2.5 "Root System
 * Description Pointer", 5.2.12 "Multiple APIC Description Table").
 */
#ifndef KERNEL_ACPI_H
#define KERNEL_ACPI_H

#include <stddef.h>
#include <stdint.h>

struct boot_info;

/*
 * The local APIC ids of the processors that can be used, in firmware's order, at most max of them.
 * Returns how many there are; 0: no tables, or none that make sense. To be called while the page
 * tables of boot.S are in use, which reach wherever the tables are.
 */
size_t acpi_find_cpus(const struct boot_info *boot, uint32_t *ids, size_t max);

#endif
