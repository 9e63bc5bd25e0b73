/*
 * apic.h: the local APIC of this CPU and the I/O APIC that feeds it (Intel SDM vol. 3, chapter 10;
 * 82093AA data sheet).
 */
#ifndef KERNEL_APIC_H
#define KERNEL_APIC_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Silence the old PICs, map and enable the local APIC and the I/O APIC, with every input masked.
 * Panics without a local APIC: there is no other source of interrupts in this kernel.
 */
void apic_init(void);

/* The interrupt is served; the next of its class may come. */
void apic_end_of_interrupt(void);

/* Let an ISA interrupt (edge triggered, active high) arrive at this CPU as vector. */
void apic_route_isa(unsigned irq, uint8_t vector);

/* ... or as an NMI, which no interrupt flag holds back; and close an input again. */
void apic_route_isa_nmi(unsigned irq);
void apic_mask_isa(unsigned irq);

/*
 * True if an ISA interrupt reaches this CPU as vector, with its task priority as it is: routed here
 * and open, the local APIC enabled, nothing of its class or above in service.
 */
bool apic_isa_arrives(unsigned irq, uint8_t vector);

/* Raise an interrupt on this CPU. */
void apic_interrupt_self(uint8_t vector);

/*
 * ... on the one whose local APIC has this id, or an NMI. From anywhere, also between the two
 * halves of another command.
 */
void apic_interrupt(uint32_t id, uint8_t vector);
void apic_send_nmi(uint32_t id);

/* Wake a CPU that waits for it since reset: it starts in real mode, at the start of this page. */
void apic_send_init(uint32_t id);
void apic_send_startup(uint32_t id, uint8_t page);

/* The id of this CPU's. */
uint32_t apic_id(void);

/* Where the registers at a physical address are mapped; NULL: nowhere, or they are no APIC's. */
void *apic_mapped(uint64_t physical);

/* Enable the local APIC of a CPU that apic_init() has not run on. */
void apic_init_cpu(void);

/* The local timer counts down from count to 0 once, silently. */
void apic_timer_start(uint32_t count);
uint32_t apic_timer_count(void);

/* ... or again and again, and raises vector at each 0. */
void apic_timer_repeat(uint32_t count, uint8_t vector);

#endif
