/*
 * acpi.c: RSDP, RSDT or XSDT, MADT. Nothing needs to be aligned, and every length is checked:
 * firmware is known to lie.
 */
#include "boot/acpi.h"

#include <stdbool.h>
#include <string.h>

#include "boot/boot_info.h"

struct rsdp {
    char signature[8];
    uint8_t checksum; /* of this and all above, as far as rsdt: "the first 20 bytes" */
    char oem[6];
    uint8_t revision; /* 0: what follows rsdt is not there */
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
} __attribute__((packed));
#define RSDP_FIRST_PART 20

struct table {
    char signature[4];
    uint32_t length; /* with this header */
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));
_Static_assert(sizeof(struct table) == 36, "ACPI 5.2.6");

struct madt {
    struct table header;
    uint32_t local_apic, flags;
    uint8_t entries[];
} __attribute__((packed));

enum {
    ENTRY_LOCAL_APIC = 0,
    ENTRY_LOCAL_X2APIC = 9,
    APIC_ENABLED = 1, /* in either's flags */
};

struct local_apic {
    uint8_t type, length, uid, id;
    uint32_t flags;
} __attribute__((packed));

struct local_x2apic {
    uint8_t type, length;
    uint16_t reserved;
    uint32_t id, flags, uid;
} __attribute__((packed));

/* Where a PC's firmware leaves its pointer. */
#define EBDA_SEGMENT 0x40e /* of the BIOS data area: a real mode segment */
#define EBDA_SEARCH  0x400
#define BIOS_START   0xe0000
#define BIOS_END     0x100000
#define RSDP_ALIGN   16

static bool sums_to_zero(const void *start, size_t length)
{
    const uint8_t *bytes = start;
    uint8_t sum = 0;

    while (length-- > 0)
        sum += bytes[length];
    return sum == 0;
}

static const struct rsdp *rsdp_at(uint64_t address)
{
    const struct rsdp *rsdp = boot_pointer(address, sizeof(*rsdp));

    if (rsdp == NULL || memcmp(rsdp->signature, "RSD PTR ", sizeof(rsdp->signature)) != 0 ||
        !sums_to_zero(rsdp, RSDP_FIRST_PART))
        return NULL;
    return rsdp;
}

static const struct rsdp *search(uint64_t from, uint64_t to)
{
    const struct rsdp *rsdp = NULL;

    for (; from < to && rsdp == NULL; from += RSDP_ALIGN)
        rsdp = rsdp_at(from);
    return rsdp;
}

/* The loader's word first: on a machine without a BIOS there is no other. */
static const struct rsdp *find_rsdp(const struct boot_info *boot)
{
    const struct rsdp *rsdp = rsdp_at(boot->rsdp);
    const uint16_t *segment = boot_pointer(EBDA_SEGMENT, sizeof(*segment));

    if (rsdp == NULL && segment != NULL)
        rsdp = search((uint64_t)*segment << 4, ((uint64_t)*segment << 4) + EBDA_SEARCH);
    return rsdp != NULL ? rsdp : search(BIOS_START, BIOS_END);
}

static const struct table *table_at(uint64_t address)
{
    const struct table *table = boot_pointer(address, sizeof(*table));

    if (table == NULL || table->length < sizeof(*table) ||
        boot_pointer(address, table->length) == NULL || !sums_to_zero(table, table->length))
        return NULL;
    return table;
}

/* The entries of an RSDT are 4 bytes long, those of an XSDT 8; neither is aligned. */
static const struct table *find_table(const struct table *root, size_t entry_size, const char *name)
{
    const uint8_t *entry = (const uint8_t *)(root + 1);
    const uint8_t *end = (const uint8_t *)root + root->length;

    for (; entry + entry_size <= end; entry += entry_size) {
        uint64_t address = 0;

        memcpy(&address, entry, entry_size);

        const struct table *table = table_at(address);

        if (table != NULL && memcmp(table->signature, name, sizeof(table->signature)) == 0)
            return table;
    }
    return NULL;
}

static const struct madt *find_madt(const struct boot_info *boot)
{
    const struct rsdp *rsdp = find_rsdp(boot);
    const struct table *root = NULL, *madt = NULL;

    if (rsdp == NULL)
        return NULL;
    if (rsdp->revision >= 2 && (root = table_at(rsdp->xsdt)) != NULL)
        madt = find_table(root, sizeof(uint64_t), "APIC");
    if (madt == NULL && (root = table_at(rsdp->rsdt)) != NULL)
        madt = find_table(root, sizeof(uint32_t), "APIC");
    return madt != NULL && madt->length >= sizeof(struct madt) ? (const struct madt *)madt : NULL;
}

/* False: this entry is no processor that can be used. */
static bool read_entry(const uint8_t *entry, uint32_t *id)
{
    const struct local_apic *apic = (const void *)entry;
    const struct local_x2apic *x2apic = (const void *)entry;

    if (apic->type == ENTRY_LOCAL_APIC && apic->length >= sizeof(*apic)) {
        *id = apic->id;
        return apic->flags & APIC_ENABLED;
    }
    if (x2apic->type == ENTRY_LOCAL_X2APIC && x2apic->length >= sizeof(*x2apic)) {
        *id = x2apic->id;
        return x2apic->flags & APIC_ENABLED;
    }
    return false;
}

size_t acpi_find_cpus(const struct boot_info *boot, uint32_t *ids, size_t max)
{
    const struct madt *madt = find_madt(boot);
    size_t count = 0;

    if (madt == NULL)
        return 0;

    const uint8_t *entry = madt->entries;
    const uint8_t *end = (const uint8_t *)madt + madt->header.length;

    while (end - entry >= 2 && entry[1] >= 2 && entry[1] <= end - entry) {
        uint32_t id;

        if (read_entry(entry, &id)) {
            if (count < max)
                ids[count] = id;
            count++;
        }
        entry += entry[1];
    }
    return count;
}
