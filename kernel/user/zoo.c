/*
 * zoo.c: the ways between ring 3 and the kernel, each in a function of zoo_ways.S that looks at its
 * own flags and registers before and after it: init=/zoo, for those who step through them.
 */
#include "user.h"

#define TURNS_PER_REST 4096

/* What was found wrong: 0, or a number of zoo_ways.S's. rdi: what the call has to return. */
long zoo_syscall(long pid);
long zoo_int80(long pid);
long zoo_syscall_flags(long pid);

volatile uint64_t zoo_turns;

static void turn(long pid)
{
    claim(zoo_syscall(pid) == 0, "SYSCALL leaves all registers but rcx, r11 and rax");
    claim(zoo_syscall_flags(pid) == 0, "SYSCALL leaves the flags");
    claim(zoo_int80(pid) == 0, "int 0x80 leaves all registers but rax, and the flags");
    zoo_turns++;
}

int main(int argc, char **argv)
{
    long pid = getpid();

    (void)argc;
    (void)argv;
    say("open");
    for (;;) {
        turn(pid);
        if (zoo_turns % TURNS_PER_REST == 0)
            sleep_ms(1);
    }
}
