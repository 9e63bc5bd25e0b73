/*
 * registers.h: the registers of a stopped processor, by the numbers of the one table.
 */
#ifndef TRAPLINE_REGISTERS_H
#define TRAPLINE_REGISTERS_H

#include "state.h"

/* Where a register lives, and who checks a new value. */
enum register_place {
    PLACE_FRAME,    /* struct trap_frame, at offset */
    PLACE_SELECTOR, /* the processor's segment register: offset is an enum selector */
    PLACE_FPU,      /* the FXSAVE image: size bytes at offset */
    PLACE_FTAG,     /* the tag word, which FXSAVE abridges */
    PLACE_SYSTEM,   /* struct debugger_cpu.system: offset is an enum system_register */
};

enum selector { SELECTOR_DS, SELECTOR_ES, SELECTOR_FS, SELECTOR_GS };

enum register_rule {
    RULE_ANY,
    RULE_CANONICAL,
    RULE_EFLAGS,
    RULE_SELECTOR,
    RULE_CR0,
    RULE_CR3,
    RULE_CR4,
    RULE_CR8,
    RULE_EFER,
    RULE_DEBUG,
    RULE_TABLE,
};

struct register_home {
    uint8_t place;
    uint8_t rule;
    uint8_t size; /* bytes at offset; the rest of the register is 0 */
    uint16_t offset;
};

extern const struct gdb_machine register_machine;
extern const struct register_home register_homes[];

#define REGNUM_RAX 0
#define REGNUM_RBX 1
#define REGNUM_RCX 2
#define REGNUM_RDX 3
#define REGNUM_RSI 4
#define REGNUM_RDI 5
#define REGNUM_RBP 6
#define REGNUM_RSP 7
#define REGNUM_RIP 16
#define REGNUM_EFLAGS 17

/* Take the debuggee's system registers; and give back what the debugger itself changes. */
void registers_save(struct debugger_cpu *cpu);
void registers_restore(struct debugger_cpu *cpu);

bool register_read(struct debugger_cpu *cpu, unsigned regnum, uint8_t *out);
struct gdb_error register_write(struct debugger_cpu *cpu, unsigned regnum, const uint8_t *in);

/* Pure: why a register under this rule cannot go from one value to another, or NULL. */
const char *register_refusal(enum register_rule rule, uint64_t from, uint64_t to);

#endif
