/* code.c: disassembly: monitor dis, and what others show of an instruction. */
#include "code.h"

#include "debugger.h"
#include "gdbstub.h"
#include "symbols.h"
#include "value.h"
#include "words.h"

#define TEXT_MAX    160
#define LINES       8    /* where nobody says how many */
#define LINES_MAX   4096

static enum insn_syntax syntax = INSN_ATT;

bool code_decode(const struct gdb *g, uint64_t address, struct insn *insn)
{
    uint8_t bytes[INSN_LENGTH_MAX];
    size_t n = value_read(g, bytes, address, sizeof(bytes));

    return n && insn_decode(insn, bytes, n, address);
}

static bool name_address(void *context, uint64_t address, char *out, size_t n)
{
    (void)context;
    return symbol_short(address, out, n);
}

void code_print(struct gdb *g, const struct insn *insn, bool current)
{
    const struct insn_style style = {syntax, name_address, NULL};
    char text[TEXT_MAX];

    if (!insn_format(text, sizeof(text), insn, &style))
        gdb_sprint(text, sizeof(text), "(%u bytes)", insn->length);
    gdb_row(g, "{current:%-2s} {address:0x%lx}", current ? "=>" : "", insn->address);
    symbol_tell(g, insn->address, 0);
    gdb_row(g, ":  {text:%s}\n", text);
}

/* ---- operands ---- */

struct reader {
    gdb_tid thread;
};

static bool read_register(void *context, enum insn_register which, uint64_t *value)
{
    static const char *const names[] = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
        "r13", "r14", "r15", NULL, "fs_base", "gs_base"};
    const struct reader *reader = context;

    return which < sizeof(names) / sizeof(names[0]) && names[which] &&
           value_register(reader->thread, names[which], value);
}

bool code_operand(const struct gdb *g, const struct insn *insn, unsigned n, uint64_t *address)
{
    struct reader reader = {value_thread(g)};

    return insn_effective_address(insn, n, read_register, &reader, address);
}

static const char *access_text(uint8_t access)
{
    static const char *const texts[] = {"addressed", "read", "written", "read and written"};

    return texts[access & 3];
}

void code_print_operands(struct gdb *g, const struct insn *insn, const uint64_t *blamed)
{
    uint64_t address, value;

    for (unsigned n = 0; n < insn->memory_count; n++) {
        const struct insn_memory *m = &insn->memory[n];
        size_t size = m->size < sizeof(value) ? m->size : sizeof(value);

        if (!code_operand(g, insn, n, &address))
            continue;
        value = 0;
        gdb_row(g, "   {size=%u} bytes {access:%s} at {operand:0x%lx}", m->size,
                access_text(m->access), address);
        symbol_tell(g, address, 0);
        if (value_read(g, &value, address, size) == size)
            gdb_row(g, ": {value:0x%lx}", value);
        else
            gdb_row(g, ": {problem:cannot be read}");
        gdb_row(g, "{blamed:%s}\n",
                blamed && *blamed - address < m->size ? "   <-- this one" : "");
    }
}

/* ---- monitor dis ---- */

static bool take_syntax(const char *word)
{
    if (word_is(word, "intel"))
        syntax = INSN_INTEL;
    else if (word_is(word, "att"))
        syntax = INSN_ATT;
    else
        return false;
    return true;
}

static void disassemble(struct gdb *g, uint64_t address, uint64_t lines)
{
    struct insn insn;
    uint64_t rip = 0;
    bool known = value_register(value_thread(g), "rip", &rip);

    for (uint64_t i = 0; i < lines && !gdb_interrupted(g); i++) {
        if (!code_decode(g, address, &insn)) {
            uint8_t byte;

            if (value_read(g, &byte, address, 1))
                gdb_complain(g, "   0x%lx:  0x%x, which begins no instruction\n", address, byte);
            else
                gdb_complain(g, "   0x%lx:  cannot be read\n", address);
            return;
        }
        code_print(g, &insn, known && address == rip);
        if (known && address == rip)
            code_print_operands(g, &insn, NULL);
        address += insn.length;
    }
}

void code_dis_command(struct gdb *g, char *args)
{
    uint64_t address = 0, lines = LINES;

    if (!insn_available()) {
        gdb_complain(g, "this debugger was built without a decoder\n");
        return;
    }
    if (!*args && !value_register(value_thread(g), "rip", &address)) {
        gdb_complain(g, "this thread's rip is not known\n");
        return;
    }
    if (take_syntax(args)) {
        gdb_print(g, "from now on like that\n");
        return;
    }
    if ((*args && !debugger_value(g, &args, &address)) ||
        (*args && !debugger_value(g, &args, &lines)))
        return;
    if (*args || lines == 0 || lines > LINES_MAX)
        gdb_complain(g, "usage: monitor dis [intel | att | ADDRESS [1 to %u]]\n", LINES_MAX);
    else
        disassemble(g, address, lines);
}
