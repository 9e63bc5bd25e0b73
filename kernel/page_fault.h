/* page_fault.h: page faults that are part of ordinary life: demand.h, process_memory.h. */
#ifndef KERNEL_PAGE_FAULT_H
#define KERNEL_PAGE_FAULT_H

/* From here on they are resolved. After memory_init(). */
void page_fault_init(void);

#endif
