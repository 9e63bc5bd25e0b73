/* kernel_host.c: printk, panic and memory as the host has them. */
#include "kernel_host.h"

#include "cpu.h"
#include "cpu/features.h"
#include "cpu/instructions.h"
#include "demo/faults.h"
#include "memory_map.h"
#include "mm/layout.h"
#include "page_alloc.h"
#include "panic.h"
#include "printk.h"
#include "start.h"
#include "test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Alignas(PAGE_SIZE) uint8_t host_memory[HOST_MEMORY];
struct cpu_features cpu_features = {.nx = true, .pages_1g = true};
unsigned host_invalidated;
bool host_interrupts = true;
const void *host_gs;
struct cpu cpus[CPUS_MAX];

unsigned cpu_index(void)
{
    return 0;
}

char host_log[4096];
jmp_buf host_panic_exit;
bool host_panic_expected;
char host_panic_text[256];

void printk(const char *format, ...)
{
    size_t length = strlen(host_log);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(host_log + length, sizeof(host_log) - length, format, arguments);
    va_end(arguments);
}

void panic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(host_panic_text, sizeof(host_panic_text), format, arguments);
    va_end(arguments);
    if (!host_panic_expected)
        test_fail("panic: %s", host_panic_text);
    longjmp(host_panic_exit, 1);
}

void kernel_start(const struct boot_info *boot)
{
    (void)boot;
    abort(); /* the tests call what boot_main() calls */
}

/* The one option that is not read in cmdline.c. */
const char *fault_request(const char *value)
{
    (void)value;
    return NULL;
}

uint32_t host_random(uint32_t limit)
{
    static uint64_t state = 0x853c49e6748fea9b;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % limit;
}

const struct boot_info *host_boot(void)
{
    static struct boot_info boot;

    boot = (struct boot_info){.protocol = "test"};
    boot_add_memory(&boot, 0, 0x9fc00, MEMORY_USABLE);
    boot_add_memory(&boot, 0x9fc00, 0x400, MEMORY_RESERVED);
    boot_add_memory(&boot, 0x100000, HOST_MEMORY - 0x100000, MEMORY_USABLE);
    memory_map_init(&boot);
    page_alloc_init(&boot, BOOT_MAP_SIZE);
    return &boot;
}
