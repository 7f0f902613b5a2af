/* SPDX-License-Identifier: MIT */
#include "console.h"

#include "pvguest.h"

#include <xen/io/console.h>

static struct xencons_interface *ring; /* NULL: none, or not the way to go */
static bool emergency;
static bool ring_dead;
static bool locked;
static char line[256];
static size_t line_length;

void console_init(void)
{
    if (is_first_domain() || !start_info->console.domU.mfn)
        return;
    ring = pfn_to_va(mfn_to_pfn(start_info->console.domU.mfn));
}

static void ring_notify(void)
{
    struct evtchn_send send = {.port = start_info->console.domU.evtchn};

    hypercall_event_channel_op(EVTCHNOP_send, &send);
}

/* False: the reader is gone or stuck. */
static bool ring_wait_for_room(void)
{
    uint64_t deadline = time_ns() + 1000000000;

    while (ring->out_prod - *(volatile XENCONS_RING_IDX *)&ring->out_cons >= sizeof(ring->out)) {
        if (time_ns() > deadline)
            return false;
        ring_notify();
        hypercall_sched_op(SCHEDOP_yield, NULL);
    }
    return true;
}

static void ring_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length && !ring_dead; i++) {
        if (!ring_wait_for_room()) {
            ring_dead = true;
            break;
        }
        ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = text[i];
        barrier(); /* x86 keeps stores in order: the byte is there before the index says so. */
        ring->out_prod++;
    }
    ring_notify();
}

static void send(const char *text, size_t length)
{
    if (!length)
        return;
    if (ring)
        ring_write(text, length);
    if (!ring || emergency)
        hypercall_console_io(CONSOLEIO_write, (int)length, (char *)text);
}

/* One writer at a time. Last words go out whoever holds the lock: it may be the one that died. */
static bool lock_console(void)
{
    bool events = events_save();

    while (__atomic_exchange_n(&locked, true, __ATOMIC_ACQUIRE) && !emergency)
        hypercall_sched_op(SCHEDOP_yield, NULL);
    return events;
}

static void unlock_console(bool events)
{
    __atomic_store_n(&locked, false, __ATOMIC_RELEASE);
    events_restore(events);
}

static void flush_line(void)
{
    size_t length = line_length;

    line_length = 0;
    send(line, length);
}

void console_flush(void)
{
    bool events = lock_console();

    flush_line();
    unlock_console(events);
}

void console_write(const char *text, size_t length)
{
    bool events = lock_console();

    for (size_t i = 0; i < length; i++) {
        line[line_length++] = text[i];
        if (text[i] == '\n' || line_length == sizeof(line))
            flush_line();
    }
    unlock_console(events);
}

static size_t ring_read(char *out, size_t size)
{
    size_t n = 0;

    while (n < size && ring->in_cons != *(volatile XENCONS_RING_IDX *)&ring->in_prod) {
        out[n++] = ring->in[MASK_XENCONS_IDX(ring->in_cons, ring->in)];
        barrier();
        ring->in_cons++;
    }
    if (n)
        ring_notify();
    return n;
}

size_t console_read(char *out, size_t size)
{
    long n;

    if (ring)
        return ring_read(out, size);
    n = hypercall_console_io(CONSOLEIO_read, (int)size, out);
    return n > 0 ? (size_t)n : 0;
}

void console_emergency(void)
{
    emergency = true;
}
