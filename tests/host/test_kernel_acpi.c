/* test_kernel_acpi.c: firmware's tables, as they should be and as they are. */
#include "kernel_host.h"
#include "test.h"

#include "boot/acpi.h"
#include "mm/layout.h"

#include <string.h>

#define RSDP  0xe0040
#define ROOT  0x300000
#define OTHER 0x301000
#define MADT  0x302001 /* tables are not aligned to anything */

static void put(uint64_t address, uint64_t value, size_t size)
{
    memcpy(host_memory + address, &value, size);
}

/* The byte at place makes the sum of all of them 0. */
static void seal(uint64_t address, size_t length, size_t place)
{
    uint8_t sum = 0;

    host_memory[address + place] = 0;
    for (size_t i = 0; i < length; i++)
        sum += host_memory[address + i];
    host_memory[address + place] = (uint8_t)-sum;
}

static void table(uint64_t address, const char *signature, size_t length)
{
    memcpy(host_memory + address, signature, 4);
    put(address + 4, length, 4);
    seal(address, length, 9);
}

static void rsdp(uint64_t address, unsigned revision, uint64_t root)
{
    memcpy(host_memory + address, "RSD PTR ", 8);
    put(address + 15, revision, 1);
    put(address + (revision >= 2 ? 24 : 16), root, revision >= 2 ? 8 : 4);
    seal(address, 20, 8);
}

/* Three processors, of which one cannot be used, and an I/O APIC between them. */
static size_t madt(void)
{
    static const uint8_t entries[] = {
        0, 8, 0, 4, 1, 0, 0, 0,                     /* local APIC 4 */
        1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0,  /* an I/O APIC */
        0, 8, 1, 5, 0, 0, 0, 0,                     /* local APIC 5, not enabled */
        9, 16, 0, 0, 0x34, 0x12, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, /* x2APIC 0x1234 */
    };

    memcpy(host_memory + MADT + 44, entries, sizeof(entries));
    table(MADT, "APIC", 44 + sizeof(entries));
    return 44 + sizeof(entries);
}

static const struct boot_info *machine(unsigned revision)
{
    unsigned entry = revision >= 2 ? 8 : 4;

    memset(host_memory, 0, 0x400000);
    madt();
    table(OTHER, "FACP", 36);
    put(ROOT + 36, OTHER, entry);
    put(ROOT + 36 + entry, MADT, entry);
    table(ROOT, revision >= 2 ? "XSDT" : "RSDT", 36 + 2 * entry);
    rsdp(RSDP, revision, ROOT);
    return host_boot();
}

static bool finds_both(const struct boot_info *boot)
{
    uint32_t ids[4] = {0};

    return acpi_find_cpus(boot, ids, 4) == 2 && ids[0] == 4 && ids[1] == 0x1234;
}

TEST(acpi_old_and_new_tables_name_the_processors)
{
    CHECK(finds_both(machine(0)));
    CHECK(finds_both(machine(2)));
}

TEST(acpi_more_processors_than_there_is_room_for_are_counted)
{
    uint32_t ids[2] = {7, 7};

    CHECK(acpi_find_cpus(machine(2), ids, 1) == 2 && ids[0] == 4 && ids[1] == 7);
}

TEST(acpi_pointer_of_the_loader_and_of_the_bios_data_area)
{
    struct boot_info boot = *machine(0);

    memmove(host_memory + 0x500008, host_memory + RSDP, 36);
    memset(host_memory + RSDP, 0, 36);
    CHECK(acpi_find_cpus(&boot, NULL, 0) == 0);
    boot.rsdp = 0x500008;
    CHECK(finds_both(&boot));
    boot.rsdp = 0;
    memmove(host_memory + 0x9fc30, host_memory + 0x500008, 36);
    put(0x40e, 0x9fc0, 2);
    CHECK(finds_both(&boot));
}

/* No byte of the tables may be changed without being noticed or read beyond what it says. */
TEST(acpi_spoiled_tables_are_not_believed)
{
    static const struct {
        uint64_t address;
        size_t length;
    } parts[] = {{RSDP, 20}, {ROOT, 36 + 8}, {MADT, 44 + 44}};
    uint32_t ids[4];

    for (size_t part = 0; part < 3; part++) {
        for (size_t i = 0; i < parts[part].length; i++) {
            const struct boot_info *boot = machine(0);

            host_memory[parts[part].address + i] ^= 0x55;
            CHECK(acpi_find_cpus(boot, ids, 4) == 0, "byte %zu of part %zu", i, part);
        }
    }
}

TEST(acpi_lengths_that_lie)
{
    static const uint8_t lengths[] = {0, 1, 2, 7, 255};
    uint32_t ids[4];

    for (size_t i = 0; i < sizeof(lengths); i++) {
        const struct boot_info *boot = machine(0);

        host_memory[MADT + 44 + 1] = lengths[i]; /* of the first processor's entry */
        table(MADT, "APIC", 44 + 44);
        CHECK(acpi_find_cpus(boot, ids, 4) <= 2, "length %u", lengths[i]);
    }

    static const uint64_t sizes[] = {0, 8, 35, 40, 0x7fffffff, 0xffffffff};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const struct boot_info *boot = machine(0);

        put(MADT + 4, sizes[i], 4);
        seal(MADT, 44 + 44, 9);
        CHECK(acpi_find_cpus(boot, ids, 4) == 0, "size %lx", sizes[i]);
    }
}
