/* module.c: from a file in the initrd to code that has run its init, and back. */
#include "module.h"

#include <string.h>

#include "cmdline.h"
#include "exports.h"
#include "format.h"
#include "guarded_call.h"
#include "initrd.h"
#include "kmalloc.h"
#include "mm/paging.h"
#include "module_check.h"
#include "module_link.h"
#include "module_memory.h"
#include "module_text.h"
#include "printk.h"
#include "smp.h"
#include "sync.h"

struct module *module_first;

static struct mutex lock = MUTEX("modules");

struct module *module_find(const char *name)
{
    struct module *m = module_first;

    while (m != NULL && strcmp(m->name, name) != 0)
        m = m->next;
    return m;
}

/* ---- the list ---- */

static struct module *add(const char *name)
{
    struct module **link = &module_first;
    struct module *m = kcalloc(1, sizeof(*m));

    if (m == NULL)
        return NULL;
    memcpy(m->name, name, strlen(name));
    while (*link != NULL)
        link = &(*link)->next;
    *link = m;
    return m;
}

static void drop(struct module *m)
{
    struct module **link = &module_first;

    while (*link != m)
        link = &(*link)->next;
    *link = m->next;
    kfree(m);
}

/* ---- memory ---- */

/*
 * Behind the last one that clients were told of. One that comes where another was a moment ago
 * finds lldb with the old one still there, if that was the last.
 */
static uint64_t next_place = MODULE_MAP;

/* The lowest room from an address on; a module has an unmapped page behind it. 0: none. */
static uint64_t find_room(uint64_t start, uint64_t size)
{
    struct module *m = module_first;

    while (m != NULL) {
        if (m->end == 0 || start + size + PAGE_SIZE <= m->start || start >= m->end + PAGE_SIZE) {
            m = m->next;
            continue;
        }
        start = m->end + PAGE_SIZE;
        m = module_first;
    }
    return start + size <= MODULE_MAP + MODULE_MAP_SIZE ? start : 0;
}

static bool make_room(struct module *m)
{
    uint64_t size = m->elf.end - m->elf.start;
    uint64_t start = find_room(next_place, size);

    if (start == 0)
        start = find_room(MODULE_MAP, size);
    if (start == 0 || !module_memory_make(start, size))
        return module_elf_refuse(&m->elf, "no memory for %lu KiB", size / 1024);
    m->start = start;
    m->end = start + size;
    return true;
}

static uint64_t bias_of(const struct module *m)
{
    return m->start - m->elf.start;
}

static unsigned rights_of(const struct module_segment *s)
{
    return s->execute ? MAP_EXECUTE : s->write ? MAP_WRITE : MAP_READ;
}

/*
 * Pages in no segment lie between two of them; they stay zero, and are not to be written to. This
 * thread may have filled them on another CPU, which remembers that they cannot be executed. One
 * that does not answer forgets it before it runs any thread again.
 */
