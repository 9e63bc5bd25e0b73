/* debug.c: debugger.h's configuration, and its line's interrupt. */
#include "debug.h"

#include <stddef.h>

#include "build_id.h"
#include "cmdline.h"
#include "cpu.h"
#include "cpu/apic.h"
#include "cpu/clock.h"
#include "cpu/pit.h"
#include "cpu/power.h"
#include "cpu/trap.h"
#include "debug_core.h"
#include "debug_files.h"
#include "debug_line.h"
#include "debug_locks.h"
#include "debug_panic.h"
#include "debug_processes.h"
#include "debug_ranges.h"
#include "debug_scratch.h"
#include "debug_threads.h"
#include "debug_trace.h"
#include "debugger.h"
#include "demo/faults.h"
#include "dmesg.h"
#include "kmalloc.h"
#include "log.h"
#include "mm/paging.h"
#include "module_command.h"
#include "page_alloc.h"
#include "printk.h"

static const struct debugger_command commands[] = {
    {"dmesg", "the kernel's log since boot, or its last so many lines", dmesg_command, "[LINES]"},
    {"break-me", "let the debugger itself fault, to see it survive", fault_break_debugger, "KIND"},
    {"crash", "let the kernel fault, once it runs on", fault_crash, "KIND"},
    {"insmod", "load a module of the initrd, once the kernel runs on", module_insmod, "NAME"},
    {"rmmod", "... and let it go again", module_rmmod, "NAME"},
    {"mend", "repair the gates that faults have spoiled", fault_mend, NULL},
};

/* A thousand breakpoints, each with a condition, some ten thousand lines of "monitor wt". */
static struct {
    _Alignas(8) uint8_t breakpoints[0x8000];
    uint8_t agents[0x10000], wt[0x100000];
} rooms;

struct descriptors_part debug_memory(void)
{
    return (struct descriptors_part){&rooms, &rooms + 1, "the debugger's own memory"};
}

/* The linker script's (scripts/symbols.py). */
extern const char __debugger_symbols_start[], __debugger_symbols_end[];

#define IRQ_PIT 0

/* The PIT, as an NMI: the local APIC's timer is what may have stopped. */
static uint32_t nmi_clock(bool on)
{
    if (!on) {
        apic_mask_isa(IRQ_PIT);
        return 0;
    }
    pit_ring();
    apic_route_isa_nmi(IRQ_PIT);
    return PIT_RINGS;
}

static const volatile uint64_t *ticks_of(unsigned cpu)
{
    return cpu < CPUS_MAX ? &cpus[cpu].ticks : NULL;
}

static bool interrupt_of(unsigned vector, struct debugger_interrupt *out)
{
    return trap_interrupt_count(vector, &out->count, &out->handler);
}

static size_t log_back(uint64_t back, char *out, size_t n)
{
    uint64_t position = log_end() - back;

    return back <= log_end() - log_start() ? log_read(&position, out, n) : 0;
}

/* For tests: this CPU gets none of the debugger's NMIs. No CPU has the number 255. */
volatile uint8_t debug_deaf_cpu = 255;

/* No breakpoint can be set there: it would be hit within the debugger. */
#define PROTECTED __attribute__((section(".text.entry")))

PROTECTED static void send_nmi(unsigned cpu)
{
    if (cpu != debug_deaf_cpu)
        cpu_send_nmi(cpu);
}

/* Garbage in a page table is not to lead out of the direct map. */
PROTECTED static void *physical_memory(uint64_t address)
{
    return address < STACK_MAP - DIRECT_MAP ? (void *)(DIRECT_MAP + address) : NULL;
}

static void tell_mapped(const struct address_space *space, uint64_t address, uint64_t size)
{
    if ((int64_t)address < 0)
        debugger_memory_changed(address, size);
    else
        debugger_user_memory_changed(space->root, address, size);
}

static size_t symbols_size(void)
{
    return (size_t)(__debugger_symbols_end - __debugger_symbols_start);
}

void debug_early_init(void)
{
    const struct debugger_config config = {.reset = power_reset,
                                           .poweroff = power_off,
                                           .console = debug_console,
                                           .unattended = debug_unattended,
                                           .slide = kernel_slide(),
                                           .first_segment = kernel_image(),
                                           .symbols = __debugger_symbols_start,
                                           .symbols_size = symbols_size()};

    debugger_early_init(&config);
}

