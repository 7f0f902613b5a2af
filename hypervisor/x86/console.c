/* SPDX-License-Identifier: MIT */
#include "x86/console.h"
#include "core/domain.h"
#include "core/evtchn.h"
#include "core/guestline.h"
#include "core/logring.h"
#include "core/time.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "x86/console_in.h"
#include "x86/uart.h"
#include "x86/vga.h"

#define PREFIX "(PHX) "
#define LINE_MAX 512
#define RING_DEFAULT 65536
#define RING_MAX (16u << 20)
#define CONTROL_PATIENCE 2000000000ull /* ns without a byte leaving */
#define GUESTS_ROOM 16384 /* of the line's buffer, kept for the hypervisor and the control domain */

static spinlock_t lock = SPINLOCK_INIT;
static bool lock_broken;
static struct console_config config;
static bool mid_line = true; /* raw output, somebody's or the firmware's, stopped inside a line */

static char first_ring[RING_DEFAULT];
static struct logring ring = {.data = first_ring, .size = RING_DEFAULT};
bool console_news;

/* Lines between the two levels of loglvl= and guest_loglvl=: as many as Xen lets through. */
static const struct rate log_rate = {.burst = 10, .per_second = 2};
static struct ratelimit log_limit;
/* All unprivileged domains together, in bytes: half of a line of 115200 baud. */
static const struct rate guests_rate = {.burst = 65536, .per_second = 5760};
static struct ratelimit guests_limit;

void console_lock(void)
{
    if (!lock_broken)
        spin_lock(&lock);
}

void console_unlock(void)
{
    if (!lock_broken)
        spin_unlock(&lock);
}

void console_flush(void)
{
    console_lock();
    uart_flush();
    console_unlock();
}

void console_break_lock(void)
{
    lock_broken = true;
    config.sync = true;
    uart_flush();
}

/* ---- out ---- */

/* To the devices, with carriage returns. Waits for room, but not for a line that is stuck. */
static void line_write(const char *s, size_t n)
{
    vga_write(s, n);
    for (size_t start = 0, i = 0; i <= n; i++) {
        if (i < n && s[i] != '\n')
            continue;
        uart_wait_room(i - start + 2);
        uart_put(s + start, i - start);
        if (i < n)
            uart_put("\r\n", 2);
        start = i + 1;
    }
    if (n)
        mid_line = s[n - 1] != '\n';
    if (config.sync)
        uart_flush();
}

static void ring_write(const char *s, size_t n)
{
    logring_write(&ring, s, n);
    if (console_news || lock_broken)
        return;
    console_news = true;
    port_kick_cpu(port_cpu()); /* not from here, where anything may be locked: at the way out */
}

void console_tell_news(void)
{
    __atomic_store_n(&console_news, false, __ATOMIC_SEQ_CST);
    virq_raise_global(VIRQ_CON_RING);
}

/* A whole line, ending in a newline, to the devices and into the ring. */
static void emit(const char *s, size_t n)
{
    if (mid_line)
        uart_put("\r\n", 2);
    line_write(s, n);
    ring_write(s, n);
}

