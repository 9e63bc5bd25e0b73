/* process_memory.h: what is where in a program's memory, and how it gets there. */
#ifndef KERNEL_PROCESS_MEMORY_H
#define KERNEL_PROCESS_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "mm/address_space.h"

#define USER_STACK_SIZE 0x100000ull /* that can be; it is made as it grows */

struct program;

/* The current process touched an address: true if it may, and the page is there now. */
bool process_resolve(uint64_t address, uint64_t error);

/*
 * An address space in which the program has not run yet, with argc = 2, path and argument on its
 * stack (System V ABI, 3.4.1). Returns the stack pointer to begin with; 0: no memory.
 */
uint64_t process_make_memory(struct address_space *space, const char *path, const char *argument);

#endif
