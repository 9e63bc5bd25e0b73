/* syscall.c: what programs can ask for: one function a number. */
#include "syscall.h"

#include <stdbool.h>
#include <stddef.h>

#include "cpu/clock.h"
#include "cpu/instructions.h"
#include "cpu/syscall.h"
#include "cpu/trap.h"
#include "printk.h"
#include "process.h"
#include "shared_page.h"
#include "syscall_numbers.h"
#include "thread.h"

typedef int64_t (*system_call)(struct trap_frame *frame);

static int64_t sys_exit(struct trap_frame *frame)
{
    process_end((int)frame->rdi);
}

static int64_t sys_write(struct trap_frame *frame)
{
    char text[SYS_WRITE_MAX + 1];
    size_t size = frame->rsi < SYS_WRITE_MAX ? frame->rsi : SYS_WRITE_MAX;

    if (user_read(text, frame->rdi, size) != 0)
        return ERROR_FAULT;
    text[size] = '\0';
    printk("%s", text);
    return (int64_t)size;
}

static int64_t sys_getpid(struct trap_frame *frame)
{
    (void)frame;
    return (int64_t)process_current()->pid;
}

static int64_t sys_yield(struct trap_frame *frame)
{
    (void)frame;
    thread_yield();
    return 0;
}

static int64_t sys_sleep(struct trap_frame *frame)
{
    thread_sleep(frame->rdi);
    return 0;
}

static int64_t sys_fork(struct trap_frame *frame)
{
    return process_fork(frame);
}

/* A text with its zero; false: it is not all there, or too long. */
static bool read_text(char *text, uint64_t address, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (user_read(&text[i], address + i, 1) != 0)
            return false;
        if (text[i] == '\0')
            return true;
    }
    return false;
}

static int64_t sys_exec(struct trap_frame *frame)
{
    char path[PROGRAM_NAME_MAX], argument[PROCESS_ARGUMENT_MAX];

    if (!read_text(path, frame->rdi, sizeof(path)) ||
        !read_text(argument, frame->rsi, sizeof(argument)))
        return ERROR_FAULT;
    return process_exec(frame, path, argument);
}

static int64_t sys_wait(struct trap_frame *frame)
{
    int status = 0;
    int64_t pid = process_wait(frame->rdi, &status);

    if (pid > 0 && frame->rsi != 0 && user_write(frame->rsi, &status, sizeof(status)) != 0)
        return ERROR_FAULT;
    return pid;
}

static int64_t sys_page(struct trap_frame *frame)
{
    struct mapping page;

    if (frame->rdi >= USER_HIGH)
        return ERROR_FAULT;
    if (!paging_lookup(&process_current()->space, frame->rdi, &page))
        return 0;
    return shared_page_holders(page.physical & ~(uint64_t)(PAGE_SIZE - 1));
}

static int64_t sys_ticks(struct trap_frame *frame)
{
    (void)frame;
    return (int64_t)clock_ticks;
}

/* A base of the kernel's half would be taken for the kernel's own GS: trap.S. */
static int64_t sys_base(struct trap_frame *frame)
{
    uint64_t which = frame->rdi, address = frame->rsi;

    if (which > SYS_BASE_GS || address >= USER_HIGH)
        return ERROR_FAULT;
    write_msr(which == SYS_BASE_FS ? MSR_FS_BASE : MSR_KERNEL_GS_BASE, address);
    return 0;
}

static const system_call calls[SYS_COUNT] = {
    [SYS_EXIT] = sys_exit,   [SYS_WRITE] = sys_write, [SYS_GETPID] = sys_getpid,
    [SYS_YIELD] = sys_yield, [SYS_SLEEP] = sys_sleep, [SYS_FORK] = sys_fork,
    [SYS_EXEC] = sys_exec,   [SYS_WAIT] = sys_wait,   [SYS_PAGE] = sys_page,
    [SYS_TICKS] = sys_ticks, [SYS_BASE] = sys_base,
};

/* The result goes to rax, unless there is another program now: that begins with all registers 0. */
void syscall_dispatch(struct trap_frame *frame)
{
    interrupts_enable();
    frame->rax = frame->rax < SYS_COUNT ? (uint64_t)calls[frame->rax](frame)
                                        : (uint64_t)ERROR_NO_SYSCALL;
    interrupts_disable();
}

void syscall_init(void)
{
    trap_on_interrupt(VECTOR_SYSCALL, syscall_dispatch);
}
