/*
 * control_bits.h: which bits of CR0, CR4 and EFER a client may set: those that this processor has.
 * A write of another one raises #GP; in QEMU 7.2 it takes the machine away for ever.
 */
#ifndef TRAPLINE_CONTROL_BITS_H
#define TRAPLINE_CONTROL_BITS_H

#include <stdbool.h>
#include <stdint.h>

/* The words of CPUID that tell of them. */
enum control_word {
    CONTROL_1_ECX,
    CONTROL_1_EDX,
    CONTROL_7_EBX,
    CONTROL_7_ECX,
    CONTROL_7_EDX,
    CONTROL_EXTENDED_ECX, /* leaf 0x80000001 */
    CONTROL_EXTENDED_EDX,
    CONTROL_WORDS,
};

/* Pure: with these words a register can have these bits set. */
uint64_t control_bits_cr0(void);
uint64_t control_bits_cr4(const uint32_t words[CONTROL_WORDS]);
uint64_t control_bits_efer(const uint32_t words[CONTROL_WORDS]);

/* The words of the processor that asks. */
void control_words(uint32_t words[CONTROL_WORDS]);

#endif
