/* debug_info.c: units and lines, read once. */
#define _GNU_SOURCE
#include "debug_info.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ASSEMBLER "GNU AS"

static char *string_of(Dwarf_Die die, Dwarf_Half what)
{
    Dwarf_Attribute attribute;
    char *text;

    if (dwarf_attr(die, what, &attribute, NULL) != DW_DLV_OK ||
        dwarf_formstring(attribute, &text, NULL) != DW_DLV_OK)
        return "";
    return text;
}

static void add_line(struct dwarf *dwarf, Dwarf_Line line)
{
    struct line *out = &dwarf->lines[dwarf->line_count++];
    Dwarf_Addr address = 0;
    Dwarf_Unsigned number = 0;
    Dwarf_Bool statement = false, end = false;

    dwarf_lineaddr(line, &address, NULL);
    dwarf_lineno(line, &number, NULL);
    dwarf_linebeginstatement(line, &statement, NULL);
    dwarf_lineendsequence(line, &end, NULL);
    *out = (struct line){address, (unsigned)number, statement, end};
}

static void read_lines(struct dwarf *dwarf, Dwarf_Die unit)
{
    Dwarf_Unsigned version;
    Dwarf_Small tables;
    Dwarf_Line_Context context;
    Dwarf_Line *lines;
    Dwarf_Signed count;

    if (dwarf_srclines_b(unit, &version, &tables, &context, NULL) != DW_DLV_OK || tables == 0)
        return;
    if (dwarf_srclines_from_linecontext(context, &lines, &count, NULL) != DW_DLV_OK)
        give_up("a line table cannot be read");
    dwarf->lines =
        realloc(dwarf->lines, (dwarf->line_count + (size_t)count) * sizeof(*dwarf->lines));
    for (Dwarf_Signed i = 0; i < count; i++)
        add_line(dwarf, lines[i]);
    dwarf_srclines_dealloc_b(context);
}

static void read_unit(struct dwarf *dwarf, Dwarf_Die die)
{
    struct unit *unit;

    dwarf->units = realloc(dwarf->units, (dwarf->unit_count + 1) * sizeof(*dwarf->units));
    unit = &dwarf->units[dwarf->unit_count++];
    unit->name = string_of(die, DW_AT_name);
    unit->assembly = strncmp(string_of(die, DW_AT_producer), ASSEMBLER, strlen(ASSEMBLER)) == 0;
    dwarf_dieoffset(die, &unit->die, NULL);
    read_lines(dwarf, die);
}

static void read_units(struct dwarf *dwarf)
{
    Dwarf_Unsigned length, type_offset, next;
    Dwarf_Half version, address_size, length_size, extension_size, type;
    Dwarf_Off abbreviations;
    Dwarf_Sig8 signature;

    while (dwarf_next_cu_header_d(dwarf->debug, true, &length, &version, &abbreviations,
                                  &address_size, &length_size, &extension_size, &signature,
                                  &type_offset, &next, &type, NULL) == DW_DLV_OK) {
        Dwarf_Die die;

        if (dwarf_siblingof_b(dwarf->debug, NULL, true, &die, NULL) == DW_DLV_OK)
            read_unit(dwarf, die);
    }
    if (dwarf->unit_count == 0)
        give_up("the file has no DWARF");
}

static const struct unit *unit_of(const struct dwarf *dwarf, Dwarf_Off die)
{
    for (size_t i = 0; i < dwarf->unit_count; i++) {
        if (dwarf->units[i].die == die)
            return &dwarf->units[i];
    }
    return NULL;
}

static void read_ranges(struct dwarf *dwarf)
{
    Dwarf_Arange *ranges;
    Dwarf_Signed count;

    if (dwarf_get_aranges(dwarf->debug, &ranges, &count, NULL) != DW_DLV_OK)
        give_up("there is no .debug_aranges");
    dwarf->assembly = calloc((size_t)count, sizeof(*dwarf->assembly));
    for (Dwarf_Signed i = 0; i < count; i++) {
        Dwarf_Unsigned segment, segment_size, length;
        Dwarf_Addr start;
        Dwarf_Off die;
        const struct unit *unit;

        dwarf_get_arange_info_b(ranges[i], &segment, &segment_size, &start, &length, &die, NULL);
        unit = unit_of(dwarf, die);
        if (unit != NULL && unit->assembly && length > 0)
            dwarf->assembly[dwarf->assembly_count++] = (struct range){start, start + length};
    }
}

bool dwarf_is_assembly(const struct dwarf *dwarf, uint64_t address)
{
    for (size_t i = 0; i < dwarf->assembly_count; i++) {
        if (in_range(dwarf->assembly[i], address))
            return true;
    }
    return false;
}

/* libdwarf wants a file; it gets one that it can read. */
static int file_of(struct dwarf *dwarf, const struct image *image)
{
    int file = memfd_create("elfcheck", 0);
    uint8_t *copy;

    if (ftruncate(file, (off_t)image->size) != 0)
        give_up("no memory for a copy of the file");
    copy = mmap(NULL, image->size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (copy == MAP_FAILED)
        give_up("no memory for a copy of the file");
    memcpy(copy, image->bytes, image->size);
    dwarf_unwinders_prepare(dwarf, image, copy);
    munmap(copy, image->size);
    return file;
}

/* Who asks sees from the result that there was an error; without a handler libdwarf aborts. */
static void ignore_error(Dwarf_Error error, Dwarf_Ptr argument)
{
    (void)error, (void)argument;
}

void dwarf_open(struct dwarf *dwarf, const struct image *image)
{
    *dwarf = (struct dwarf){0};
    dwarf->file = file_of(dwarf, image);
    if (dwarf_init_b(dwarf->file, DW_DLC_READ, DW_GROUPNUMBER_ANY, ignore_error, NULL,
                     &dwarf->debug, NULL) != DW_DLV_OK)
        give_up("the file has no DWARF");
    read_units(dwarf);
    read_ranges(dwarf);
    dwarf_unwinders_open(dwarf);
}

void dwarf_close(struct dwarf *dwarf)
{
    dwarf_fde_cie_list_dealloc(dwarf->debug, dwarf->cies, dwarf->cie_count, dwarf->fdes,
                               dwarf->fde_count);
    dwarf_finish(dwarf->debug, NULL);
    close(dwarf->file);
    free(dwarf->units);
    free(dwarf->lines);
    free(dwarf->assembly);
    free(dwarf->unwinders);
    free(dwarf->signals);
}
