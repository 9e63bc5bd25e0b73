/* crash.c: a program that goes wrong. Its argument says how; init=/crash:pf runs it at boot. */
#include "user.h"

static volatile int zero;

static void touch(uint64_t address)
{
    *(volatile uint8_t *)address = 1;
}

static void divide(void)
{
    __asm__ volatile("divl %1" : : "a"(1), "r"(zero), "d"(0));
}

static void privileged(void)
{
    __asm__ volatile("cli");
}

static void undefined(void)
{
    __asm__ volatile("ud2");
}

static void breakpoint(void)
{
    __asm__ volatile("int3");
}

static void trap_flag(void)
{
    __asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop" : : : "memory");
}

/* SYSCALL clears TF (IA32_FMASK): the trap that is due comes behind it, in here. */
static void trap_flag_syscall(void)
{
    __asm__ volatile("pushfq; orl $0x100, (%%rsp); movl %0, %%eax; popfq; syscall; nop"
                     :
                     : "i"(SYS_GETPID)
                     : "memory", "rax", "rcx", "r11");
}

/* Nothing is let in between these two, and what was due comes in the kernel (CVE-2018-8897). */
static void stack_segment(void)
{
    __asm__ volatile("movl %%ss, %%eax; movl %%eax, %%ss; int3" : : : "rax");
}

static void null(void)
{
    touch(0);
}

static void kernel(void)
{
    touch(0xffffffff80100000);
}

static void text(void)
{
    touch((uint64_t)text);
}

static void noncanonical(void)
{
    touch(0x8000000000000000);
}

static void stack(void)
{
    volatile uint8_t much[1 << 12];

    much[0] = 1;
    if (zero == 0)
        stack();
    much[1] = much[0];
}

/* The stack pointer is wrong before a system call, and before an exception. */
static void lost_stack(void)
{
    __asm__ volatile("movq $-4096, %%rsp; movl %0, %%eax; syscall; ud2" : : "i"(SYS_GETPID));
}

static const struct {
    const char *name;
    void (*run)(void);
} ways[] = {
    {"de", divide}, {"gp", privileged},    {"ud", undefined},      {"bp", breakpoint},
    {"db", trap_flag}, {"tf", trap_flag_syscall}, {"ss", stack_segment}, {"null", null},
    {"kernel", kernel}, {"text", text},    {"hole", noncanonical}, {"stack", stack},
    {"rsp", lost_stack},
};

static bool same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* One way, or all of them, each in a child. */
int main(int argc, char **argv)
{
    bool all = argc < 2 || argv[1][0] == '\0';

    for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (!all && !same(argv[1], ways[i].name))
            continue;

        int status = 0;
        long pid = all ? fork() : 0;

        if (pid == 0) {
            ways[i].run();
            exit(0); /* nothing went wrong */
        }
        wait(pid, &status);
        say_number(ways[i].name, status);
    }
    say("still here");
    return 0;
}
