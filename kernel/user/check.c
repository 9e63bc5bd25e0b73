/*
 * check.c: tries what the kernel promises to programs. init=/check runs it at boot; it says what it
 * has seen and ends with status 0, or says what is not true.
 */
#include "user.h"

#define UNTOUCHED_PAGES 16
#define PAGE_SIZE       4096

/* Made when it is touched, a page at a time. */
static volatile uint8_t untouched[UNTOUCHED_PAGES * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static volatile int shared = 41;

static long wait_for(long pid)
{
    int status = -1;

    claim(pid > 0, "a fork works");
    claim(wait(pid, &status) == pid, "the child that ends is the one waited for");
    return status;
}

static void check_demand_zero(void)
{
    const volatile uint8_t *page = &untouched[5 * PAGE_SIZE];

    claim(page_holders((const void *)page) == 0, "a page that was never touched is not there");
    claim(page[17] == 0, "it reads as 0");
    claim(page_holders((const void *)page) == 1, "it is there now");
    claim(page_holders((const void *)(page + PAGE_SIZE)) == 0, "its neighbour is not");
    say("pages are made when they are touched");
}

static int child_of_copy_on_write(void)
{
    claim(shared == 41, "a child sees what its parent had");
    claim(page_holders((const void *)&shared) == 2, "... in the same page");
    shared = 43;
    claim(page_holders((const void *)&shared) == 1, "who writes has a page of his own");
    return shared;
}

static void check_copy_on_write(void)
{
    shared = 41;

    long pid = fork();

    if (pid == 0)
        exit(child_of_copy_on_write());
    claim(wait_for(pid) == 43, "a child has what it wrote");
    claim(shared == 41, "... and its parent does not");
    claim(page_holders((const void *)&shared) == 1, "the last holder is alone again");
    shared = 42;
    claim(shared == 42, "... and may write");
    say("pages are copied when they are written");
}

#define YIELD_EVERY 64 /* terms: somebody else may need all of a time slice */

/* The sum of 1/n^2 for n = first, first + 1 ...: in registers all the time, over system calls. */
static double series(uint64_t first, uint64_t n)
{
    double sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        double term = 1.0 / ((double)(first + i) * (double)(first + i));

        if (i % YIELD_EVERY == 0)
            yield();
        sum += term;
    }
    return sum;
}

/* What rounds numbers, and a register that the compiler leaves alone over a call. */
struct floating_point {
    uint32_t mxcsr;
    uint16_t control;
    uint64_t xmm15;
};

static struct floating_point floating_point(void)
{
    struct floating_point now;

    __asm__ volatile("stmxcsr %0; fnstcw %1; movq %%xmm15, %2"
                     : "=m"(now.mxcsr), "=m"(now.control), "=m"(now.xmm15));
    return now;
}

static bool is(struct floating_point wanted)
{
    struct floating_point now = floating_point();

    return now.mxcsr == wanted.mxcsr && now.control == wanted.control && now.xmm15 == wanted.xmm15;
}

static const struct floating_point fresh = {.mxcsr = 0x1f80, .control = 0x37f};

/* A copy has its parent's; what is executed has none of them. */
static void check_who_begins(void)
{
    static const struct floating_point odd = {.mxcsr = 0x7f80, .control = 0xf7f, .xmm15 = 0x1234};

    __asm__ volatile("ldmxcsr %0; fldcw %1; movq %2, %%xmm15"
                     : : "m"(odd.mxcsr), "m"(odd.control), "m"(odd.xmm15) : "xmm15");

    long pid = fork();

    if (pid == 0) {
        claim(is(odd), "a copy has the floating point registers of its parent");
        exec("/check", "fresh");
    }
    claim(is(odd), "... who keeps them");
    claim(wait_for(pid) == 9, "what is executed begins with fresh ones");
    __asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(fresh.mxcsr), "m"(fresh.control));
}

/* Both use the same registers, and take turns. */
static void check_floating_point(void)
{
    check_who_begins();

    long pid = fork();
    double first = series(pid == 0 ? 1000 : 1, 200);

    if (pid == 0)
        exit(first == series(1000, 200) && first < 0.0002 ? 7 : 1);
    claim(first == series(1, 200) && first > 1.63 && first < 1.65, "pi^2/6 is about 1.64");
    claim(wait_for(pid) == 7, "a child's floating point registers are its own");
    say("floating point registers stay a program's own");
}

static void check_doors(void)
{
    claim(getpid() == getpid_by_int(), "both doors lead to the same kernel");
    claim(write((const void *)0xffffffff80100000, 1) == ERROR_FAULT, "the kernel is not ours");
    claim(write((const void *)16, 1) == ERROR_FAULT, "NULL is nobody's");
    claim(exec("/nobody", "") == ERROR_NO_FILE, "what is not there cannot be executed");
    claim(wait(0, NULL) == ERROR_NO_CHILD, "who has no child waits for none");
}

int main(int argc, char **argv)
{
    if (argc > 1 && strlen(argv[1]) > 0)
        return is(fresh) ? 9 : 1;
    check_doors();
    check_demand_zero();
    check_copy_on_write();
    check_floating_point();
    say("all of it is true");
    return 0;
}
