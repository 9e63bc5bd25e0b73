/* demo_host.c: kmalloc, printk and panic as the host has them. */
#include "demo_host.h"

#include "demo/step_zoo.h"
#include "kmalloc.h"
#include "panic.h"
#include "printk.h"
#include "test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int host_allocations_left = -1;
long host_allocated;
jmp_buf *host_panic_exit;
char host_panic_text[256];
unsigned host_printed;

void *kmalloc(size_t n)
{
    if (host_allocations_left == 0) {
        host_allocations_left = -1;
        return NULL;
    }
    if (host_allocations_left > 0)
        host_allocations_left--;
    host_allocated++;
    return malloc(n);
}

void kfree(void *block)
{
    host_allocated -= block != NULL;
    free(block);
}

void printk(const char *format, ...)
{
    (void)format;
    host_printed++;
}

void panic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(host_panic_text, sizeof(host_panic_text), format, arguments);
    va_end(arguments);
    if (host_panic_exit != NULL)
        longjmp(*host_panic_exit, 1);
    test_fail("panic: %s", host_panic_text);
}

/* Most of it takes ring 0. */
void step_zoo_turn(void)
{
}

uint32_t host_random(uint32_t limit)
{
    static uint64_t state = 0x853c49e6748fea9b;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % limit;
}
