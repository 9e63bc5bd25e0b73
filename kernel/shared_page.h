/*
 * shared_page.h: pages of memory that several address spaces may hold, each to be freed by the last
 * of them. That is what copy-on-write and a program's text are made of.
 */
#ifndef KERNEL_SHARED_PAGE_H
#define KERNEL_SHARED_PAGE_H

#include <stdbool.h>
#include <stdint.h>

/* Nobody holds anything yet. After page_alloc_init(). */
void shared_page_init(void);

/* A page of zeros with one holder; 0 if there is no memory. Addresses are physical. */
uint64_t shared_page_alloc(void);

/* One holder more, one less: the last one frees the page. */
void shared_page_hold(uint64_t page);
void shared_page_drop(uint64_t page);

/* One more, if there is one at all: false if a debugger has made the last one leave. */
bool shared_page_try_hold(uint64_t page);

unsigned shared_page_holders(uint64_t page);

/* For a debugger: how many, 0 if it is no shared page; and one less, who is not the last. */
unsigned shared_page_peek(uint64_t page);
void shared_page_leave(uint64_t page);

#endif
