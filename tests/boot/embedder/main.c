/*
 * main.c: a kernel for docs/porting.md: nothing in it but what the page asks for. One processor, no
 * memory management, no threads, no optional hook.
 */
#include <stddef.h>
#include <stdint.h>

#include "debugger.h"

#define VECTORS   48
#define IRQ_TIMER 32
#define IRQ_COM1  36

static inline void out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void print(const char *text)
{
    while (*text)
        out(0xe9, (uint8_t)*text++);
}

/* ---- of libc ---- */

void *memcpy(void *to, const void *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    volatile uint8_t *out = to;

    if ((uintptr_t)to <= (uintptr_t)from)
        return memcpy(to, from, n);
    while (n-- > 0)
        out[n] = ((const uint8_t *)from)[n];
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((volatile uint8_t *)to)[i] = (uint8_t)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *left = a, *right = b;

    for (; n > 0; n--, left++, right++) {
        if (*left != *right)
            return *left - *right;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return (uint8_t)*a - (uint8_t)*b;
}

size_t strlen(const char *text)
{
    size_t n = 0;

    while (((const volatile char *)text)[n])
        n++;
    return n;
}

/* ---- tables of the processor's ---- */

struct pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

struct gate {
    uint16_t low, selector;
    uint8_t ist, attributes;
    uint16_t middle;
    uint32_t high, reserved;
};

extern uint8_t vectors[];
extern uint64_t gdt[5];

static struct gate idt[VECTORS];
static uint32_t task_state[26];
static uint8_t stacks[3][4096] __attribute__((aligned(16)));

static uint8_t ist_of(unsigned vector)
{
    return vector == 2 ? 1 : vector == 8 ? 2 : vector == 18 ? 3 : 0;
}

static void load_tables(void)
{
    const struct pointer pointer = {sizeof(idt) - 1, (uint64_t)idt};
    uint64_t base = (uint64_t)task_state;

    for (unsigned i = 0; i < VECTORS; i++) {
        uint64_t entry = (uint64_t)vectors + i * 16;

        idt[i] = (struct gate){.low = (uint16_t)entry, .selector = 8, .ist = ist_of(i),
                               .attributes = 0x8e, .middle = (uint16_t)(entry >> 16),
                               .high = (uint32_t)(entry >> 32)};
    }
    for (unsigned i = 0; i < 3; i++)
        task_state[9 + 2 * i] = (uint32_t)(uint64_t)&stacks[i + 1];
    gdt[3] = (sizeof(task_state) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 |
             (base >> 24 & 0xff) << 56;
    __asm__ volatile("lidt %0; ltr %w1" : : "m"(pointer), "r"(24));
}

/* Two 8259s, vectors from 32 on, all but the timer and COM1 masked; a tick every 10 ms. */
static void start_interrupts(void)
{
    static const uint8_t words[][2] = {{0x20, 0x11}, {0xa0, 0x11}, {0x21, 32}, {0xa1, 40},
                                       {0x21, 4}, {0xa1, 2}, {0x21, 1}, {0xa1, 1},
                                       {0x21, 0xee}, {0xa1, 0xff},
                                       {0x43, 0x34}, {0x40, 0x9c}, {0x40, 0x2e}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        out(words[i][0], words[i][1]);
    __asm__ volatile("sti");
}

/* ---- traps ---- */

volatile uint64_t ticks;

void trap(struct trap_frame *frame);

static void panic(const char *why)
{
    print("panic: ");
    print(why);
    debugger_panic(why);
    for (;;)
        __asm__ volatile("cli; hlt");
}

void trap(struct trap_frame *frame)
{
    if (frame->vector >= IRQ_TIMER) {
        ticks += frame->vector == IRQ_TIMER;
        out(0x20, 0x20);
        debugger_interrupt(frame);
        return;
    }
    if (debugger_exception(frame, frame->vector, frame->error) == DEBUGGER_HANDLED)
        return;
    debugger_unhandled(frame);
    panic("an exception\n");
}

/* ---- something to debug ---- */

volatile uint64_t counter, wanted_fault;

__attribute__((noipa)) static uint64_t count_to(uint64_t n)
{
    uint64_t sum = 0;

    for (uint64_t i = 1; i <= n; i++)
        sum += i;
    counter++;
    return sum;
}

static void work(void)
{
    for (;;) {
        if (count_to(10) != 55)
            panic("ten numbers\n");
        if (wanted_fault)
            *(volatile uint64_t *)wanted_fault = 1;
    }
}

void main(void);

void main(void)
{
    static const struct debugger_config config = {.uart_port = 0x3f8, .baud = 115200};
    const char *problem;

    print("embedder: booting\n");
    load_tables();
    problem = debugger_init(&config);
    if (problem)
        panic(problem);
    start_interrupts();
    print("debugger: serving gdb\n");
    debugger_break();
    work();
}
