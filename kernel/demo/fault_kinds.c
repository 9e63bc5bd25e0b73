/* fault_kinds.c: everything that a kernel must not do. */
#include "demo/fault_kinds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/descriptors.h"
#include "cpu/instructions.h"
#include "cpu/trap.h"
#include "debugger.h"
#include "demand.h"
#include "mm/layout.h"
#include "panic.h"

#define HOLE       0x8000000000000000 /* no canonical address, with 4 levels of tables or 5 */
#define NO_GATE    0x81
#define NO_SEGMENT 0x1000

static volatile uint64_t zero;

void fault_divide(void)
{
    volatile uint64_t answer = 42 / zero;

    (void)answer;
}

void fault_invalid_opcode(void)
{
    __asm__ volatile("ud2");
}

void fault_gp_selector(void)
{
    __asm__ volatile("movl %0, %%es" : : "r"(NO_SEGMENT));
}

void fault_gp_noncanonical(void)
{
    (void)*(volatile uint64_t *)HOLE;
}

void fault_ss_noncanonical(void)
{
    __asm__ volatile("pushq %%rbp; movq %0, %%rbp; movq (%%rbp), %%rax; popq %%rbp"
                     :
                     : "r"(HOLE)
                     : "rax", "memory");
}

void fault_np_gate(void)
{
    descriptors_gate_present(NO_GATE, false);
    __asm__ volatile("int %0" : : "i"(NO_GATE));
}

/* A client cannot: the debugger depends on the table. */
void fault_mend_tables(void)
{
    descriptors_gate_present(NO_GATE, true);
    descriptors_gate_present(VECTOR_PAGE_FAULT, true);
    descriptors_limit_task_state(TASK_STATE_LAST);
}

void fault_page_null_read(void)
{
    (void)*(volatile uint64_t *)zero;
}

void fault_page_null_write(void)
{
    *(volatile uint64_t *)zero = 42;
}

void fault_page_nx_exec(void)
{
    ((void (*)(void))&zero)();
}

void fault_page_rodata_write(void)
{
    *(volatile uint8_t *)__rodata_start = 42;
}

void fault_null_call(void)
{
    ((void (*)(void))zero)();
}

/* Each call needs something of its own afterwards, so that it cannot become a loop. */
static uint64_t recurse(uint64_t depth)
{
    volatile uint64_t mine = depth;

    return zero ? mine : recurse(depth + 1) + mine;
}

void fault_stack_overflow(void)
{
    recurse(0);
}

void fault_bad_stack(void)
{
    __asm__ volatile("movq %0, %%rsp; pushq %%rax" : : "r"(zero + 64) : "memory");
}

void fault_noncanonical_rsp(void)
{
    __asm__ volatile("movq %0, %%rsp; pushq %%rax" : : "r"(HOLE) : "memory");
}

void fault_bad_gate(void)
{
    descriptors_gate_present(VECTOR_PAGE_FAULT, false);
    (void)*(volatile uint64_t *)zero;
}

/* The division sets a flag in the status word; the next waiting instruction raises it. */
void fault_x87(void)
{
    const uint16_t zero_divide_unmasked = 0x037b;

    __asm__ volatile("fninit; fldcw %0; fld1; fldz; fdivrp; fwait"
                     :
                     : "m"(zero_divide_unmasked));
}

void fault_simd(void)
{
    const uint32_t zero_divide_unmasked = 0x1d80;
    const float one = 1;

    __asm__ volatile("ldmxcsr %0; movss %1, %%xmm0; xorps %%xmm1, %%xmm1; divss %%xmm1, %%xmm0"
                     :
                     : "m"(zero_divide_unmasked), "m"(one)
                     : "memory");
}

void fault_no_fpu(void)
{
    write_cr0(read_cr0() | CR0_TS);
    __asm__ volatile("fnop; clts");
}

void fault_breakpoint(void)
{
    __asm__ volatile("int3");
}

void fault_nmi(void)
{
    __asm__ volatile("int $2");
}

void fault_overflow(void)
{
    __asm__ volatile("int $4");
}

void fault_bound(void)
{
    __asm__ volatile("int $5");
}

void fault_machine_check(void)
{
    __asm__ volatile("int $18");
}

void fault_virtualization(void)
{
    __asm__ volatile("int $20");
}

void fault_reserved(void)
{
    __asm__ volatile("int $15");
}

/* The stack of #MC is the last in the TSS. All others stay within it. */
void fault_invalid_tss(void)
{
    descriptors_limit_task_state(TASK_STATE_MACHINE_CHECK - 1);
    __asm__ volatile("int $18");
}

void fault_simd_vector(void)
{
    __asm__ volatile("int $19");
}

void fault_hypervisor_injection(void)
{
    __asm__ volatile("int $28");
}

/*
 * "int n" pushes no error code, which these have. What the processor pushes is built here instead
 * (Intel SDM vol. 3, 6.14.2), with rip behind it, so that going on is harmless.
 */
__attribute__((always_inline)) static inline void raise(unsigned vector, uint64_t error)
{
    __asm__ volatile("movq %%rsp, %%rax\n\t"
                     "andq $-16, %%rsp\n\t"
                     "pushq %[ss]\n\t"
                     "pushq %%rax\n\t"
                     "pushfq\n\t"
                     "pushq %[cs]\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "pushq %[error]\n\t"
                     "cli\n\t"
                     "jmp *%[entry]\n"
                     "1:"
                     :
                     : [ss] "i"(KERNEL_DATA), [cs] "i"(KERNEL_CODE), [error] "r"(error),
                       [entry] "r"(descriptors_entry(vector))
                     : "rax", "memory", "cc");
}

void fault_alignment_check(void)
{
    raise(17, 0);
}

void fault_control_protection(void)
{
    raise(21, 3); /* ENDBRANCH was missing */
}

void fault_vmm_communication(void)
{
    raise(29, 0x72); /* SVM's exit code of CPUID */
}

void fault_security(void)
{
    raise(30, 1);
}

/* A page that nobody has touched yet, and that reads as zero. */
void fault_demand(void)
{
    static size_t next;
    volatile uint64_t *page = demand_page(next++);

    *page = *page + 42;
}

void fault_spin_cli(void)
{
    interrupts_disable();
    for (;;)
        __asm__ volatile("");
}

void fault_spin_poll(void)
{
    interrupts_disable();
    for (;;)
        debugger_poll();
}

void fault_panic(void)
{
    panic("the demo gives up, as it was asked to");
}

void fault_panic_again(void)
{
    panic("the demo gives up over %s", (const char *)HOLE);
}
