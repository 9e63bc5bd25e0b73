/* verdict.c: see verdict.h (Intel SDM vol. 3, 6.15). */
#include "verdict.h"

#include <stddef.h>

#define PF_PRESENT  (1u << 0)
#define PF_WRITE    (1u << 1)
#define PF_RESERVED (1u << 3)
#define PF_FETCH    (1u << 4)
#define GATE        (1u << 1)
#define NULL_LIMIT  0x10000u /* a member of any structure that is not there */

#define FREED "a pointer that was read from memory which is free, and an offset"

#define STRAY "rsp points where nothing is mapped"

#define WILD "no code is there: a return address or function pointer was overwritten"

enum { DE = 0, DB = 1, BP = 3, OF = 4, BR = 5, UD = 6, NM = 7, DF = 8, TS = 10, NP = 11, SS = 12,
       GP = 13, PF = 14, MF = 16, AC = 17, MC = 18, XM = 19, CP = 21 };

static struct verdict about(const char *name, const char *text, uint64_t address)
{
    return (struct verdict){name, text, true, address};
}

static struct verdict plain(const char *name, const char *text)
{
    return (struct verdict){name, text, false, 0};
}

/* A pointer that was read from memory which is free, and an offset. */
static bool is_poison(uint8_t poison, uint64_t address)
{
    return poison && address >> 16 == poison * 0x0101010101010101ull >> 16;
}

/* What SMEP and SMAP are there for (Intel SDM vol. 3, 4.6). */
static struct verdict forbidden_user_page(const struct fault *f)
{
    return f->error & PF_FETCH
               ? about("user-code", "a program's memory is executed by the kernel", f->cr2)
               : about("user-address", "a program's memory, used by the kernel", f->cr2);
}

static struct verdict forbidden_page(const struct fault *f, bool executable)
{
    if (!(f->cr2 >> 63) && !(f->cs & 3))
        return forbidden_user_page(f);
    if (f->error & PF_FETCH)
        return about("execute-nx", "data is executed: its page is not executable", f->cr2);
    if (!(f->error & PF_WRITE))
        return about("forbidden", "the page is not to be read there", f->cr2);
    return executable ? about("write-to-code", "code is written to", f->cr2)
                      : about("write-to-constant", "a read-only page is written to", f->cr2);
}

static struct verdict page_fault(const struct fault *f, const struct verdict_operands *operands,
                                 bool executable)
{
    bool user_half = !(f->cr2 >> 63);

    if (f->error & PF_RESERVED)
        return about("page-tables", "a reserved bit is set in the page tables", f->cr2);
    if (f->error & PF_PRESENT)
        return forbidden_page(f, executable);
    if (f->cr2 < NULL_LIMIT && (f->error & PF_FETCH))
        return about("null-call", "a null pointer was called", f->cr2);
    if (f->cr2 < NULL_LIMIT)
        return about("null", "a null pointer, and an offset", f->cr2);
    if (is_poison(operands->poison, f->cr2))
        return about("use-after-free", FREED, f->cr2);
    if (f->error & PF_FETCH)
        return about("wild-jump", WILD, f->cr2);
    if (f->stack == FAULT_STACK_FULL)
        return about("stack-guard", "the stack has run over its end", f->cr2);
    if (f->stack == FAULT_STACK_UNMAPPED)
        return about("stack-pointer", STRAY, f->rsp);
    if (user_half && !(f->cs & 3))
        return about("user-address", "an address of the user half, in the kernel", f->cr2);
    return about("not-mapped", "nothing is mapped there", f->cr2);
}

static struct verdict double_fault(const struct fault *f, const struct verdict_operands *operands)
{
    if (operands->count && !operands->at[operands->count - 1].canonical)
        return about("stack-pointer", "rsp is no address", f->rsp);
    switch (f->stack) {
    case FAULT_STACK_FULL:
        return about("stack-overflow", "no room on the stack for an exception", f->rsp);
    case FAULT_STACK_UNMAPPED:
        return about("stack-pointer", STRAY, f->rsp);
    case FAULT_STACK_CONSTANT:
        return about("stack-pointer", "rsp points where nothing can be written", f->rsp);
    case FAULT_STACK_GOOD:
        break;
    }
    return plain("gate", "an exception could not be delivered: its gate or stack is bad");
}

