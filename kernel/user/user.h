/* user.h: what a program has instead of a C library. */
#ifndef USER_USER_H
#define USER_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "syscall_numbers.h"

_Noreturn void exit(int status);
long write(const void *text, size_t size);
long getpid(void);
void yield(void);
void sleep_ms(uint64_t ms);
long fork(void);
long exec(const char *path, const char *argument);
long wait(long pid, int *status);
long page_holders(const void *address);
long ticks(void);
long set_base(long which, const void *address);

/* getpid through the other door. */
long getpid_by_int(void);

size_t strlen(const char *text);

/* One line of at most SYS_WRITE_MAX bytes: "name: what value". */
void say(const char *what);
void say_number(const char *what, long value);

/* End the program with a line unless a claim about the kernel holds. */
void claim(bool holds, const char *what);

/* The first argument of main(), without its "/". */
extern const char *program_name;

#endif
