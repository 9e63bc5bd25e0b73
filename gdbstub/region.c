/*
 * region.c: qMemoryRegionInfo, lldb's question for what is mapped where. It asks for address after
 * address until it has seen the whole space.
 */
#include "core.h"

/* lldb goes on until a region ends at -1: one that ended behind it would begin at 0 again. */
static uint64_t size_of(const struct gdb_region *region)
{
    return region->last - region->start + (region->last != UINT64_MAX);
}

static void tx_region(struct gdb *g, const struct gdb_region *region)
{
    tx_string(g, "start:");
    tx_number(g, region->start);
    tx_string(g, ";size:");
    tx_number(g, size_of(region));
    tx_byte(g, ';');
    if (!region->mapped)
        return;
    tx_string(g, "permissions:r");
    if (region->writable)
        tx_byte(g, 'w');
    if (region->executable)
        tx_byte(g, 'x');
    tx_byte(g, ';');
}

/* qMemoryRegionInfo[:addr]; without an address it asks whether there is such a packet. */
enum outcome gdb_do_memory_region(struct gdb *g)
{
    struct gdb_region region;
    bool probe = rx_end(g);
    if (!probe)
        rx_expect(g, ':');
    uint64_t address = probe ? 0 : rx_number(g);
    if (!rx_done(g))
        return gdb_malformed(g);
    if (!g->target->memory_region ||
        !g->target->memory_region(g->context, gdb_thread_current(g), address, &region))
        return ANSWER;
    if (probe)
        return gdb_ok(g);
    tx_region(g, &region);
    return ANSWER;
}
