/* emulate_code.h: an instruction taken apart, and those who do it. Private to emulate*.c. */
#ifndef TRAPLINE_EMULATE_CODE_H
#define TRAPLINE_EMULATE_CODE_H

#include "emulate.h"

enum {
    FLAG_CF = 1 << 0,
    FLAG_PF = 1 << 2,
    FLAG_AF = 1 << 4,
    FLAG_ZF = 1 << 6,
    FLAG_SF = 1 << 7,
    FLAG_OF = 1 << 11,
    FLAG_RF = 1 << 16,
};
enum { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };

struct code {
    struct trap_frame frame; /* as it will be; rip is the next instruction's already */
    const struct emulate_memory *memory;
    const uint8_t *bytes;
    size_t available, length;
    bool bad; /* cut short, or a form that is not known */
    uint16_t opcode;
    uint8_t rex, size; /* size: of the operands, bytes */
    uint8_t mod, extension, reg, rm;
    bool rip_relative;
    uint64_t address; /* of the operand, if mod is not 3 */
    uint64_t immediate;
};

/* Does it to c->frame. False: it cannot be done here; then nothing in memory has changed. */
typedef bool emulation(struct code *c);

emulation emulate_push, emulate_pop, emulate_push_immediate, emulate_leave;
emulation emulate_mov_to, emulate_mov_from, emulate_mov_immediate, emulate_mov_constant;
emulation emulate_nop, emulate_lea, emulate_extend, emulate_movsxd, emulate_cmov, emulate_setcc;
emulation emulate_alu_to, emulate_alu_from, emulate_alu_accumulator, emulate_alu_immediate;
emulation emulate_test, emulate_test_accumulator;
emulation emulate_call, emulate_jump, emulate_branch, emulate_ret, emulate_group5;

/* ---- emulate_move.c: operands ---- */

/* By its number in an encoding: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 ... */
uint64_t *emulate_register(struct code *c, unsigned n);

/* A register's low bytes; setting 4 of them clears those above (Intel SDM vol. 1, 3.4.1.1). */
uint64_t emulate_get(struct code *c, unsigned n, unsigned size);
void emulate_set(struct code *c, unsigned n, uint64_t value);

/* What ModRM says: a register or memory. */
bool emulate_read(struct code *c, unsigned size, uint64_t *value);
bool emulate_write(struct code *c, uint64_t value);

bool emulate_push_value(struct code *c, uint64_t value);

/* ---- emulate_alu.c: flags ---- */

/* Condition n of jcc, cmovcc (Intel SDM vol. 1, appendix B). */
bool emulate_holds(const struct code *c, unsigned n);

/* inc and dec leave CF alone. */
bool emulate_count(struct code *c, bool down);

#endif
