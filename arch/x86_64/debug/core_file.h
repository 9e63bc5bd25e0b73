/*
 * core_file.h: the stopped machine as an ELF core file, made as it is read.
 */
#ifndef TRAPLINE_CORE_FILE_H
#define TRAPLINE_CORE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "core_segments.h"
#include "target.h"

/* There can be one; the embedder has told what it takes. */
bool core_possible(void);

/* The machine is not what it was: what was read so far is of another file. */
void core_changed(void);
uint16_t core_version(void);
uint64_t core_changed_at(void); /* TSC: no two stops have the same */

/* Takes a while the first time, as all RAM is looked at. */
uint64_t core_size(enum core_kind kind);
size_t core_read(enum core_kind kind, uint64_t offset, void *out, size_t n);

/* ---- core_notes.c ---- */

/* Bytes in order, of which some are wanted. */
struct core_window {
    uint64_t at; /* how many came so far */
    uint64_t from;
    uint8_t *out;
    size_t size;
};

void core_put(struct core_window *w, const void *bytes, size_t n);
void core_put_zeros(struct core_window *w, size_t n);

/* Whose registers come first: of the thread that the client is stopped at. */
gdb_tid core_first_thread(void);

/* All of PT_NOTE. */
void core_put_notes(struct core_window *w);

#endif
