/* page_command.h: monitor pte, va2pa and pa: what page tables say, and physical memory. */
#ifndef TRAPLINE_PAGE_COMMAND_H
#define TRAPLINE_PAGE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

struct gdb;

/* Each level on the way to an address, in words; below the page table at root. */
void page_print(struct gdb *g, uint64_t root, uint64_t address);

/* CR3 of the process or thread that the client has chosen. False: it has been told why not. */
bool page_root(struct gdb *g, uint64_t *root);

bool page_is_executable(uint64_t address);

/* The processor may fetch code there (Intel SDM vol. 3, 4.6.1), in ring 3 or in another one. */
bool page_may_run(uint64_t address, bool user);

void page_pte_command(struct gdb *g, char *args);
void page_va2pa_command(struct gdb *g, char *args);
void page_pa_command(struct gdb *g, char *args);

#endif
