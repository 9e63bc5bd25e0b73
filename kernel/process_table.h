/* process_table.h: who there is, for process*.c. */
#ifndef KERNEL_PROCESS_TABLE_H
#define KERNEL_PROCESS_TABLE_H

#include <stdint.h>

struct process;

/* From 1 on; never used again. */
uint64_t process_table_next_pid(void);

/* From here on it can be found, and waited for by its parent. */
void process_table_add(struct process *process);

#endif