static struct verdict protection(const struct fault *f, const struct insn *insn,
                                 const struct verdict_operands *operands)
{
    if (f->error & GATE)
        return about("gate", "an interrupt whose gate is bad", f->error >> 3);
    if (f->error)
        return about("selector", "a selector that leads to no such segment", f->error & ~7ull);
    if (operands->nowhere)
        return is_poison(operands->poison, f->rip)
                   ? about("use-after-free", "a function pointer in memory which is free", f->rip)
                   : about("wild-jump", WILD, f->rip);
    for (unsigned i = 0; i < operands->count; i++)
        if (is_poison(operands->poison, operands->at[i].address))
            return about("use-after-free", FREED, operands->at[i].address);
    for (unsigned i = 0; i < operands->count; i++)
        if (!operands->at[i].canonical)
            return about("non-canonical", "no address: it is in the hole between the halves",
                         operands->at[i].address);
    for (unsigned i = 0; i < operands->count; i++)
        if (operands->at[i].size == 16 && operands->at[i].address % 16)
            return about("unaligned", "an SSE operand that is not aligned to 16 bytes",
                         operands->at[i].address);
    if (insn && (f->cs & 3) && insn->class >= INSN_MOV_CR)
        return plain("privileged", "an instruction of the kernel's, by a program");
    return plain("protection", "the processor's rules were broken");
}

static struct verdict invalid_opcode(const struct insn *insn)
{
    if (insn && insn->class == INSN_UNDEFINED)
        return plain("ud2", "an instruction that is there to fault: a claim did not hold");
    return insn ? plain("unsupported", "an instruction that is not to be had here and now")
                : plain("no-code", "what is executed is no code");
}

static struct verdict other(const struct fault *f)
{
    static const struct {
        uint8_t vector;
        const char *name, *text;
    } rows[] = {
        {DB, "debug-trap", "a debug trap that the code itself has asked for"},
        {BP, "breakpoint", "a breakpoint instruction of the code's own: no client has set it"},
        {DE, "divide", "a division by zero, or a quotient that does not fit"},
        {OF, "overflow", "an overflow that INTO looked for"},
        {BR, "bound", "an index out of the bounds that BOUND looked at"},
        {NM, "no-fpu", "a floating point instruction while CR0.TS or EM forbids it"},
        {TS, "task-state", "the task state segment is bad: a stack could not be found in it"},
        {NP, "gate", "a gate or segment that is not present"},
        {MF, "floating-point", "an x87 exception that is not masked"},
        {XM, "floating-point", "an SSE exception that is not masked"},
        {AC, "unaligned", "an address that is not aligned, where that is checked"},
        {MC, "machine-check", "the hardware reports an error"},
        {CP, "control-flow", "a jump or return that control-flow enforcement forbids"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].vector == f->vector)
            return plain(rows[i].name, rows[i].text);
    return plain("exception", "nothing more is known about it");
}

struct verdict verdict_of(const struct fault *fault, const struct insn *insn,
                          const struct verdict_operands *operands, bool executable)
{
    bool behind_int = insn && insn->class == INSN_INT && insn->address != fault->rip;

    if (fault->error == FRAME_NO_ERROR || (behind_int && fault->vector != BP))
        return plain("int-instruction", "an int instruction has raised it, and nothing else");
    switch (fault->vector) {
    case PF:
        return page_fault(fault, operands, executable);
    case DF:
        return double_fault(fault, operands);
    case GP:
    case SS:
        return protection(fault, insn, operands);
    case UD:
        return invalid_opcode(insn);
    default:
        return other(fault);
    }
}
