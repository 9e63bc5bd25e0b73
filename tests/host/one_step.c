/* one_step.c: the child, and its registers. */
#include "one_step.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static pid_t child;
static struct user_regs_struct at_start;

uint8_t *one_step_memory(uint64_t address)
{
    return (uint8_t *)address;
}

static void map(uint64_t address)
{
    void *at = mmap((void *)address, STEP_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    CHECK(at == (void *)address, "no memory at %#lx", (unsigned long)address);
}

void one_step_start(void)
{
    int status;
    if (child)
        return;
    map(STEP_CODE);
    map(STEP_SLOT);
    map(STEP_DATA);
    child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        _exit(1);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
    CHECK(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL) == 0);
    CHECK(ptrace(PTRACE_GETREGS, child, 0, &at_start) == 0);
    at_start.orig_rax = ~0ull; /* in no system call */
}

void one_step_stop(void)
{
    if (child > 0 && kill(child, SIGKILL) == 0)
        waitpid(child, NULL, 0);
}

#define FOR_REGISTERS(x)                                                                           \
    x(r15) x(r14) x(r13) x(r12) x(r11) x(r10) x(r9) x(r8) x(rdi) x(rsi) x(rdx) x(rcx) x(rax)       \
        x(rbx) x(rbp) x(rsp) x(rip)

bool one_step(struct trap_frame *frame)
{
    struct user_regs_struct registers = at_start;
    int status;
#define INTO(name) registers.name = frame->name;
    FOR_REGISTERS(INTO)
    registers.eflags = frame->rflags;
    CHECK(ptrace(PTRACE_SETREGS, child, 0, &registers) == 0);
    CHECK(ptrace(PTRACE_SINGLESTEP, child, 0, 0) == 0);
    CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
    if (WSTOPSIG(status) != SIGTRAP)
        return false;
    CHECK(ptrace(PTRACE_GETREGS, child, 0, &registers) == 0);
#define FROM(name) frame->name = registers.name;
    FOR_REGISTERS(FROM)
    frame->rflags = registers.eflags & ~0x100ull;
    return true;
}
