/*
 * guarded.h: a load or a store of 1, 2, 4 or 8 bytes that may fault; one instruction, which the
 * present rights are in force for (SMAP, CR0.WP). Where nothing is opened first, as safe_copy.h
 * does, it costs ten times less.
 */
#ifndef TRAPLINE_GUARDED_H
#define TRAPLINE_GUARDED_H

#include "guard.h"

#define GUARDED_BY_SIZE(size, ACCESS)                                                              \
    switch (size) {                                                                                \
    case 1:                                                                                        \
        ACCESS("b", "b");                                                                          \
        break;                                                                                     \
    case 2:                                                                                        \
        ACCESS("w", "w");                                                                          \
        break;                                                                                     \
    case 4:                                                                                        \
        ACCESS("l", "k");                                                                          \
        break;                                                                                     \
    default:                                                                                       \
        ACCESS("q", "q");                                                                          \
    }

#define GUARDED_LOAD(suffix, modifier)                                                             \
    __asm__ goto(GUARDED("mov" suffix " (%1), %" modifier "0", fault)                              \
                 : "+r"(read)                                                                      \
                 : "r"(address)                                                                    \
                 : "memory"                                                                        \
                 : fault)

#define GUARDED_STORE(suffix, modifier)                                                            \
    __asm__ goto(GUARDED("mov" suffix " %" modifier "1, (%0)", fault)                              \
                 :                                                                                 \
                 : "r"(address), "r"(value)                                                        \
                 : "memory"                                                                        \
                 : fault)

static inline bool guarded_load(uint64_t address, unsigned size, uint64_t *value)
{
    uint64_t read = 0;

    GUARDED_BY_SIZE(size, GUARDED_LOAD)
    *value = read;
    return true;
fault:
    return false;
}

static inline bool guarded_store(uint64_t address, unsigned size, uint64_t value)
{
    GUARDED_BY_SIZE(size, GUARDED_STORE)
    return true;
fault:
    return false;
}

#endif
