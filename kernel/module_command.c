/* module_command.c: notes, from a machine that is stopped to one that runs. */
#include "module_command.h"

#include <string.h>

#include "cmdline.h"
#include "gdbstub.h"
#include "module.h"
#include "module_text.h"
#include "sync.h"
#include "thread.h"

#define NOTES 8

struct note {
    bool (*run)(const char *name);
    char name[MODULE_NAME_MAX];
};

/* The client writes behind the last and the kernel reads the first: neither waits for the other. */
static struct note notes[NOTES];
static volatile unsigned written, read;

/* A client's notes are taken while nobody may hold a lock; this one is for the queue only. */
static struct spinlock guard = SPINLOCK("module commands");
static struct wait_queue waiters = WAIT_QUEUE("queue", "module commands");

static void load_boot(void)
{
    const char *text = cmdline.modules;

    while (*text != '\0') {
        char name[sizeof(cmdline.modules)];
        const char *comma = strchr(text, ',');
        size_t length = comma != NULL ? (size_t)(comma - text) : strlen(text);

        memcpy(name, text, length);
        name[length] = '\0';
        if (length > 0)
            module_load(name);
        text += comma != NULL ? length + 1 : length;
    }
}

static void take_note(struct gdb *g, const char *name, bool (*run)(const char *name))
{
    if (*name == '\0') {
        gdb_complain(g, "which module? its NAME has to follow\n");
        return;
    }
    if (!module_is_name(name)) {
        gdb_complain(g, "%s is no name of a module: letters, digits, _ and -, at most %u\n", name,
                     MODULE_NAME_MAX - 1);
        return;
    }
    if (written - read == NOTES) {
        gdb_complain(g, "%u commands wait already for the kernel to run\n", NOTES);
        return;
    }

    struct note *note = &notes[written % NOTES];

    memcpy(note->name, name, strlen(name) + 1);
    note->run = run;
    written++;
    gdb_print(g, "the kernel will do it when it runs on, and say so in its log\n");
}

void module_insmod(struct gdb *g, char *args)
{
    take_note(g, args, module_load);
}

void module_rmmod(struct gdb *g, char *args)
{
    take_note(g, args, module_unload);
}

static void wait(void)
{
    bool enabled = spin_lock(&guard);

    while (read == written)
        wait_on(&waiters, &guard, WAIT_FOR_EVER);
    spin_unlock(&guard, enabled);
}

static void work(void *argument)
{
    (void)argument;
    for (;;) {
        wait();

        struct note note = notes[read % NOTES];

        read++;
        note.run(note.name);
    }
}

void module_command_tick(void)
{
    if (read != written)
        wake_first(&waiters);
}

void module_command_init(void)
{
    load_boot();
    thread_run("modules", work, NULL);
}
