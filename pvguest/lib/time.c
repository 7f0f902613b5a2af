/* SPDX-License-Identifier: MIT */
#include "time.h"

#include "pvguest.h"

static struct timer {
    bool bound;
    volatile uint64_t at; /* When fn is due; 0: nothing to call */
    void (*fn)(void *data);
    void *data;
} timers[MAX_CPUS];

static uint64_t scale(uint64_t delta, uint32_t mul, int8_t shift)
{
    delta = shift >= 0 ? delta << shift : delta >> -shift;
    return (uint64_t)(((unsigned __int128)delta * mul) >> 32);
}

uint64_t time_ns(void)
{
    const volatile struct vcpu_time_info *t = &this_cpu()->info->time;
    uint32_t version;
    uint64_t now;

    /* An odd version: the hypervisor is writing. A changed one: what we read was a mixture. */
    do {
        version = t->version;
        barrier();
        now =
            t->system_time + scale(rdtsc() - t->tsc_timestamp, t->tsc_to_system_mul, t->tsc_shift);
        barrier();
    } while ((version & 1) || version != t->version);
    return now;
}

uint64_t time_tsc_hz(void)
{
    const struct vcpu_time_info *t = &this_cpu()->info->time;
    uint64_t hz;

    ASSERT(t->tsc_to_system_mul);
    hz = (uint64_t)(((unsigned __int128)NS_PER_SEC << 32) / t->tsc_to_system_mul);
    return t->tsc_shift >= 0 ? hz >> t->tsc_shift : hz << -t->tsc_shift;
}

struct wallclock time_wallclock(void)
{
    const volatile struct shared_info *s = shared_info;
    uint32_t version;
    uint64_t sec, ns;

    do {
        version = s->wc_version;
        barrier();
        sec = s->wc_sec | ((uint64_t)s->wc_sec_hi << 32);
        ns = s->wc_nsec;
        barrier();
    } while ((version & 1) || version != s->wc_version);
    ns += time_ns();
    return (struct wallclock){sec + ns / NS_PER_SEC, (uint32_t)(ns % NS_PER_SEC)};
}

static void arm(uint64_t at)
{
    struct vcpu_set_singleshot_timer op = {.timeout_abs_ns = at};

    MUST(hypercall_vcpu_op(VCPUOP_set_singleshot_timer, this_cpu()->id, &op));
}

static void expired(evtchn_port_t port, void *data)
{
    struct timer *t = data;
    void (*fn)(void *) = t->fn;

    (void)port;
    if (!t->at)
        return;
    if (time_ns() < t->at) { /* A waiter's earlier wake-up: ours is still to come. */
        arm(t->at);
        return;
    }
    t->at = 0;
    if (fn)
        fn(t->data);
}

static struct timer *this_timer(void)
{
    struct timer *t = &timers[this_cpu()->id];

    if (!t->bound) {
        t->bound = true;
        MUST(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, this_cpu()->id, NULL));
        evtchn_set_handler((evtchn_port_t)MUST(evtchn_bind_virq(VIRQ_TIMER, this_cpu()->id)),
                           expired, t);
    }
    return t;
}

long timer_set(uint64_t at, void (*fn)(void *data), void *data)
{
    struct vcpu_set_singleshot_timer op = {.timeout_abs_ns = at};
    struct timer *t = this_timer();
    bool enabled = events_save();
    long rc;

    t->fn = fn;
    t->data = data;
    t->at = at;
    rc = hypercall_vcpu_op(VCPUOP_set_singleshot_timer, this_cpu()->id, &op);
    events_restore(enabled);
    return rc;
}

long timer_cancel(void)
{
    this_timer()->at = 0;
    return hypercall_vcpu_op(VCPUOP_stop_singleshot_timer, this_cpu()->id, NULL);
}

void timer_wake_at(uint64_t at)
{
    struct timer *t = this_timer();

    arm(t->at && t->at < at ? t->at : at);
}

void time_sleep_until(uint64_t at)
{
    static const volatile int never;

    events_wait(&never, at);
}
