/* page_command.c: see page_command.h (Intel SDM vol. 3, 4.5, tables 4-14 to 4-20). */
#include "page_command.h"

#include "debugger.h"
#include "gdbstub.h"
#include "monitor.h"
#include "page_walk.h"
#include "processes.h"
#include "processor.h"
#include "safe_copy.h"
#include "space.h"
#include "state.h"
#include "value.h"

#define PRESENT  (1ull << 0)
#define LARGE    (1ull << 7)
#define ADDRESS  PAGE_WALK_ROOT
#define LEVELS   5
#define ROW      16
#define BYTES    64
#define BYTES_MAX 4096

static const struct {
    uint64_t bit;
    const char *set, *clear;
} flags[] = {
    {1ull << 1, " writable", " read-only"}, {1ull << 2, " user", " kernel"},
    {1ull << 3, " write-through", ""},      {1ull << 4, " uncached", ""},
    {1ull << 5, " accessed", ""},           {1ull << 6, " dirty", ""},
    {1ull << 8, " global", ""},             {1ull << 63, " no-execute", " executable"},
};

static void print_flags(struct gdb *g, uint64_t entry, bool leaf)
{
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (leaf || (flags[i].bit != 1ull << 6 && flags[i].bit != 1ull << 8))
            gdb_print(g, "%s", entry & flags[i].bit ? flags[i].set : flags[i].clear);
}

/* One level's line; false: the way ends here. */
static bool print_level(struct gdb *g, unsigned level, uint64_t at, uint64_t *entry)
{
    static const char *const names[LEVELS] = {"PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
    uint64_t place = page_walk_place(at);

    gdb_row(g, "{level:%s} at {at:0x%lx}: ", names[level], at);
    if (!place || safe_read(entry, place, sizeof(*entry)) != sizeof(*entry)) {
        gdb_row(g, "{problem:cannot be read}\n");
        return false;
    }
    gdb_row(g, "{entry:0x%lx}", *entry);
    if (!(*entry & PRESENT)) {
        gdb_row(g, " {rights:not present}\n");
        return false;
    }

    bool large = (*entry & LARGE) && (level == 1 || level == 2);
    uint64_t offset = (1ull << (12 + 9 * level)) - 1, target = *entry & ADDRESS;

    print_flags(g, *entry, level == 0 || large);
    if (level && !large) {
        gdb_row(g, ", table at {table:0x%lx}\n", target);
        return true;
    }
    gdb_row(g, ", {size:%s} page at {page:0x%lx}\n",
            level == 0 ? "4 KiB" : level == 1 ? "2 MiB" : "1 GiB", target & ~offset);
    return false;
}

void page_print(struct gdb *g, uint64_t root, uint64_t address)
{
    unsigned level = read_cr4() & CR4_LA57 ? LEVELS : LEVELS - 1;
    uint64_t table = root & ADDRESS, entry = 0;

    if (!address_canonical(address)) {
        gdb_print(g, "0x%lx is not canonical: no table leads there\n", address);
        return;
    }
    while (level--) {
        uint64_t index = address >> (12 + 9 * level) & 511;

        if (!print_level(g, level, table + index * sizeof(entry), &entry))
            return;
        table = entry & ADDRESS;
    }
}

static bool can(struct gdb *g)
{
    if (!debugger_settings.physical_memory)
        gdb_complain(g, "this kernel has not told where physical memory is\n");
    return debugger_settings.physical_memory != NULL;
}

bool page_root(struct gdb *g, uint64_t *root)
{
    if (!can(g))
        return false;
    if (process_chosen(root)) {
        if (*root == SPACE_GONE)
            gdb_complain(g, "the chosen process has ended; say monitor process off\n");
        return *root != SPACE_GONE;
    }
    if (!value_register(value_thread(g), "cr3", root))
        *root = read_cr3();
    return true;
}

static bool find_executable(uint64_t address, struct walked_page *page)
{
    return debugger_settings.physical_memory && page_walk(read_cr3(), address, page) &&
           page->region.executable;
}

bool page_is_executable(uint64_t address)
{
    struct walked_page page;

    return find_executable(address, &page);
}

bool page_may_run(uint64_t address, bool user)
{
    struct walked_page page;

    return find_executable(address, &page) &&
           (page.user == user || (!user && !(read_cr4() & CR4_SMEP)));
}

/* ADDRESS [CR3], by default the selected one's. */
static bool take_address(struct gdb *g, char *args, uint64_t *address, uint64_t *root)
{
    if (!page_root(g, root) || !debugger_value(g, &args, address))
        return false;
    if (*args && !debugger_value(g, &args, root))
        return false;
    if (*args)
        monitor_usage(g);
    return !*args;
}

void page_pte_command(struct gdb *g, char *args)
{
    uint64_t address, root;

    if (take_address(g, args, &address, &root))
        page_print(g, root, address);
}

void page_va2pa_command(struct gdb *g, char *args)
{
    uint64_t address, root;
    struct walked_page page;

    if (!take_address(g, args, &address, &root))
        return;
    if (!page_walk(root, address, &page) || !page.region.mapped) {
        gdb_complain(g, "0x%lx is not mapped\n", address);
        return;
    }
    address = page.physical + (address - page.region.start);
    gdb_result(g, "{physical:0x%lx}\n", address);
}

static void print_row(struct gdb *g, uint64_t address, const uint8_t *bytes, size_t n)
{
    char hex[3 * ROW + 1], text[ROW + 1];

    for (size_t i = 0; i < n; i++) {
        gdb_sprint(hex + 3 * i, sizeof(hex) - 3 * i, " %02x", bytes[i]);
        text[i] = bytes[i] >= ' ' && bytes[i] < 0x7f ? (char)bytes[i] : '.';
    }
    text[n] = '\0';
    gdb_row(g, "{address:0x%lx}: {bytes:%-48s}  {text:%s}\n", address, hex, text);
}

void page_pa_command(struct gdb *g, char *args)
{
    uint64_t address, count = BYTES;
    uint8_t bytes[ROW];

    if (!can(g) || !debugger_value(g, &args, &address) ||
        (*args && !debugger_value(g, &args, &count)))
        return;
    if (*args || count == 0 || count > BYTES_MAX) {
        gdb_complain(g, "usage: monitor pa ADDRESS [BYTES, 1 to %u]\n", BYTES_MAX);
        return;
    }
    for (uint64_t done = 0; done < count && !gdb_interrupted(g); done += ROW) {
        size_t want = count - done < ROW ? count - done : ROW;
        uint64_t place = page_walk_place(address + done);
        size_t n = place ? safe_read(bytes, place, want) : 0;

        if (n)
            print_row(g, address + done, bytes, n);
        if (n < want) {
            gdb_complain(g, "0x%lx: cannot be read\n", address + done + n);
            return;
        }
    }
}
