/*
 * fault_kinds.h: the faults, each a function fault_<kind>() that gdb can call. One that comes back
 * has done no harm.
 */
#ifndef DEMO_FAULT_KINDS_H
#define DEMO_FAULT_KINDS_H

#define FAULT_KINDS(kind)                                                                          \
    kind(divide, "divide by zero")                                                                 \
    kind(invalid_opcode, "execute what is no instruction")                                         \
    kind(gp_selector, "load a segment that the GDT does not have")                                 \
    kind(gp_noncanonical, "read in the hole between the halves of the address space")              \
    kind(ss_noncanonical, "the same through rbp, whose segment is the stack's")                    \
    kind(np_gate, "an interrupt whose gate is not present")                                        \
    kind(page_null_read, "read through a null pointer")                                            \
    kind(page_null_write, "write through a null pointer")                                          \
    kind(page_nx_exec, "execute data")                                                             \
    kind(page_rodata_write, "write to a constant")                                                 \
    kind(null_call, "call a null pointer")                                                         \
    kind(stack_overflow, "recursion without an end")                                               \
    kind(bad_stack, "push with rsp where nothing is mapped")                                       \
    kind(noncanonical_rsp, "push with rsp in the hole")                                            \
    kind(bad_gate, "a page fault whose gate is not present; monitor mend puts it back")            \
    kind(x87, "divide by zero with x87 exceptions unmasked")                                       \
    kind(simd, "the same with SSE; QEMU's TCG does not raise it")                                  \
    kind(no_fpu, "an x87 instruction while CR0.TS is set")                                         \
    kind(breakpoint, "an int3 in the source")                                                      \
    kind(nmi, "int 2: looks like an NMI, but blocks none")                                         \
    kind(overflow, "int 4, what INTO was")                                                         \
    kind(bound, "int 5, what BOUND was")                                                           \
    kind(machine_check, "int 18: looks like one")                                                  \
    kind(virtualization, "int 20")                                                                 \
    kind(reserved, "int 15, which means nothing")                                                  \
    kind(invalid_tss, "an interrupt whose stack lies beyond the limit of the TSS")                 \
    kind(simd_vector, "int 19: looks like simd, where that is not raised")                         \
    kind(hypervisor_injection, "int 28")                                                           \
    kind(alignment_check, "what #AC pushes, by hand: ring 0 never gets one")                       \
    kind(control_protection, "what #CP pushes, by hand")                                           \
    kind(vmm_communication, "what #VC pushes, by hand")                                            \
    kind(security, "what #SX pushes, by hand")                                                     \
    kind(panic, "give up")                                                                         \
    kind(panic_again, "give up, and go wrong in telling why")                                      \
    kind(demand, "touch memory that is made when it is touched: all is well")                      \
    kind(not_mapped, "read where nothing is mapped")                                               \
    kind(user_address, "read in the user half of the address space")                               \
    kind(text_write, "write to code")                                                              \
    kind(stack_guard, "a local variable below the end of the stack")                               \
    kind(reserved_bit, "read where a reserved bit is set in the page tables")                      \
    kind(unaligned, "movaps of what is not aligned to 16 bytes")                                   \
    kind(no_code, "execute a byte that begins no instruction")                                     \
    kind(use_after_free, "follow a pointer that was read from free memory")                        \
    kind(smashed_return, "return to where nothing is mapped")                                      \
    kind(wild_call, "call what is no address")                                                     \
    kind(spinlock, "read through a null pointer with a spinlock held")                             \
    kind(deadlock, "two processors that wait for each other's spinlock, or one for its own")       \
    kind(spin_cli, "loop for ever with interrupts off")                                            \
    kind(spin_poll, "the same, but let a debugger in by debugger_poll()")

#define DECLARE(name, help) void fault_##name(void);
FAULT_KINDS(DECLARE)
#undef DECLARE

/* Undo what fault_np_gate(), fault_bad_gate() and fault_invalid_tss() have done. */
void fault_mend_tables(void);

#endif
