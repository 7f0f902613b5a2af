/* SPDX-License-Identifier: MIT */
#include "x86/console_in.h"
#include "core/conin.h"
#include "core/evtchn.h"
#include "core/keys.h"
#include "core/log.h"
#include "core/timer.h"
#include "x86/irq.h"
#include "x86/uart.h"

#define POLL_NS 5000000ull    /* no interrupts: a FIFO of 16 bytes fills in 1.4 ms at 115200 */
#define WATCH_NS 250000000ull /* with interrupts */
#define ROUNDS 64             /* the poll goes on where an interrupt stops */
#define HOLD_NS 1000000000ull
#define BATCH 4096 /* bytes taken at once, with interrupts off */

static struct conin input;
static uint64_t last_read; /* when the control domain read last */
static struct timer poll;
static bool irq_seen;

static const char *listener(void)
{
    return input.to_hypervisor ? "Philoxen" : "DOM0";
}

static void tell_listener(void)
{
    if (input.switch_key)
        log_msg(LOG_ERR, "*** Serial input to %s (type 'CTRL-%c' three times to switch input)",
                listener(), input.switch_key + 'a' - 1);
}

void console_in_init(const char conswitch[2])
{
    char c = conswitch[0] | 0x20;

    input.switch_key = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 1) : 0;
    input.to_hypervisor = conswitch[1] == 'x';
}

/* One byte off the line: false when there is none, or none may be taken. */
static bool take(enum conin_got *got, char keys[3], unsigned *nr)
{
    int c = -1;
    bool hold;

    console_lock();
    hold = conin_full(&input) && !input.to_hypervisor && port_now() - last_read <= HOLD_NS;
    uart_hold(hold);
    if (!hold)
        c = uart_read();
    if (c >= 0)
        *got = conin_byte(&input, (char)c, keys, nr);
    console_unlock();
    return c >= 0;
}

/* No lock is held here: this comes from the interrupt, which finds the CPU in a guest or idle, or
 * from a timer. */
static void receive(void)
{
    enum conin_got got = CONIN_NOTHING;
    bool some = false;
    char keys[3];
    unsigned nr = 0;

    for (unsigned i = 0; i < BATCH && take(&got, keys, &nr); i++) {
        if (got == CONIN_SWITCHED)
            tell_listener();
        some |= got == CONIN_INPUT;
        for (unsigned k = 0; got == CONIN_KEYS && k < nr; k++)
            debug_key(keys[k]);
    }
    if (some)
        virq_raise_global(VIRQ_CONSOLE);
}

static void pump(void)
{
    console_lock();
    uart_pump();
    console_unlock();
}

static void poll_again(void *arg)
{
    (void)arg;
    receive();
    pump();
    timer_set(&poll, port_now() + (irq_seen ? WATCH_NS : POLL_NS));
}

static bool asks(void)
{
    bool it_does;

    console_lock();
    it_does = uart_irq_asks();
    console_unlock();
    return it_does;
}

static void interrupt(void *arg)
{
    (void)arg;
    irq_seen = true;
    for (unsigned i = 0; i < ROUNDS && asks(); i++) {
        receive();
        pump();
    }
}

size_t console_read(char *buf, size_t n)
{
    bool full;

    console_lock();
    full = conin_full(&input);
    n = conin_read(&input, buf, n);
    last_read = port_now();
    console_unlock();
    if (full && n)
        receive(); /* what was held back */
    return n;
}

void console_in_start(uint32_t irq)
{
    if (!uart_port())
        return;
    tell_listener();
    timer_init(&poll, poll_again, NULL);
    timer_set(&poll, port_now() + POLL_NS);
    if (!irq)
        return;
    if (irq_claim_gsi(irq_isa_gsi(irq), interrupt, NULL)) {
        log_msg(LOG_WARN, "com1: interrupt %u cannot be used, the line is polled", irq);
        return;
    }
    console_lock();
    uart_irq_enable();
    console_unlock();
}
