/*
 * debugger_malloc.c: the malloc() that gdb calls in the program it debugs.
 *
 * For `call demo_string_length("hello")` gdb needs memory for the literal and asks the debuggee's
 * malloc() for it, at whatever point the kernel was stopped: perhaps inside kmalloc, with its lists
 * half changed. So this one shares nothing with anybody. gdb never frees; when the arena is used up
 * the oldest literals are overwritten.
 */
#include <stddef.h>
#include <stdint.h>

#define ARENA_SIZE 4096

void *malloc(size_t n);

static uint8_t arena[ARENA_SIZE] __attribute__((aligned(16)));
static size_t used;

/* NULL if n is more than there can ever be. */
void *malloc(size_t n)
{
    size_t rounded;
    void *memory;

    if (n > ARENA_SIZE)
        return NULL;
    rounded = (n + 15) & ~(size_t)15;
    if (rounded > ARENA_SIZE - used)
        used = 0;
    memory = &arena[used];
    used += rounded;
    return memory;
}
