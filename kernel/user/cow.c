/*
 * cow.c: parent and child write to one shared page at the same moment, on two processors if there
 * are two, round after round. Nobody's write may be lost, or be seen by the other; nor may what a
 * debugger does to the parent's page at cow_mark, until it says that it is done.
 */
#include "user.h"

#define PAGE_SIZE 4096
#define WORDS     16
#define MARK      0x5a

struct page {
    volatile uint64_t parents, childs;
    volatile uint64_t others[WORDS]; /* nobody writes to them */
    volatile uint8_t mark;
} __attribute__((aligned(PAGE_SIZE)));

struct page cow_page = {.mark = MARK};
volatile uint64_t cow_rounds __attribute__((aligned(PAGE_SIZE)));
volatile uint64_t cow_left_alone; /* set by the debugger */

static void wait_until(long moment)
{
    while (ticks() < moment)
        ;
}

static bool others_are(uint64_t value)
{
    for (size_t i = 0; i < WORDS; i++) {
        if (cow_page.others[i] != value + i)
            return false;
    }
    return true;
}

__attribute__((noinline)) static void cow_child(long moment, uint64_t round)
{
    claim(cow_page.mark == MARK, "a child's page is as it was written");
    wait_until(moment);
    cow_page.childs = round;
    claim(cow_page.childs == round && cow_page.parents == round - 1, "who copies loses nothing");
    claim(others_are(round) && cow_page.mark == MARK, "a copy is a copy");
    exit(0);
}

static void cow_round(uint64_t round)
{
    long moment = ticks() + 2;
    int status = -1;

    for (size_t i = 0; i < WORDS; i++)
        cow_page.others[i] = round + i;

    long pid = fork();

    if (pid == 0)
        cow_child(moment, round);
    wait_until(moment);
    cow_page.parents = round;
    claim(wait(pid, &status) == pid && status == 0, "a child has what its parent had");
    claim(cow_page.parents == round && cow_page.childs == 0, "each write is one program's");
    claim(others_are(round), "what nobody writes stays");
    claim(!cow_left_alone || cow_page.mark == MARK, "nothing is left of a breakpoint");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (;;) {
        cow_round(cow_rounds + 1);
        cow_rounds++;
    }
}
