/* msr.c: see msr.h. */
#include "msr.h"

#include "guard.h"

bool msr_read(uint32_t msr, uint64_t *value)
{
    uint32_t low, high;

    __asm__ goto(GUARDED("rdmsr", fault) : "=a"(low), "=d"(high) : "c"(msr) : : fault);
    *value = (uint64_t)high << 32 | low;
    return true;
fault:
    return false;
}

bool msr_write(uint32_t msr, uint64_t value)
{
    __asm__ goto(GUARDED("wrmsr", fault)
                 :
                 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                 : "memory"
                 : fault);
    return true;
fault:
    return false;
}
