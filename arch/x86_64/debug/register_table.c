/*
 * register_table.c: every register the client sees, once: its name and type for target.xml, its
 * place in g and G (the order here), where it lives and which rule guards it.
 *
 * Names, order and types of the first three features are gdb's (gdb/features/i386/64bit-*.xml);
 * the fourth is ours.
 */
#include "registers.h"

#include <stddef.h>

#include "debugreg.h"
#include "fpu.h"

enum { FEATURE_CORE, FEATURE_SSE, FEATURE_SEGMENTS, FEATURE_SYSTEM, FEATURES };

/* R(name, type, alternative name, group, bits, feature, place, size, offset, rule) */
#define FRAME(R, name, type, rule)                                                                \
    R(#name, type, NULL, NULL, 64, CORE, FRAME, 8, offsetof(struct trap_frame, name), rule)
#define GENERAL(R, name) FRAME(R, name, "int64", ANY)
#define SELECTOR(R, name, id)                                                                     \
    R(name, "int32", NULL, NULL, 32, CORE, SELECTOR, 2, SELECTOR_##id, SELECTOR)
#define CONTROL(R, name, size, offset)                                                            \
    R(name, "int", NULL, "float", 32, CORE, FPU, size, offset, ANY)
#define STACK(R, n)                                                                               \
    R("st" #n, "i387_ext", NULL, NULL, 80, CORE, FPU, 10, FXSAVE_ST0 + 16 * n, ANY)
#define VECTOR(R, n)                                                                              \
    R("xmm" #n, "vec128", NULL, NULL, 128, SSE, FPU, 16, FXSAVE_XMM0 + 16 * n, ANY)
#define BASE(R, name, id)                                                                         \
    R(name, "int", NULL, NULL, 64, SEGMENTS, SYSTEM, 8, SYSTEM_##id, CANONICAL)
#define SYSTEM(R, name, type, id, rule)                                                           \
    R(name, type, NULL, "system", 64, SYSTEM, SYSTEM, 8, SYSTEM_##id, rule)

#define REGISTERS(R)                                                                              \
    GENERAL(R, rax) GENERAL(R, rbx) GENERAL(R, rcx) GENERAL(R, rdx)                               \
    GENERAL(R, rsi) GENERAL(R, rdi)                                                               \
    FRAME(R, rbp, "data_ptr", ANY) FRAME(R, rsp, "data_ptr", ANY)                                 \
    GENERAL(R, r8) GENERAL(R, r9) GENERAL(R, r10) GENERAL(R, r11)                                 \
    GENERAL(R, r12) GENERAL(R, r13) GENERAL(R, r14) GENERAL(R, r15)                               \
    FRAME(R, rip, "code_ptr", CANONICAL)                                                          \
    R("eflags", "i386_eflags", "rflags", NULL, 32, CORE, FRAME, 4,                                \
      offsetof(struct trap_frame, rflags), EFLAGS)                                                \
    R("cs", "int32", NULL, NULL, 32, CORE, FRAME, 2, offsetof(struct trap_frame, cs), SELECTOR)   \
    R("ss", "int32", NULL, NULL, 32, CORE, FRAME, 2, offsetof(struct trap_frame, ss), SELECTOR)   \
    SELECTOR(R, "ds", DS) SELECTOR(R, "es", ES) SELECTOR(R, "fs", FS) SELECTOR(R, "gs", GS)       \
    STACK(R, 0) STACK(R, 1) STACK(R, 2) STACK(R, 3)                                               \
    STACK(R, 4) STACK(R, 5) STACK(R, 6) STACK(R, 7)                                               \
    CONTROL(R, "fctrl", 2, FXSAVE_FCW) CONTROL(R, "fstat", 2, FXSAVE_FSW)                         \
    R("ftag", "int", NULL, "float", 32, CORE, FTAG, 2, FXSAVE_FTW, ANY)                           \
    CONTROL(R, "fiseg", 4, FXSAVE_FIP + 4) CONTROL(R, "fioff", 4, FXSAVE_FIP)                     \
    CONTROL(R, "foseg", 4, FXSAVE_FDP + 4) CONTROL(R, "fooff", 4, FXSAVE_FDP)                     \
    CONTROL(R, "fop", 2, FXSAVE_FOP)                                                              \
    VECTOR(R, 0) VECTOR(R, 1) VECTOR(R, 2) VECTOR(R, 3)                                           \
    VECTOR(R, 4) VECTOR(R, 5) VECTOR(R, 6) VECTOR(R, 7)                                           \
    VECTOR(R, 8) VECTOR(R, 9) VECTOR(R, 10) VECTOR(R, 11)                                         \
    VECTOR(R, 12) VECTOR(R, 13) VECTOR(R, 14) VECTOR(R, 15)                                       \
    R("mxcsr", "i386_mxcsr", NULL, "vector", 32, SSE, FPU, 4, FXSAVE_MXCSR, ANY)                  \
    BASE(R, "fs_base", FS_BASE) BASE(R, "gs_base", GS_BASE)                                       \
    SYSTEM(R, "k_gs_base", "data_ptr", K_GS_BASE, CANONICAL)                                      \
    SYSTEM(R, "cr0", "cr0_flags", CR0, CR0) SYSTEM(R, "cr2", "data_ptr", CR2, ANY)                \
    SYSTEM(R, "cr3", "uint64", CR3, CR3) SYSTEM(R, "cr4", "cr4_flags", CR4, CR4)                  \
    SYSTEM(R, "cr8", "uint64", CR8, CR8) SYSTEM(R, "efer", "efer_flags", EFER, EFER)              \
    SYSTEM(R, "dr0", "data_ptr", DR0, DEBUG) SYSTEM(R, "dr1", "data_ptr", DR1, DEBUG)             \
    SYSTEM(R, "dr2", "data_ptr", DR2, DEBUG) SYSTEM(R, "dr3", "data_ptr", DR3, DEBUG)             \
    SYSTEM(R, "dr6", "uint64", DR6, ANY)   SYSTEM(R, "dr7", "dr7_flags", DR7, DEBUG)              \
    SYSTEM(R, "idtr_base", "data_ptr", IDTR_BASE, TABLE)                                          \
    SYSTEM(R, "idtr_limit", "uint64", IDTR_LIMIT, TABLE)                                          \
    SYSTEM(R, "gdtr_base", "data_ptr", GDTR_BASE, TABLE)                                          \
    SYSTEM(R, "gdtr_limit", "uint64", GDTR_LIMIT, TABLE)

#define ROW(name, type, altname, group, bits, feature, place, size, offset, rule)                 \
    {name, type, altname, group, bits, FEATURE_##feature},
#define HOME(name, type, altname, group, bits, feature, place, size, offset, rule)                \
    {PLACE_##place, RULE_##rule, size, offset},

static const struct gdb_register rows[] = {REGISTERS(ROW)};
const struct register_home register_homes[] = {REGISTERS(HOME)};

#define BITS(name, first, last) {name, first, last},
#define BIT(name, bit) BITS(name, bit, bit)

static const struct gdb_field i386_eflags[] = {
    BIT("CF", 0) BIT("PF", 2) BIT("AF", 4) BIT("ZF", 6) BIT("SF", 7) BIT("TF", 8) BIT("IF", 9)
    BIT("DF", 10) BIT("OF", 11) BIT("NT", 14) BIT("RF", 16) BIT("VM", 17) BIT("AC", 18)
    BIT("VIF", 19) BIT("VIP", 20) BIT("ID", 21)
};
static const struct gdb_field i386_mxcsr[] = {
    BIT("IE", 0) BIT("DE", 1) BIT("ZE", 2) BIT("OE", 3) BIT("UE", 4) BIT("PE", 5) BIT("DAZ", 6)
    BIT("IM", 7) BIT("DM", 8) BIT("ZM", 9) BIT("OM", 10) BIT("UM", 11) BIT("PM", 12)
    BIT("FZ", 15)
};
static const struct gdb_field cr0_flags[] = {
    BIT("PE", 0) BIT("MP", 1) BIT("EM", 2) BIT("TS", 3) BIT("ET", 4) BIT("NE", 5) BIT("WP", 16)
    BIT("AM", 18) BIT("NW", 29) BIT("CD", 30) BIT("PG", 31)
};
static const struct gdb_field cr4_flags[] = {
    BIT("VME", 0) BIT("PVI", 1) BIT("TSD", 2) BIT("DE", 3) BIT("PSE", 4) BIT("PAE", 5)
    BIT("MCE", 6) BIT("PGE", 7) BIT("PCE", 8) BIT("OSFXSR", 9) BIT("OSXMMEXCPT", 10)
    BIT("UMIP", 11) BIT("LA57", 12) BIT("VMXE", 13) BIT("SMXE", 14) BIT("FSGSBASE", 16)
    BIT("PCIDE", 17) BIT("OSXSAVE", 18) BIT("KL", 19) BIT("SMEP", 20) BIT("SMAP", 21)
    BIT("PKE", 22) BIT("CET", 23) BIT("PKS", 24)
};
static const struct gdb_field efer_flags[] = {
    BIT("SCE", 0) BIT("LME", 8) BIT("LMA", 10) BIT("NXE", 11) BIT("SVME", 12) BIT("LMSLE", 13)
    BIT("FFXSR", 14) BIT("TCE", 15)
};
static const struct gdb_field dr7_flags[] = {
    BIT("L0", 0) BIT("G0", 1) BIT("L1", 2) BIT("G1", 3) BIT("L2", 4) BIT("G2", 5) BIT("L3", 6)
    BIT("G3", 7) BIT("LE", 8) BIT("GE", 9) BIT("RTM", 11) BIT("GD", 13) BITS("RW0", 16, 17)
    BITS("LEN0", 18, 19) BITS("RW1", 20, 21) BITS("LEN1", 22, 23) BITS("RW2", 24, 25)
    BITS("LEN2", 26, 27) BITS("RW3", 28, 29) BITS("LEN3", 30, 31)
};

/* FLAGS(name of the type, its size in bytes) */
#define FLAGS(name, size) {#name, name, sizeof(name) / sizeof(name[0]), size}

static const struct gdb_flags core_flags[] = {FLAGS(i386_eflags, 4)};
static const struct gdb_flags sse_flags[] = {FLAGS(i386_mxcsr, 4)};
static const struct gdb_flags system_flags[] = {
    FLAGS(cr0_flags, 8),
    FLAGS(cr4_flags, 8),
    FLAGS(efer_flags, 8),
    FLAGS(dr7_flags, 8),
};

static const char sse_types[] =
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
    "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
    "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>"
    "<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
    "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"
    "<vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"
    "<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/>"
    "<field name=\"v2_double\" type=\"v2d\"/><field name=\"v16_int8\" type=\"v16i8\"/>"
    "<field name=\"v8_int16\" type=\"v8i16\"/><field name=\"v4_int32\" type=\"v4i32\"/>"
    "<field name=\"v2_int64\" type=\"v2i64\"/><field name=\"uint128\" type=\"uint128\"/></union>";

static const struct gdb_feature features[FEATURES] = {
    [FEATURE_CORE] = {"org.gnu.gdb.i386.core", "", core_flags, 1},
    [FEATURE_SSE] = {"org.gnu.gdb.i386.sse", sse_types, sse_flags, 1},
    [FEATURE_SEGMENTS] = {"org.gnu.gdb.i386.segments", "", NULL, 0, true},
    [FEATURE_SYSTEM] = {"org.trapline.kernel.system", "", system_flags,
                        sizeof(system_flags) / sizeof(system_flags[0]), true},
};

/* With the first three in the stop reply gdb needs no g for a step. */
static const uint16_t expedited[] = {REGNUM_RBP, REGNUM_RSP, REGNUM_RIP, REGNUM_EFLAGS};

const struct gdb_machine register_machine = {
    .architecture = "i386:x86-64",
    .osabi = "none",
    /* Not that it were: but for no other system lldb calls functions and knows modules as well. */
    .triple = "x86_64-unknown-linux-gnu",
    .watchpoints = DEBUGREG_COUNT,
    .features = features,
    .registers = rows,
    .feature_count = FEATURES,
    .register_count = sizeof(rows) / sizeof(rows[0]),
    .pc = REGNUM_RIP,
    .expedited = expedited,
    .expedited_count = sizeof(expedited) / sizeof(expedited[0]),
    .expedited_at_step = 3,
};
