/*
 * file.c: vFile, the files that the machine has for its client, to be read and no more (GDB manual,
 * "Host I/O Packets"). gdb takes its own symbols from there, and a user types "remote get".
 *
 * Nothing is kept of an open file: its descriptor is its place in the target's table, and which
 * version of it was opened. So a client may open it as often as it likes, and one that dies leaves
 * nothing open; and one that reads on in what has become another file gets an error.
 */
#include "core.h"

/* Numbers of the protocol ("Errno Values", "Open Flags", "mode_t Values"), not of any system. */
enum { FILE_ENOENT = 2, FILE_EINTR = 4, FILE_EIO = 5, FILE_EBADF = 9, FILE_EROFS = 30 };
enum { OPEN_TO_WRITE = 0x1 | 0x2 | 0x8 | 0x200 | 0x400 }; /* WRONLY RDWR APPEND CREAT TRUNC */
#define MODE_REGULAR_READABLE 0100444

#define BLOCK 512

#define VERSION_SHIFT 16
#define VERSION_MASK  0x7fffu /* clients take a descriptor for an int */

static enum outcome fail(struct gdb *g, unsigned number)
{
    tx_begin(g);
    tx_string(g, "F-1,");
    tx_number(g, number);
    return ANSWER;
}

static enum outcome succeed(struct gdb *g, uint64_t result)
{
    tx_begin(g);
    tx_byte(g, 'F');
    tx_number(g, result);
    return ANSWER;
}

static bool file_nth(const struct gdb *g, uint64_t n, struct gdb_file *file)
{
    return g->target->file && n <= UINT16_MAX && g->target->file(g->context, n, file);
}

/* The table has no directories, and a client that thinks of a root asks for "/kernel.elf". */
static bool find(const struct gdb *g, struct span name, unsigned *n, struct gdb_file *file)
{
    if (name.length && name.start[0] == '/') {
        name.start++;
        name.length--;
    }
    for (*n = 0; file_nth(g, *n, file); ++*n)
        if (gdb_span_is(name, file->name))
            return true;
    return false;
}

/* The file that runs is one of the table, and no path of the client's host. */
bool gdb_serves_exec_file(const struct gdb *g)
{
    const char *path = gdb_exec_file(g);
    struct gdb_file file;
    unsigned n;
    return path && find(g, (struct span){(uint8_t *)path, strlen(path)}, &n, &file);
}

/*
 * gdb probes once, with a name that nobody has: the empty reply sends it to its own host's files,
 * an error would keep it here for good, also for the file that qXfer:exec-file named.
 */
static enum outcome not_found(struct gdb *g)
{
    return gdb_serves_exec_file(g) ? fail(g, FILE_ENOENT) : ANSWER;
}

/* ... but to the name that a user wants it says that there are no files, and gdb asks no more. */
static enum outcome not_opened(struct gdb *g, struct span name)
{
    return gdb_span_is(name, "just probing") ? not_found(g) : fail(g, FILE_ENOENT);
}

/* vFile:setfs:process. There is one file system. */
enum outcome gdb_do_file_setfs(struct gdb *g)
{
    rx_expect(g, ':');
    rx_number(g);
    if (!gdb_serves_exec_file(g))
        return ANSWER;
    return rx_done(g) ? succeed(g, 0) : gdb_malformed(g);
}

/* The name up to the separator, decoded in place. */
static struct span rx_name(struct gdb *g, char separator)
{
    struct span digits = rx_word(g, separator);
    uint32_t behind = g->rx_cursor;
    g->rx_cursor = digits.start - g->rx;
    g->rx_bad |= digits.length % 2 != 0;
    digits.length /= 2;
    rx_hex(g, digits.start, digits.length);
    g->rx_cursor = behind;
    return digits;
}

/* vFile:open:name,flags,mode */
enum outcome gdb_do_file_open(struct gdb *g)
{
    struct gdb_file file;
    unsigned n;
    rx_expect(g, ':');
    struct span name = rx_name(g, ',');
    uint64_t flags = rx_number(g);
    rx_expect(g, ',');
    rx_number(g);
    if (!g->target->file)
        return ANSWER;
    if (!rx_done(g))
        return gdb_malformed(g);
    if (flags & OPEN_TO_WRITE)
        return fail(g, FILE_EROFS);
    return find(g, name, &n, &file)
               ? succeed(g, n | (uint64_t)(file.version & VERSION_MASK) << VERSION_SHIFT)
               : not_opened(g, name);
}

/*
 * The descriptor, and what it stands for. False, with the error in the reply, if nothing; then
 * there is no more to be said.
 */
