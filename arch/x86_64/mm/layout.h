/*
 * layout.h: who lives where in the kernel's half of the address space.
 *
 *     0xffff800000000000  direct map: all RAM at DIRECT_MAP + its physical address
 *     0xffffd00000000000  stacks of threads: kernel/thread_stack.c
 *     0xffffd04000000000  a page that means this or that: kernel/workload/window.c
 *     0xffffe00000000000  memory made on demand: kernel/demand.c
 *     0xffffff0000000000  devices, uncached, one after the other
 *     0xffffffff80000000  the kernel image at KERNEL_VMA + its physical address, within 1 GiB: with
 *                         kaslr it is moved up, boot/slide.h
 *     0xffffffffc0000000  modules, within reach of a 32-bit call from the kernel: kernel/module.c
 *
 * The lower half is the user's. Until there is one, the kernel image's own physical range is mapped
 * there a second time, read-only, because gdb's compare-sections asks for physical addresses.
 */
#ifndef KERNEL_LAYOUT_H
#define KERNEL_LAYOUT_H

#define KERNEL_VMA 0xffffffff80000000
#define KERNEL_LOAD_ADDRESS 0x100000 /* physical, of the image's first byte */
#define DIRECT_MAP 0xffff800000000000
#define STACK_MAP  0xffffd00000000000
#define WINDOW_MAP 0xffffd04000000000
#define DEMAND_MAP 0xffffe00000000000
#define DEVICE_MAP 0xffffff0000000000
#define MODULE_MAP 0xffffffffc0000000
#define MODULE_MAP_SIZE 0x3e000000

#define PAGE_SHIFT 12
#define PAGE_SIZE  0x1000

/* Physical memory that the tables of boot.S reach: the first 4 GiB. */
#define BOOT_MAP_SIZE 0x100000000

#ifndef __ASSEMBLER__

#include <stdint.h>

static inline void *physical_to_virtual(uint64_t physical)
{
    return (void *)(DIRECT_MAP + physical);
}

/* linker.ld: bounds of the image and of its parts, all but the stacks page aligned. */
extern uint8_t __kernel_start[], __kernel_end[];
extern uint8_t __text_start[], __text_end[];
extern uint8_t __rodata_start[], __rodata_end[];
extern uint8_t __data_start[], __data_end[];
extern uint8_t __stacks_start[], __stacks_end[];

/*
 * An address of the image as a number. What is a symbol plus a constant the compiler leaves to the
 * linker, who knows the linked address only: so it must not see that this is one.
 */
static inline uint64_t image_address(const void *pointer)
{
    uint64_t address = (uint64_t)pointer;

    __asm__("" : "+r"(address));
    return address;
}

/* Where the image runs. */
static inline uint64_t kernel_image(void)
{
    return image_address(__kernel_start);
}

/* How far the image has been moved from where it was linked; 0 but for KASLR. */
static inline uint64_t kernel_slide(void)
{
    return kernel_image() - KERNEL_LOAD_ADDRESS - KERNEL_VMA;
}

/* For addresses in the kernel image and in the direct map only. */
static inline uint64_t virtual_to_physical(const void *pointer)
{
    uint64_t address = image_address(pointer);

    return address >= KERNEL_VMA ? address - kernel_image() + KERNEL_LOAD_ADDRESS
                                 : address - DIRECT_MAP;
}

#endif
#endif
