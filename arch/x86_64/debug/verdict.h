/*
 * verdict.h: what kind of mistake a fault is, from what the processor says of it and from where its
 * instruction's operands lie.
 */
#ifndef TRAPLINE_VERDICT_H
#define TRAPLINE_VERDICT_H

#include "faults.h"
#include "insn.h"

struct verdict {
    const char *name; /* one word, for programs: "null" */
    const char *text;
    bool has_address; /* it is about one */
    uint64_t address;
};

/* Where the instruction's operands are; those that could not be told are not among them. */
struct verdict_operands {
    uint8_t poison; /* that free memory is filled with, 0 if it is not */
    bool nowhere;   /* rip itself is no address */
    unsigned count;
    struct {
        uint64_t address;
        uint16_t size;
        bool canonical;
    } at[INSN_MEMORY_MAX];
};

/*
 * Pure. insn is the instruction that has raised it, at rip or, of a trap, before it; NULL: there is
 * none. executable: CR2's page is.
 */
struct verdict verdict_of(const struct fault *fault, const struct insn *insn,
                          const struct verdict_operands *operands, bool executable);

#endif
