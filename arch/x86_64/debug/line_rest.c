/*
 * line_rest.c: the processor halts while the client is silent, where the line is sure to wake it.
 * To poll takes all of a processor, for which the line's other end has to fight in a virtual
 * machine.
 */
#include "line.h"

#include "baud.h"
#include "processor.h"
#include "state.h"
#include "unattended.h"

/* Looks at a line that is silent before it is worth a halt: the rest of a packet comes at once. */
#define LOOKS 64

static unsigned looks;

/* A fault in here, of a device that is no longer mapped, ends in the loop that has called. */
static bool is_tried;

static bool may_rest(void)
{
    return debugger_settings.line_wakes && !is_tried && baud_state == BAUD_STEADY &&
           !unattended_calls();
}

/*
 * The line's class of interrupts is let in, in which nothing but the line is, and the wake-up above
 * it. sti takes effect behind hlt: what came since the line was looked at ends the halt at once.
 */
static void halt(void)
{
    uint64_t priority = read_cr8();

    write_cr8((debugger_settings.line_vector >> 4) - 1);
    if (debugger_settings.line_wakes() && !line_pending())
        __asm__ volatile("sti; hlt; cli" : : : "memory");
    write_cr8(priority);
}

void line_rest(bool is_silent)
{
    looks = is_silent ? looks + 1 : 0;
    if (!is_silent)
        return;
    if (looks < LOOKS || !may_rest()) {
        __asm__ volatile("pause");
        return;
    }
    is_tried = true;
    if (line_alert(true))
        halt();
    line_alert(false);
    is_tried = false;
}