static bool protect(struct module *m)
{
    const struct module_elf *elf = &m->elf;
    uint64_t bias = bias_of(m), done = m->start;
    bool good = true;

    for (size_t i = 0; i < elf->segment_count; i++) {
        const struct module_segment *s = &elf->segments[i];
        uint64_t start = (bias + s->address) & ~(uint64_t)(PAGE_SIZE - 1);
        uint64_t end = bias + s->address + s->memory_size;

        end = (end + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
        good = good && module_memory_protect(done, start - done, MAP_READ) &&
               module_memory_protect(start, end - start, rights_of(s));
        done = end;
    }
    good = good && module_memory_protect(bias + elf->sealed_start,
                                         elf->sealed_end - elf->sealed_start, MAP_READ);
    smp_flush();
    debugger_memory_changed(m->start, m->end - m->start);
    return good || module_elf_refuse(&m->elf, "no memory for page tables");
}

/* ---- symbols ---- */

/* The kernel's come first, then those of the modules that it says it needs. */
static bool resolve(void *context, const char *name, uint64_t *address)
{
    const struct module *m = context;

    if (export_find(name, address))
        return true;
    for (size_t i = 0; i < m->use_count; i++) {
        if (!module_elf_symbol(&m->uses[i]->elf, name, address))
            continue;
        *address += bias_of(m->uses[i]);
        return true;
    }
    return false;
}

/* ---- dependencies ---- */

/* Each one that needs another takes room on the stack. */
#define NESTING_MAX 8

static unsigned nesting; /* of load(), under the lock */

static struct module *load(const char *name, bool automatic);

/* needed is a file name, such as the linker puts it in: "ramdisk.ko". */
static bool use(struct module *m, const char *needed)
{
    char name[MODULE_NAME_MAX];

    if (!module_name_of_file(needed, name))
        return module_elf_refuse(&m->elf, "it needs %.40s, which is no name of a module", needed);

    struct module *other = module_find(name);

    if (other == NULL && nesting == NESTING_MAX)
        return module_elf_refuse(&m->elf, "it needs %s, too far down: more than %u need each other",
                                 name, NESTING_MAX);
    if (other == NULL) {
        nesting++;
        other = load(name, true);
        nesting--;
    }
    if (other == NULL)
        return module_elf_refuse(&m->elf, "it needs %s, which could not be loaded", name);
    if (other->state != MODULE_LIVE)
        return module_elf_refuse(&m->elf, "it needs %s, which %s", name,
                                 module_state_text(other->state));
    m->uses[m->use_count++] = other;
    other->users++;
    return true;
}

static bool use_all(struct module *m)
{
    for (size_t i = 0; i < m->elf.needed_count; i++)
        if (!use(m, m->elf.needed[i]))
            return false;
    return true;
}

static bool unload(struct module *m);

/* Everything that it has, and those that are there only because of it. */
static void release(struct module *m)
{
    struct module *uses[MODULE_NEEDED_MAX];
    size_t count = m->use_count;

    memcpy(uses, m->uses, sizeof(uses));
    module_memory_free(m->start, m->end - m->start);
    drop(m);
    for (size_t i = 0; i < count; i++)
        if (--uses[i]->users == 0 && uses[i]->automatic)
            unload(uses[i]);
}

/* ---- coming ---- */

/* It is all there, but for its own memory and code. */
static bool read(struct module *m)
{
    char path[sizeof("modules/.ko") + MODULE_NAME_MAX];
    struct initrd_file file;

    module_initrd_file(m->name, path, sizeof(path));
    if (!initrd_find(path, &file))
        return module_elf_refuse(&m->elf, "%s is not in the initrd", path);
    return module_elf_read(&m->elf, file.data, file.size) && use_all(m);
}

static bool link(struct module *m)
{
    const struct module_link what = {
        .elf = &m->elf,
        .memory = (uint8_t *)m->start,
        .bias = bias_of(m),
        .resolve = resolve,
        .context = m,
    };

    return module_link(&what) && module_check_header(m) && protect(m);
}

static void announce(struct module *m)
{
    struct module_table symbols = {0}, strings = {0};

    module_elf_all_symbols(&m->elf, &symbols, &strings);
    module_host_file(m->name, m->file, sizeof(m->file));
    m->debugger = (struct debugger_module){
        .name = m->name,
        .file = m->file,
        .bias = bias_of(m),
        .start = m->start,
        .end = m->end,
        .entry = (uint64_t)m->header->init,
        .symbols = symbols.data,
        .symbol_bytes = symbols.size,
        .strings = (const char *)strings.data,
        .string_bytes = strings.size,
    };
    next_place = m->end + PAGE_SIZE;
    debugger_module_loaded(&m->debugger);
}

static void tell_loaded(const struct module *m)
{
    char id[2 * 20 + 1];

    module_hex(m->elf.build_id, id, sizeof(id));
    printk("module: %s at %p, build-id %s: %s\n", m->name, (void *)m->start, id,
           m->header->description);
}

/* Not 0: it goes again. */
static bool initialise(struct module *m)
{
    struct guarded_result result = guarded_call(m->header->init);

    if (result.vector >= 0) {
        m->state = MODULE_FAILED;
        printk("module: %s has failed: exception %ld in its init\n", m->name, result.vector);
        return true;
    }
    m->state = MODULE_LIVE;
    if (result.value == 0)
        return true;
    debugger_module_unloaded(&m->debugger);
    return module_elf_refuse(&m->elf, "its init returned %ld", result.value);
}

static struct module *load(const char *name, bool automatic)
{
    struct module *m = add(name);

    if (m == NULL) {
        printk("module: %s: no memory\n", name);
        return NULL;
    }
    m->automatic = automatic;
    if (read(m) && make_room(m) && link(m)) {
        tell_loaded(m);
        announce(m);
        if (initialise(m))
            return m;
    }
    printk("module: %s: %s\n", m->name, m->elf.problem);
    release(m);
    return NULL;
}

static bool load_named(const char *name)
{
    struct module *m = module_find(name);

    if (!module_is_name(name)) {
        printk("module: \"%s\" is no name of a module\n", name);
        return false;
    }
    if (m != NULL) {
        m->automatic = m->automatic && m->state != MODULE_LIVE;
        printk("module: %s %s already\n", name, module_state_text(m->state));
        return false;
    }
    m = load(name, false);
    return m != NULL && m->state == MODULE_LIVE;
}

/* ---- going ---- */

static bool unload(struct module *m)
{
    if (m->state == MODULE_LIVE && m->header->exit != NULL) {
        m->state = MODULE_GOING;
        if (guarded_call((int (*)(void))m->header->exit).vector >= 0) {
            m->state = MODULE_FAILED;
            printk("module: %s has failed in its exit\n", m->name);
            return false;
        }
    }
    debugger_module_unloaded(&m->debugger);
    printk("module: %s is gone\n", m->name);
    release(m);
    return true;
}

static bool unload_named(const char *name)
{
    struct module *m = module_find(name);

    if (m == NULL || m->state == MODULE_LOADING || m->state == MODULE_GOING) {
        printk("module: %s is not loaded\n", name);
        return false;
    }
    if (m->users > 0) {
        printk("module: %s is needed by %u others\n", name, m->users);
        return false;
    }
    return unload(m);
}

/* ---- one at a time ---- */

bool module_load(const char *name)
{
    mutex_lock(&lock);

    bool done = load_named(name);

    mutex_unlock(&lock);
    return done;
}

bool module_unload(const char *name)
{
    mutex_lock(&lock);

    bool done = unload_named(name);

    mutex_unlock(&lock);
    return done;
}
