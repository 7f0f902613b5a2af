/* SPDX-License-Identifier: MIT */
#include "pvguest.h"

static struct {
    evtchn_handler_t *handler;
    void *data;
    volatile unsigned int vcpu; /* where it is bound */
} ports[NR_PORTS];

static unsigned long upcalls[MAX_CPUS];

static unsigned long *word_of(xen_ulong_t *bits, evtchn_port_t port)
{
    ASSERT(port < NR_PORTS);
    return &bits[port / 64];
}

static void set_bit(xen_ulong_t *bits, evtchn_port_t port)
{
    __atomic_fetch_or(word_of(bits, port), 1ul << (port % 64), __ATOMIC_SEQ_CST);
}

static bool clear_bit(xen_ulong_t *bits, evtchn_port_t port)
{
    unsigned long bit = 1ul << (port % 64);

    return __atomic_fetch_and(word_of(bits, port), ~bit, __ATOMIC_SEQ_CST) & bit;
}

static bool test_bit(xen_ulong_t *bits, evtchn_port_t port)
{
    return __atomic_load_n(word_of(bits, port), __ATOMIC_SEQ_CST) & (1ul << (port % 64));
}

void evtchn_mask(evtchn_port_t port)
{
    set_bit(shared_info->evtchn_mask, port);
}

bool evtchn_masked(evtchn_port_t port)
{
    return test_bit(shared_info->evtchn_mask, port);
}

bool evtchn_pending(evtchn_port_t port)
{
    return test_bit(shared_info->evtchn_pending, port);
}

bool evtchn_clear(evtchn_port_t port)
{
    return clear_bit(shared_info->evtchn_pending, port);
}

/* A port the hypervisor gave us, or its error. */
static long bound(long rc, evtchn_port_t port, unsigned int vcpu)
{
    if (rc)
        return rc;
    if (port < NR_PORTS)
        ports[port].vcpu = vcpu;
    return port;
}

long evtchn_alloc_unbound(domid_t dom, domid_t remote)
{
    struct evtchn_alloc_unbound op = {.dom = dom, .remote_dom = remote};
    long rc = hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &op);

    return bound(rc, op.port, 0);
}

long evtchn_bind_interdomain(domid_t remote, evtchn_port_t remote_port)
{
    struct evtchn_bind_interdomain op = {.remote_dom = remote, .remote_port = remote_port};
    long rc = hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &op);

    return bound(rc, op.local_port, 0);
}

long evtchn_bind_virq(unsigned int virq, unsigned int vcpu)
{
    struct evtchn_bind_virq op = {.virq = virq, .vcpu = vcpu};
    long rc = hypercall_event_channel_op(EVTCHNOP_bind_virq, &op);

    return bound(rc, op.port, vcpu);
}

long evtchn_bind_ipi(unsigned int vcpu)
{
    struct evtchn_bind_ipi op = {.vcpu = vcpu};
    long rc = hypercall_event_channel_op(EVTCHNOP_bind_ipi, &op);

    return bound(rc, op.port, vcpu);
}

long evtchn_bind_pirq(unsigned int pirq, bool share)
{
    struct evtchn_bind_pirq op = {.pirq = pirq, .flags = share ? BIND_PIRQ__WILL_SHARE : 0};
    long rc = hypercall_event_channel_op(EVTCHNOP_bind_pirq, &op);

    return bound(rc, op.port, 0);
}

long evtchn_close(evtchn_port_t port)
{
    struct evtchn_close op = {.port = port};

    if (port < NR_PORTS) {
        evtchn_mask(port);
        ports[port].handler = NULL;
    }
    return hypercall_event_channel_op(EVTCHNOP_close, &op);
}

long evtchn_send(evtchn_port_t port)
{
    struct evtchn_send op = {.port = port};

    return hypercall_event_channel_op(EVTCHNOP_send, &op);
}

