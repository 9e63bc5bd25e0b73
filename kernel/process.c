/* process.c: how processes begin. */
#include "process.h"

#include <stddef.h>
#include <string.h>

#include "cpu.h"
#include "cpu/context.h"
#include "cpu/descriptors.h"
#include "cpu/instructions.h"
#include "cpu/syscall.h"
#include "cpu/trap.h"
#include "debug_processes.h"
#include "debugger.h"
#include "kmalloc.h"
#include "printk.h"
#include "process_memory.h"
#include "process_table.h"
#include "shared_page.h"
#include "syscall.h"
#include "syscall_numbers.h"
#include "thread.h"

#define RFLAGS_FIXED  2      /* bit 1 is always set */
#define FPU_CONTROL   0x037f /* as FNINIT leaves it */
#define MXCSR_DEFAULT 0x1f80 /* all exceptions masked, round to nearest */

/* The beginning of what FXSAVE stores (Intel SDM vol. 1, table 10-2). */
struct fpu_head {
    uint16_t control, status;
    uint8_t tags, reserved;
    uint16_t opcode;
    uint64_t instruction, data;
    uint32_t mxcsr;
};

static void fpu_fresh(struct process *process)
{
    struct fpu_head *head = (struct fpu_head *)process->fpu;

    memset(process->fpu, 0, FPU_STATE_SIZE);
    head->control = FPU_CONTROL;
    head->mxcsr = MXCSR_DEFAULT;
}

static struct trap_frame fresh_frame(const struct program *program, uint64_t rsp)
{
    return (struct trap_frame){
        .entry_flags = FRAME_SWAPGS,
        .rip = program_image(program)->entry,
        .cs = USER_CODE | 3,
        .rflags = RFLAGS_FIXED | RFLAGS_IF,
        .rsp = rsp,
        .ss = USER_DATA | 3,
    };
}

struct process *process_current(void)
{
    const struct thread *thread = current_thread();

    return thread != NULL ? thread->process : NULL;
}

/* The frame on the stack that entries from ring 3 will use, so this is the last use of what is. */
static void run(void *argument)
{
    const struct process *process = argument;
    struct trap_frame frame = process->start;

    user_enter(&frame);
}

/* With everything but a thread; false: no memory for that, and the process is gone. */
static bool begin(struct process *process)
{
    const char *name = program_name(process->program);
    struct thread *thread = thread_create(name, run, process);

    if (thread == NULL) {
        address_space_destroy(&process->space);
        kfree(process);
        return false;
    }
    thread->space = &process->space;
    thread->fpu = process->fpu;
    thread->process = process;
    thread->fs_base = current_thread()->fs_base; /* a parent's, or 0 */
    thread->gs_base = current_thread()->gs_base;
    process->thread = thread;
    process_table_add(process);
    thread_launch(thread);
    return true;
}

const char *process_launch(const char *path, const char *argument)
{
    const char *problem = NULL;
    struct program *program = program_find(path, &problem);
    struct process *process = program != NULL ? kcalloc(1, sizeof(*process)) : NULL;

    if (program == NULL)
        return problem;
    if (process == NULL)
        return "no memory";
    process->program = program;
    process->pid = process_table_next_pid();
    fpu_fresh(process);

    uint64_t rsp = process_make_memory(&process->space, path, argument);

    process->start = fresh_frame(program, rsp);
    if (rsp == 0)
        kfree(process);
    return rsp != 0 && begin(process) ? NULL : "no memory";
}

/* The child is in the same system call, and finds that it was 0 that it returned. */
int64_t process_fork(const struct trap_frame *frame)
{
    struct process *parent = process_current();
    struct process *child = kcalloc(1, sizeof(*child));

    if (child == NULL || !address_space_create(&child->space)) {
        kfree(child);
        return ERROR_NO_MEMORY;
    }
    child->program = parent->program;
    child->parent = parent;
    child->start = *frame;
    child->start.rax = 0;
    __asm__ volatile("fxsave64 (%0)" : : "r"(child->fpu) : "memory");
    context_keep_bases(current_thread());
    child->pid = process_table_next_pid();

    uint64_t pid = child->pid;

    if (!address_space_copy(&child->space, &parent->space)) {
        address_space_destroy(&child->space);
        kfree(child);
        return ERROR_NO_MEMORY;
    }
    debug_pages_refill();
    debugger_user_memory_shared(parent->space.root);
    return begin(child) ? (int64_t)pid : ERROR_NO_MEMORY;
}

static void rename_thread(struct thread *thread, const char *name)
{
    memset(thread->name, 0, sizeof(thread->name));
    memcpy(thread->name, name, strlen(name)); /* PROGRAM_NAME_MAX is not longer */
}
_Static_assert(PROGRAM_NAME_MAX <= THREAD_NAME_MAX, "a thread is named like its program");

static void fresh_bases(struct thread *thread)
{
    bool enabled = interrupts_save();

    thread->fs_base = thread->gs_base = 0;
    context_use_bases(thread);
    interrupts_restore(enabled);
}

int64_t process_exec(struct trap_frame *frame, const char *path, const char *argument)
{
    struct process *process = process_current();
    struct address_space old = process->space, space;
    const char *problem;
    struct program *program = program_find(path, &problem);

    if (program == NULL) {
        printk("process: pid %lu cannot execute %s: %s\n", process->pid, path, problem);
        return ERROR_NO_FILE;
    }

    uint64_t rsp = process_make_memory(&space, path, argument);

    if (rsp == 0)
        return ERROR_NO_MEMORY;
    process->program = program;
    process->space = space; /* from here on a switch to this thread would load it */
    write_cr3(space.root);
    debugger_space_gone(old.root);
    address_space_destroy(&old);
    rename_thread(current_thread(), program_name(program));
    fresh_bases(current_thread());

    bool enabled = interrupts_save();

    fpu_fresh(process);
    __asm__ volatile("fxrstor64 (%0)" : : "r"(process->fpu) : "memory");
    interrupts_restore(enabled);
    *frame = fresh_frame(program, rsp);
    return 0;
}

/* One line that names all that a person wants to know; the kernel goes on. */
static void kill(struct trap_frame *frame)
{
    const struct process *process = process_current();
    uint64_t cr2 = read_cr2();

    if (process == NULL)
        return;
    debugger_resolved(frame);
    interrupts_enable();
    if (frame->vector == VECTOR_PAGE_FAULT)
        printk("process: %s (pid %lu) killed: page fault at rip 0x%lx: cannot %s 0x%lx\n",
               program_name(process->program), process->pid, frame->rip,
               frame->error & PF_FETCH   ? "execute"
               : frame->error & PF_WRITE ? "write"
                                         : "read",
               cr2);
    else
        printk("process: %s (pid %lu) killed: %s at rip 0x%lx, error code 0x%lx\n",
               program_name(process->program), process->pid, trap_name(frame->vector), frame->rip,
               frame->error);
    process_end(STATUS_KILLED + (int)frame->vector);
}

void process_init(void)
{
    shared_page_init();
    address_space_init();
    syscall_init();
    debug_pages_refill();
    trap_on_user_exception(kill);
}
