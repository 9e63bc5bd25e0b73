/*
 * insn.h: what an instruction is, for those who step over it, explain it or print it.
 *
 * Two readers with one answer. insn_sensitive() and insn_flow() are a few hundred bytes of our own
 * and know only the instructions that see or set the flags a debugger borrows, and those that go
 * elsewhere: enough to step truthfully, cheap enough for each step, and always there.
 * insn_decode() and insn_format() know them all, by Zydis, which is fetched when the kernel is
 * built (insn.mk) and may be absent: see insn_available().
 *
 * Pure: no hardware, no memory but the caller's, no globals. 64-bit mode only. insn_decode() and
 * insn_format() take up to 3 KiB of stack, the others next to none.
 */
#ifndef TRAPLINE_INSN_H
#define TRAPLINE_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No instruction is longer (Intel SDM vol. 2, 2.3.11): reading more than this is never needed. */
#define INSN_LENGTH_MAX 15

enum insn_class {
    INSN_ORDINARY,
    /* The sensitive ones, which insn_sensitive() finds. 64-bit mode has no pop ss and no into. */
    INSN_PUSHF,
    INSN_POPF,
    INSN_CLI,
    INSN_STI,
    INSN_HLT, /* and mwait, mwaitx: wait for an interrupt */
    INSN_IRET,
    INSN_INT, /* int n, the vector is the immediate */
    INSN_INT3,
    INSN_SYSCALL,
    INSN_SYSRET,
    INSN_SYSENTER,
    INSN_MOV_SS,
    INSN_SENSITIVE_END,
    /* The rest only insn_decode() tells apart. */
    INSN_CALL = INSN_SENSITIVE_END, /* near and direct: to target */
    INSN_CALL_INDIRECT,             /* near, through a register or memory */
    INSN_RET,                       /* near */
    INSN_JMP,
    INSN_JMP_INDIRECT,
    INSN_BRANCH,     /* jcc, loop, jrcxz, xbegin: to target or on */
    INSN_FAR,        /* far call, jmp and ret */
    INSN_INT1,       /* icebp */
    INSN_UNDEFINED,  /* ud0, ud1, ud2 */
    INSN_REP_STRING, /* traps after each iteration when stepped */
    INSN_MOV_CR,
    INSN_MOV_DR,
    INSN_MSR, /* rdmsr, wrmsr */
    INSN_SWAPGS,
    INSN_PRIVILEGED, /* any other that faults outside ring 0 */
};

/* Registers that make addresses: the general ones by their number in an encoding. */
enum insn_register {
    INSN_RAX,
    INSN_RCX,
    INSN_RDX,
    INSN_RBX,
    INSN_RSP,
    INSN_RBP,
    INSN_RSI,
    INSN_RDI,
    INSN_R8,
    INSN_R15 = INSN_R8 + 7,
    INSN_RIP, /* the address of the next instruction; never asked for */
    INSN_FS_BASE,
    INSN_GS_BASE,
    INSN_NO_REGISTER,
    INSN_VECTOR_INDEX, /* gather and scatter: many addresses */
};

enum { INSN_READ = 1, INSN_WRITE = 2 }; /* neither: lea, nop, prefetch */

/* One operand in memory: segment + base + index * scale + displacement. */
struct insn_memory {
    uint8_t segment; /* INSN_FS_BASE, INSN_GS_BASE or INSN_NO_REGISTER: the others are flat */
    uint8_t base;
    uint8_t index;
    uint8_t scale;
    uint8_t bit_index;    /* bts [m], reg: the register that moves the address, or NO_REGISTER */
    uint8_t access;       /* INSN_READ, INSN_WRITE */
    uint8_t address_size; /* 8, or 4 after an address size prefix: wraps at 4 GiB */
    bool implicit;        /* not written in the text: what push, ret or movs touch */
    uint16_t size;        /* bytes */
    int64_t displacement; /* of a push: it is where the value lands */
};
#define INSN_MEMORY_MAX 3

struct insn {
    uint64_t address;
    uint64_t target;   /* of CALL, JMP and BRANCH */
    int64_t immediate; /* the first immediate operand, sign extended as the processor does */
    uint8_t class;
    uint8_t length;
    uint8_t operand_size;     /* bytes: 2, 4 or 8 (1 for byte operations) */
    uint8_t rip_displacement; /* offset in bytes[] of a rip-relative disp32, 0 if there is none */
    uint8_t source;           /* of MOV_SS: the register, INSN_NO_REGISTER if from memory */
    bool rex;                 /* has a REX prefix, which 32-bit code would take for inc or dec */
    uint8_t memory_count;
    struct insn_memory memory[INSN_MEMORY_MAX]; /* explicit ones first, in the order of the text */
    uint8_t bytes[INSN_LENGTH_MAX];
};

/* Is there a decoder in this build? Without one insn_decode() and insn_format() always fail. */
bool insn_available(void);

/* Decode the first of n bytes found at address. False: not an instruction, or cut short. */
bool insn_decode(struct insn *out, const uint8_t *bytes, size_t n, uint64_t address);

/*
 * Is this one of the instructions up to INSN_SENSITIVE_END? Fills out just as insn_decode() does,
 * but for implicit operands; leaves it undefined when the answer is no.
 */
bool insn_sensitive(struct insn *out, const uint8_t *bytes, size_t n, uint64_t address);

/*
 * Where it goes: the class of a sensitive one, or CALL, CALL_INDIRECT, RET, JMP, JMP_INDIRECT,
 * BRANCH or FAR; ORDINARY for all others. Of bytes that begin an instruction, all of which are
 * there.
 */
enum insn_class insn_flow(const uint8_t *bytes, size_t n);

/* Where an operand lies. The callback gives a register's value, false if it has none to give. */
typedef bool insn_read_register_fn(void *context, enum insn_register which, uint64_t *value);
bool insn_effective_address(const struct insn *insn, unsigned operand,
                            insn_read_register_fn *read_register, void *context, uint64_t *address);

/*
 * Do all readings of the code around it say that bytes[at] is within an instruction, not at its
 * first byte? Wants 64 bytes before at, and INSN_LENGTH_MAX from there on. False when in doubt.
 */
bool insn_is_inside(const uint8_t *bytes, size_t n, size_t at);

enum insn_syntax { INSN_ATT, INSN_INTEL };

/* How to print. symbol may be NULL; it writes a name for address, at most n bytes with the 0. */
struct insn_style {
    enum insn_syntax syntax;
    bool (*symbol)(void *context, uint64_t address, char *out, size_t n);
    void *context;
};

/* The text of a decoded instruction: its length, 0 if it cannot be had or does not fit in n. */
size_t insn_format(char *out, size_t n, const struct insn *insn, const struct insn_style *style);

#endif
