/* step_machine.c: the processor that step_plan.h works on: the one that runs this. */
#include "msr.h"
#include "page_command.h"
#include "processor.h"
#include "safe_copy.h"
#include "step.h"
#include "step_emulate.h"

#define MSR_DEBUGCTL 0x1d9u
#define DEBUGCTL_BTF 2u

/* The program may be about to read CR2: a fault of ours must not show there. */
static size_t keep_cr2(size_t done, size_t n, uint64_t cr2)
{
    if (done != n)
        write_cr2(cr2);
    return done;
}

static size_t read_memory(void *context, uint64_t address, void *out, size_t n)
{
    uint64_t cr2 = read_cr2();

    (void)context;
    return keep_cr2(safe_read(out, address, n), n, cr2);
}

static size_t write_memory(void *context, uint64_t address, const void *in, size_t n)
{
    uint64_t cr2 = read_cr2();

    (void)context;
    return keep_cr2(safe_write(address, in, n), n, cr2);
}

static bool read_msr_of(void *context, uint32_t msr, uint64_t *value)
{
    (void)context;
    return msr_read(msr, value);
}

static void tables(void *context, struct step_tables *out)
{
    struct table_register gdt = read_gdtr(), idt = read_idtr();

    (void)context;
    *out = (struct step_tables){
        .gdt_base = gdt.base, .gdt_limit = gdt.limit, .idt_base = idt.base, .idt_limit = idt.limit};
    __asm__("str %0" : "=m"(out->task));
}

/* True also if nobody can know. */
static bool may_execute(void *context, const struct trap_frame *frame)
{
    (void)context;
    return !debugger_settings.physical_memory || page_may_run(frame->rip, frame->cs & 3);
}

const struct step_machine step_machine = {
    .may_execute = may_execute,
    .read_memory = read_memory,
    .write_memory = write_memory,
    .read_msr = read_msr_of,
    .tables = tables,
};

void step_machine_prepare(void)
{
    uint64_t control;

    if (msr_read(MSR_DEBUGCTL, &control) && (control & DEBUGCTL_BTF))
        msr_write(MSR_DEBUGCTL, control & ~(uint64_t)DEBUGCTL_BTF);
}

uint64_t step_machine_stack(uint64_t rsp, bool user)
{
    if (user && !task_stack(&step_machine, 0, 0, &rsp))
        return 0;
    return rsp & ~15ull;
}