long evtchn_bind_vcpu(evtchn_port_t port, unsigned int vcpu)
{
    struct evtchn_bind_vcpu op = {.port = port, .vcpu = vcpu};
    long rc = hypercall_event_channel_op(EVTCHNOP_bind_vcpu, &op);

    return rc ? rc : (bound(0, port, vcpu), 0);
}

long evtchn_unmask(evtchn_port_t port)
{
    struct evtchn_unmask op = {.port = port};

    return hypercall_event_channel_op(EVTCHNOP_unmask, &op);
}

long evtchn_status(evtchn_port_t port, struct evtchn_status *status)
{
    *status = (struct evtchn_status){.dom = DOMID_SELF, .port = port};
    return hypercall_event_channel_op(EVTCHNOP_status, status);
}

void evtchn_set_handler(evtchn_port_t port, evtchn_handler_t *handler, void *data)
{
    ASSERT(port < NR_PORTS);
    ports[port].data = data;
    ports[port].handler = handler;
    MUST(evtchn_unmask(port));
}

bool events_enabled(void)
{
    return !*(volatile uint8_t *)&this_cpu()->info->evtchn_upcall_mask;
}

void events_disable(void)
{
    *(volatile uint8_t *)&this_cpu()->info->evtchn_upcall_mask = 1;
    barrier();
}

void events_enable(void)
{
    struct vcpu_info *info = this_cpu()->info;

    barrier();
    *(volatile uint8_t *)&info->evtchn_upcall_mask = 0;
    barrier();
    /* What came while we were masked waits for the next return from the hypervisor: make one. */
    if (*(volatile uint8_t *)&info->evtchn_upcall_pending)
        hypercall_xen_version(XENVER_version, NULL);
}

bool events_save(void)
{
    bool enabled = events_enabled();

    events_disable();
    return enabled;
}

void events_restore(bool enabled)
{
    if (enabled)
        events_enable();
}

void sched_block(void)
{
    MUST(hypercall_sched_op(SCHEDOP_block, NULL));
}

void sched_yield(void)
{
    MUST(hypercall_sched_op(SCHEDOP_yield, NULL));
}

long sched_poll(evtchn_port_t *list, unsigned int n, uint64_t deadline)
{
    struct sched_poll poll = {.nr_ports = n, .timeout = deadline};

    set_xen_guest_handle(poll.ports, list);
    return hypercall_sched_op(SCHEDOP_poll, &poll);
}

bool events_wait(const volatile int *flag, uint64_t deadline)
{
    bool enabled = events_enabled();

    for (;;) {
        events_disable();
        if (*flag || time_ns() >= deadline)
            break;
        /* The flag cannot change between the look and the block: blocking unmasks atomically. */
        timer_wake_at(deadline);
        sched_block();
    }
    events_restore(enabled);
    return *flag;
}

/* The word of pending bits is shared: it may hold other vCPUs' ports, which they have been told of. */
static void handle_port(evtchn_port_t port)
{
    if (ports[port].vcpu != this_cpu()->id)
        return;
    evtchn_clear(port);
    if (ports[port].handler)
        ports[port].handler(port, ports[port].data);
}

unsigned long events_upcalls(void)
{
    return upcalls[this_cpu()->id];
}

void events_upcall(void)
{
    struct vcpu_info *info = this_cpu()->info;

    upcalls[this_cpu()->id]++;
    /* Cleared before the search, or an event raised behind our back would be lost. */
    while (__atomic_exchange_n(&info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST)) {
        unsigned long words = __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);

        for (; words; words &= words - 1) {
            unsigned int word = (unsigned int)__builtin_ctzl(words);
            unsigned long bits =
                __atomic_load_n(&shared_info->evtchn_pending[word], __ATOMIC_SEQ_CST) &
                ~__atomic_load_n(&shared_info->evtchn_mask[word], __ATOMIC_SEQ_CST);

            for (; bits; bits &= bits - 1)
                handle_port(word * 64 + (unsigned int)__builtin_ctzl(bits));
        }
    }
}

void events_init(void)
{
    for (unsigned int i = 0; i < NR_PORTS / 64; i++)
        shared_info->evtchn_mask[i] = ~0ul;
}
