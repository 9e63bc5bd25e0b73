/*
 * elf64.h: the structures of an ELF file for x86-64 (System V gABI, chapters 4 and 5; the psABI for
 * the relocations), as far as the loaders of programs and modules read them.
 */
#ifndef KERNEL_ELF64_H
#define KERNEL_ELF64_H

#include <stdint.h>

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
enum {
    EI_CLASS = 4,
    EI_DATA = 5,
    ELFCLASS64 = 2,
    ELFDATA2LSB = 1,
    ET_EXEC = 2,
    ET_DYN = 3,
    EM_X86_64 = 62,
};

struct elf_segment_header {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
enum {
    PT_LOAD = 1,
    PT_DYNAMIC = 2,
    PT_INTERP = 3,
    PT_NOTE = 4,
    PT_TLS = 7,
    PT_GNU_RELRO = 0x6474e552,
    PF_X = 1,
    PF_W = 2,
};

struct elf_section_header {
    uint32_t name, type;
    uint64_t flags, addr, offset, size;
    uint32_t link, info;
    uint64_t addralign, entsize;
};
enum { SHT_SYMTAB = 2 };

struct elf_dynamic {
    int64_t tag;
    uint64_t value;
};
enum {
    DT_NULL = 0,
    DT_NEEDED = 1,
    DT_PLTRELSZ = 2,
    DT_HASH = 4,
    DT_STRTAB = 5,
    DT_SYMTAB = 6,
    DT_RELA = 7,
    DT_RELASZ = 8,
    DT_RELAENT = 9,
    DT_STRSZ = 10,
    DT_SYMENT = 11,
    DT_REL = 17,
    DT_PLTREL = 20,
    DT_TEXTREL = 22,
    DT_JMPREL = 23,
    DT_INIT_ARRAY = 25,
    DT_RELR = 36,
    DT_TAGS = 37, /* those below fit a table */
};

struct elf_symbol {
    uint32_t name;
    uint8_t info, other;
    uint16_t section;
    uint64_t value, size;
};
enum {
    SHN_UNDEF = 0,
    SHN_ABS = 0xfff1,
    STB_WEAK = 2,
    STT_TLS = 6,
    STT_GNU_IFUNC = 10,
};

struct elf_relocation {
    uint64_t offset;
    uint32_t type, symbol;
    int64_t addend;
};
enum {
    R_X86_64_NONE = 0,
    R_X86_64_64 = 1,
    R_X86_64_PC32 = 2,
    R_X86_64_GLOB_DAT = 6,
    R_X86_64_JUMP_SLOT = 7,
    R_X86_64_RELATIVE = 8,
    R_X86_64_32 = 10,
    R_X86_64_32S = 11,
    R_X86_64_PC64 = 24,
};

struct elf_note {
    uint32_t name_size, value_size, type;
};
enum { NT_GNU_BUILD_ID = 3 };

#endif