static bool rx_file(struct gdb *g, uint64_t *n, struct gdb_file *file)
{
    rx_expect(g, ':');
    uint64_t descriptor = rx_number(g);
    *n = descriptor > INT32_MAX ? descriptor : descriptor & ((1u << VERSION_SHIFT) - 1);
    if (!g->target->file)
        tx_begin(g);
    else if (g->rx_bad)
        gdb_malformed(g);
    else if (!file_nth(g, *n, file))
        fail(g, FILE_EBADF);
    else if (descriptor >> VERSION_SHIFT != (file->version & VERSION_MASK))
        fail(g, FILE_EIO);
    else
        return true;
    return false;
}

/* The same, and nothing behind it. */
static bool rx_only_file(struct gdb *g, uint64_t *n, struct gdb_file *file)
{
    if (!rx_file(g, n, file))
        return false;
    if (!rx_end(g))
        gdb_malformed(g);
    return rx_done(g);
}

static uint64_t size_of(const struct gdb *g, unsigned n, const struct gdb_file *file)
{
    return file->size == GDB_FILE_LONG ? g->target->file_size(g->context, n) : file->size;
}

/* vFile:close:descriptor */
enum outcome gdb_do_file_close(struct gdb *g)
{
    struct gdb_file file;
    uint64_t n;
    return rx_only_file(g, &n, &file) ? succeed(g, 0) : ANSWER;
}

/* vFile:pread:descriptor,count,offset: as much as fits; nothing at the end of the file. */
enum outcome gdb_do_file_read(struct gdb *g)
{
    struct gdb_file file;
    uint64_t n;
    if (!rx_file(g, &n, &file))
        return ANSWER;
    rx_expect(g, ',');
    uint64_t count = rx_number(g);
    rx_expect(g, ',');
    uint64_t offset = rx_number(g);
    if (!rx_done(g))
        return gdb_malformed(g);

    uint64_t size = size_of(g, n, &file);
    if (size == GDB_FILE_LONG)
        return fail(g, FILE_EINTR);
    uint64_t left = offset < size ? size - offset : 0;
    if (count > left)
        count = left;
    if (count > g->packet_max)
        count = g->packet_max;
    size_t got = count ? g->target->read_file(g->context, n, offset, g->rx, count) : 0;
    if (count && got == 0)
        return fail(g, FILE_EIO);
    got = gdb_binary_fit(g->rx, got, g->packet_max - sizeof "Fffff");
    succeed(g, got);
    tx_byte(g, ';');
    gdb_tx_binary(g, g->rx, got);
    return ANSWER;
}

/* Big endian, whatever the machine is. */
static void tx_field(struct gdb *g, uint64_t value, int bytes)
{
    while (bytes--)
        tx_escaped(g, value >> 8 * bytes);
}

/* struct fio_stat ("struct stat"): 64 bytes; a number of its own tells the files apart. */
static enum outcome tx_stat(struct gdb *g, uint64_t n, const struct gdb_file *file)
{
    uint64_t size = size_of(g, n, file);

    if (size == GDB_FILE_LONG)
        return fail(g, FILE_EINTR);
    succeed(g, 64);
    tx_byte(g, ';');
    tx_field(g, 0, 4); /* st_dev */
    tx_field(g, n + 1, 4);
    tx_field(g, MODE_REGULAR_READABLE, 4);
    tx_field(g, 1, 4); /* st_nlink */
    tx_field(g, 0, 8); /* st_uid, st_gid */
    tx_field(g, 0, 4); /* st_rdev */
    tx_field(g, size, 8);
    tx_field(g, BLOCK, 8);
    tx_field(g, size / BLOCK + (size % BLOCK != 0), 8);
    tx_field(g, 0, 8); /* st_atime, st_mtime */
    tx_field(g, 0, 4); /* st_ctime */
    return ANSWER;
}

/* vFile:fstat:descriptor */
enum outcome gdb_do_file_fstat(struct gdb *g)
{
    struct gdb_file file;
    uint64_t n;
    return rx_only_file(g, &n, &file) ? tx_stat(g, n, &file) : ANSWER;
}

/* vFile:stat:name, gdb 16; vFile:lstat:name, gdb 17: there are no links. */
enum outcome gdb_do_file_stat(struct gdb *g)
{
    struct gdb_file file;
    unsigned n;
    rx_expect(g, ':');
    struct span name = rx_name(g, ',');
    if (!g->target->file)
        return ANSWER;
    if (!rx_done(g))
        return gdb_malformed(g);
    return find(g, name, &n, &file) ? tx_stat(g, n, &file) : not_found(g);
}
