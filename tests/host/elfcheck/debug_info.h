/* debug_info.h: what the file's DWARF says of its code: units, lines, unwinding. With libdwarf. */
#ifndef ELFCHECK_DWARF_H
#define ELFCHECK_DWARF_H

#include <libdwarf.h>

#include "image.h"
#include "report.h"

/* By the numbers of the psABI, figure 3.36. */
enum dwarf_register {
    REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP,
    REG_R8, REG_R15 = REG_R8 + 7, REG_RIP = 16,
    REG_RFLAGS = 49, REG_ES, REG_CS, REG_SS, REG_DS,
    DWARF_REGISTERS = 64,
};
const char *dwarf_register_name(unsigned reg);

struct unit {
    const char *name;
    bool assembly; /* its producer is the assembler */
    Dwarf_Off die;
};

struct line {
    uint64_t address;
    unsigned number;
    bool statement, ends_sequence;
};

/* One function's unwinding instructions. */
struct unwinder {
    struct range range;
    bool signal; /* .cfi_signal_frame: the caller's pc is exact */
    bool assembly;
    uint64_t offset; /* of its FDE in .debug_frame */
    Dwarf_Fde fde;
};

struct dwarf {
    Dwarf_Debug debug;
    int file;
    struct unit *units;
    size_t unit_count;
    struct line *lines; /* as in the file: sequence after sequence */
    size_t line_count;
    struct unwinder *unwinders; /* by address */
    size_t unwinder_count;
    struct range *assembly; /* what the units of the assembler cover */
    size_t assembly_count;
    uint64_t *signals; /* offsets of the CIEs of signal frames */
    size_t signal_count;
    Dwarf_Cie *cies;
    Dwarf_Fde *fdes;
    Dwarf_Signed cie_count, fde_count;
};

/* How the caller's value of a register, or the CFA, is found. */
enum rule_kind { RULE_SAME, RULE_UNDEFINED, RULE_AT_CFA, RULE_CFA_PLUS, RULE_REGISTER, RULE_OTHER };
struct rule {
    enum rule_kind kind;
    unsigned reg; /* RULE_REGISTER; the CFA is register + offset */
    int64_t offset;
};

void dwarf_open(struct dwarf *dwarf, const struct image *image);
void dwarf_close(struct dwarf *dwarf);
/* For dwarf_open: copy is the image's file, as libdwarf will see it. */
void dwarf_unwinders_prepare(struct dwarf *dwarf, const struct image *image, uint8_t *copy);
void dwarf_unwinders_open(struct dwarf *dwarf);

bool dwarf_is_assembly(const struct dwarf *dwarf, uint64_t address);
const struct unwinder *dwarf_unwinder_at(const struct dwarf *dwarf, uint64_t address);
/* The row for an address: rules[DWARF_REGISTERS] and the CFA; false if it cannot be read. */
bool dwarf_row(struct dwarf *dwarf, const struct unwinder *unwinder, uint64_t address,
               struct rule *rules, struct rule *cfa);

#endif