const char *debug_start(const struct debugger_transport *transport, uint32_t online)
{
    const struct debugger_config config = {
        .uart_port = cmdline.gdb_port,
        .baud = cmdline.gdb_baud,
        .transport = transport != NULL ? transport : debug_transport(),
        .tsc_hz = &tsc_hz,
        .reset = power_reset,
        .poweroff = power_off,
        .console = debug_console,
        .unattended = debug_unattended,
        .beacon = cmdline.panic == PANIC_DUMP ? debug_beacon : NULL,
        .protected_ranges = debug_ranges(),
        .protected_count = DEBUG_RANGES,
        .commands = commands,
        .command_count = sizeof(commands) / sizeof(commands[0]),
        .build_id = build_id(),
        .exec_file = debug_exec_file(),
        .packet_memory = debug_packet_memory(), .packet_size = DEBUG_PACKET_SIZE,
        .agent_memory = rooms.agents, .agent_size = sizeof(rooms.agents),
        .breakpoint_memory = rooms.breakpoints, .breakpoint_size = sizeof(rooms.breakpoints),
        .trace_memory = cmdline.gdb_trace != 0 ? debug_trace_memory : NULL,
        .file = debug_file,
        .scratch_code = debug_scratch_code(),
        .scratch_data = debug_scratch_data(),
        .slide = kernel_slide(),
        .first_segment = kernel_image(),
        .symbols = __debugger_symbols_start,
        .symbols_size = symbols_size(),
        .poison = KMALLOC_POISON,
        .wt_memory = rooms.wt, .wt_size = sizeof(rooms.wt),
        .physical_memory = physical_memory,
        .next_ram = debug_next_ram,
        .unused_ram = page_unused,
        .core_memory = debug_core_memory,
        .core_size = sizeof(debug_core_memory),
        .line_vector = VECTOR_SERIAL, .line_wakes = debug_line_wakes,
        .ticks = ticks_of,
        .nmi_clock = nmi_clock,
        .second_chance = 1u << VECTOR_PAGE_FAULT | /* demand.c */
                         1u << VECTOR_DEBUG,      /* demo/step_zoo.c */
        .pass_on = trap_handle_exception,
        .this_cpu = cpu_index,
        .send_nmi = send_nmi,
        .wake = cpu_debug_wake,
        .wake_vector = VECTOR_DEBUG_WAKE,
        .this_thread = debug_this_thread,
        .held_lock = debug_held_lock,
        .log = log_back,
        .device_memory = apic_mapped,
        .interrupt = interrupt_of,
        .next_thread = debug_next_thread,
        .thread_on = debug_thread_on,
        .thread_registers = debug_thread_registers,
        .next_process = debug_next_process,
        .own_page = debug_own_page,
    };

    return debugger_late_init(&config, online);
}

void debug_init(void)
{
    if (cmdline.gdb == GDB_MODE_OFF) {
        printk("debugger: off, as the command line says\n");
        return;
    }

    const char *problem = debug_start(NULL, 0);

    paging_mapped = tell_mapped;
    if (problem != NULL)
        printk("debugger: not serving on %s (0x%x): %s\n", debug_line_name(), debug_port(),
               problem);
    else if (debug_transport() != NULL)
        printk("debugger: serving gdb on %s\n", debug_line_name());
    else
        printk("debugger: serving gdb on %s (0x%x)\n", debug_line_name(), debug_port());
}

bool debug_stop_first(void)
{
    if (cmdline.gdb != GDB_MODE_WAIT || !debugger_active())
        return false;
    if (cmdline.gdb_wait_seconds == 0) {
        printk("debugger: waiting for a client\n");
        return true;
    }
    printk("debugger: waiting %u s for a client\n", cmdline.gdb_wait_seconds);
    debugger_wait(cmdline.gdb_wait_seconds * tsc_hz);
    return false;
}

void debug_enable_interrupt(void)
{
    debugger_arm(DEBUGGER_DOOR_TIMER);
    if (debugger_active())
        debug_line_enable_interrupt();
}