static void emit_text(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void emit_text(const char *fmt, ...)
{
    char line[LINE_MAX] = PREFIX;
    size_t n = sizeof(PREFIX) - 1;
    va_list ap;

    if (config.timestamps)
        n += timestamp_print(line + n, config.timestamps, port_now(),
                             port_wallclock_ns() + port_now());
    va_start(ap, fmt);
    n += (size_t)vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
    va_end(ap);
    n = min(n, sizeof(line) - 2);
    if (line[n - 1] != '\n')
        line[n++] = '\n';
    emit(line, n);
}

bool log_wanted(enum log_level level)
{
    return level <= (level <= LOG_DEBUG ? config.loglvl_limited : config.guest_loglvl_limited);
}

/* With the lock held: is it one too many? */
static bool log_passes(enum log_level level)
{
    uint32_t missed;

    if (level <= (level <= LOG_DEBUG ? config.loglvl : config.guest_loglvl))
        return true;
    if (!ratelimit_pass(&log_limit, &log_rate, port_now(), 1))
        return false;
    missed = ratelimit_missed(&log_limit);
    if (missed)
        emit_text("%u messages suppressed", missed);
    return true;
}

void log_msg(enum log_level level, const char *fmt, ...)
{
    char text[LINE_MAX];
    va_list ap;

    if (!log_wanted(level))
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    console_lock();
    if (log_passes(level))
        emit_text("%s", text);
    console_unlock();
}

/* ---- guests ---- */

static void guest_line_show(struct domain *d)
{
    struct guestline *g = &d->console;
    char line[GUESTLINE_MAX + 64];
    uint64_t now = port_now();
    uint32_t missed;
    int n;

    if (!g->used)
        return;
    if (uart_room() < GUESTS_ROOM)
        g->limit.missed++;
    else if (guestline_pass(g, now)) {
        if (!ratelimit_pass(&guests_limit, &guests_rate, now, g->used)) {
            g->limit.missed++;
        } else {
            missed = ratelimit_missed(&g->limit);
            if (missed)
                emit_text("d%u: %u lines of its console suppressed", d->id, missed);
            n = snprintf(line, sizeof(line), "(d%u) %.*s\n", d->id, (int)g->used, g->text);
            emit(line, (size_t)n);
        }
    }
    g->used = 0;
}

/* The domain is held as long as the line moves. */
static void control_waits(void)
{
    static uint64_t since;
    static uint32_t sent = ~0u;
    uint64_t now = port_now();

    if (uart_sent() != sent) {
        sent = uart_sent();
        since = now;
    } else if (now - since > CONTROL_PATIENCE) {
        uart_give_up();
    }
}

static size_t control_write(const char *buf, size_t n)
{
    size_t lines = 0;

    for (size_t i = 0; i < n; i++)
        lines += buf[i] == '\n';
    uart_pump();
    if (uart_room() < n + lines + 2) {
        control_waits();
        return 0;
    }
    line_write(buf, n);
    if (config.to_ring)
        ring_write(buf, n);
    return n;
}

size_t console_guest_write(struct domain *d, const char *buf, size_t n)
{
    console_lock();
    if (d->privileged) {
        n = control_write(buf, n);
    } else {
        for (size_t i = 0; i < n; i++)
            if (guestline_byte(&d->console, buf[i]))
                guest_line_show(d);
    }
    console_unlock();
    return n;
}

void console_domain_gone(struct domain *d)
{
    uint32_t missed;

    console_lock();
    guest_line_show(d);
    missed = ratelimit_missed(&d->console.limit);
    if (missed)
        emit_text("d%u: %u lines of its console suppressed", d->id, missed);
    console_unlock();
}

size_t logring_read(char *buf, size_t n, uint32_t *index, bool clear, bool incremental)
{
    console_lock();
    n = logring_copy(&ring, buf, n, index, clear, incremental);
    console_unlock();
    return n;
}

/* ---- the boot ---- */

void console_init(const struct console_config *c)
{
    config = *c;
    if (config.com1)
        uart_init(config.com1_port, config.com1_baud);
    console_in_init(config.conswitch);
}

void console_ring_grow(void)
{
    uint32_t size = PAGE_SIZE;
    unsigned order = 0;
    char text[256];
    uint32_t at = 0;
    size_t n;
    mfn_t m;

    for (; size < config.ring_size && size < RING_MAX; size *= 2)
        order++;
    m = size > RING_DEFAULT ? heap_alloc(order, 0) : MFN_INVALID;
    if (!mfn_eq(m, MFN_INVALID)) {
        console_lock();
        logring_move(&ring, frame_va(m), size);
        console_unlock();
    } else if (size > RING_DEFAULT) {
        log_msg(LOG_WARN, "conring_size: no memory for %u KiB, staying at %u", size >> 10,
                ring.size >> 10);
    }
    if (!config.vga)
        return;
    vga_init();
    while ((n = logring_read(text, sizeof(text), &at, false, at != 0)) != 0)
        vga_write(text, n);
}

void console_start(void)
{
    if (config.vga && !config.vga_keep) {
        log_msg(LOG_INFO, "The VGA is left to the first domain");
        console_lock();
        vga_leave();
        console_unlock();
    }
    if (config.sync)
        log_msg(LOG_WARN, "sync_console: all output waits for the line; this is slow");
    console_in_start(config.com1_irq);
}
