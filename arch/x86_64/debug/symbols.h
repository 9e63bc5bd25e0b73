/*
 * symbols.h: what is at an address, and where a name is, without a client: the kernel's own table
 * (debugger_config.symbols) and those of its modules. Without them there is only hexadecimal.
 */
#ifndef TRAPLINE_SYMBOLS_H
#define TRAPLINE_SYMBOLS_H

#include "symbol_table.h"

struct gdb;

#define SYMBOL_HOME_MAX 32
#define SYMBOL_TEXT_MAX (SYMBOL_NAME_MAX + SYMBOL_HOME_MAX + 32)

struct symbol {
    uint64_t address; /* where it begins */
    char name[SYMBOL_NAME_MAX];
    char home[SYMBOL_HOME_MAX]; /* "kernel", or the module */
};

bool symbol_at(uint64_t address, struct symbol *out);
bool symbol_named(const char *name, uint64_t *address);

/* "hash_insert+0x2f"; false: it is in no symbol, and the text is empty. */
bool symbol_short(uint64_t address, char *text, size_t size);

/*
 * In a row (gdbstub.h), behind an address: " hash_insert+0x2f [ramdisk]", or nothing. back: so many
 * bytes before it is what counts, as a call may be the last instruction of its function.
 */
void symbol_tell(struct gdb *g, uint64_t address, unsigned back);

/* "0xffffffff80101234 hash_insert+0x2f [kernel]"; or the number alone. Returns text. */
const char *symbol_text(uint64_t address, char *text, size_t size);

#endif
