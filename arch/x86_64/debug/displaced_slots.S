/* displaced_slots.S: room for displaced.c. Code, so that it is write-protected and within reach. */
#include "displaced_slots.h"

	.text
	.globl displaced_slots
	.type displaced_slots, @object
	.balign DISPLACED_SLOT_SIZE
displaced_slots:
	.fill DISPLACED_SLOTS * DISPLACED_SLOT_SIZE, 1, 0xcc
	.size displaced_slots, . - displaced_slots
	.section .note.GNU-stack, "", @progbits
