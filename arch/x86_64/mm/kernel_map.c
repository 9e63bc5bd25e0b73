/*
 * kernel_map.c: the kernel's address space, built once from the linker's symbols and the memory
 * map. The rule is W^X: .text is read-only, what is writable is not executable, and no other
 * mapping of the same memory breaks that.
 */
#include "mm/paging.h"

#include <string.h>

#include "cpu/instructions.h"
#include "cpu/stack.h"
#include "memory_map.h"
#include "page_alloc.h"
#include "panic.h"

struct address_space kernel_space;

static uint64_t next_device = DEVICE_MAP;

static void map(uint64_t address, uint64_t physical, uint64_t size, unsigned rights)
{
    if (!paging_map(&kernel_space, address, physical, size, rights))
        panic("memory: no room for the kernel's page tables");
}

static void map_image(const uint8_t *start, const uint8_t *end, unsigned rights)
{
    map((uint64_t)start, virtual_to_physical(start), end - start, rights);
}

/* Everything writable, but for the guard pages of the stacks; the debugger's own comes last. */
static void map_data(void)
{
    map_image(__data_start, __stacks_start, MAP_WRITE);
    for (uint8_t *stack = __stacks_start; stack < __stacks_end; stack += GUARDED_STACK_SIZE)
        map_image(stack + PAGE_SIZE, stack + GUARDED_STACK_SIZE, MAP_WRITE);
    map_image(__stacks_end + PAGE_SIZE, __data_end, MAP_WRITE);
}

/* What of RAM lies in [from, to), at DIRECT_MAP. */
static void map_direct(const struct memory_range *ram, uint64_t from, uint64_t to, unsigned rights)
{
    uint64_t start = ram->start > from ? ram->start : from;
    uint64_t end = ram->end < to ? ram->end : to;

    if (start < end)
        map(DIRECT_MAP + start, start, end - start, rights);
}

/* What of the image cannot be written to cannot be written to here either. */
static void map_all_memory(const struct boot_info *boot)
{
    uint64_t read_only = virtual_to_physical(__text_start);
    uint64_t read_only_end = virtual_to_physical(__rodata_end);
    struct memory_range ram = {0};

    while (memory_next_ram(boot, ram.end, &ram)) {
        map_direct(&ram, 0, read_only, MAP_WRITE);
        map_direct(&ram, read_only, read_only_end, MAP_READ);
        map_direct(&ram, read_only_end, UINT64_MAX, MAP_WRITE);
    }
}

void kernel_map_init(const struct boot_info *boot)
{
    kernel_space.root = page_alloc(0);
    if (kernel_space.root == 0)
        panic("memory: no room for the kernel's page tables");
    memset(physical_to_virtual(kernel_space.root), 0, PAGE_SIZE);

    map_image(__text_start, __text_end, MAP_EXECUTE);
    map_image(__rodata_start, __rodata_end, MAP_READ);
    map_data();
    map_all_memory(boot);

    /* Once more at its physical addresses, for compare-sections; nothing else is down there. */
    uint64_t image = virtual_to_physical(__kernel_start);

    map(image, image, __kernel_end - __kernel_start, MAP_READ);
    write_cr3(kernel_space.root);
}

void *paging_map_device(uint64_t physical, uint64_t size)
{
    uint64_t start = physical & ~(uint64_t)(PAGE_SIZE - 1);
    uint64_t length = (physical + size - start + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
    uint64_t address = next_device;

    map(address, start, length, MAP_WRITE | MAP_DEVICE);
    next_device += length + PAGE_SIZE; /* a hole behind each, for what runs over its end */
    return (void *)(address + (physical - start));
}
