/*
 * breakpoint_many.c: planting and lifting all of them, which is done at every resume and stop.
 *
 * Text is read-only. To write there CR0.WP is cleared, and QEMU forgets all translations of
 * addresses each time that changes: once for all of them, not twice for each.
 */
#include "breakpoint.h"
#include "processor.h"

/* With CET on, WP cannot be cleared (Intel SDM vol. 3, 2.5). */
uint64_t breakpoint_open(void)
{
    uint64_t cr0 = read_cr0();

    if ((cr0 & CR0_WP) && !(read_cr4() & CR4_CET))
        write_cr0(cr0 & ~CR0_WP);
    return cr0;
}

void breakpoint_close(uint64_t cr0)
{
    if (read_cr0() != cr0)
        write_cr0(cr0);
}

static bool any(bool planted, const struct software_breakpoint *but)
{
    size_t n;

    for (const struct software_breakpoint *b = breakpoint_all(&n); n > 0; b++, n--) {
        if (b != but && b->planted == planted)
            return true;
    }
    return false;
}

void breakpoint_plant_all(const struct software_breakpoint *but)
{
    size_t n;

    if (!any(false, but))
        return;

    uint64_t open = breakpoint_open();

    for (struct software_breakpoint *b = breakpoint_all(&n); n > 0; b++, n--) {
        if (b != but && !b->planted)
            breakpoint_plant_open(b);
    }
    breakpoint_close(open);
}

void breakpoint_lift_all(void)
{
    size_t n;

    if (!any(true, NULL))
        return;

    uint64_t open = breakpoint_open();

    for (struct software_breakpoint *b = breakpoint_all(&n); n > 0; b++, n--) {
        if (b->planted)
            breakpoint_lift_open(b);
    }
    breakpoint_close(open);
}
