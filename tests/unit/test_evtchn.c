/* SPDX-License-Identifier: MIT */
/* LINK: core/evtchn.c core/evtchn_bind.c core/evtchn_fifo.c hypercall/evtchn.c hypercall/door.c */
/* Checks [EVT-1] [EVT-2] [EVT-3] [EVT-4] [EVT-5] [EVT-6] [EVT-7] [EVT-8] [EVT-9]. */
#include "core/evtchn.h"
#include "fake_port.h"
#include "hypercall/hypercall.h"
#include <criterion/criterion.h>

static struct domain *d0, *d1; /* d0 is privileged; d1 has two vcpus */
static struct vcpu *v0, *v1;

static void give_info(struct domain *d)
{
    d->shared_info = calloc(1, PAGE_SIZE);
    for (unsigned i = 0; i < d->max_vcpus; i++)
        d->vcpus[i]->info = &d->shared_info->vcpu_info[i];
    cr_assert_eq(evtchn_domain_init(d), 0);
}

static void setup(void)
{
    fake_reset();
    fake_quiet = true;
    d0 = fake_domain(0, 1, true);
    d1 = fake_domain(1, 2, false);
    give_info(d0);
    give_info(d1);
    v0 = d0->vcpus[0];
    v1 = d1->vcpus[0];
    fake_current = v1;
}

static void audit(void)
{
    cr_assert_eq(evtchn_audit(d0), 0);
    cr_assert_eq(evtchn_audit(d1), 0);
}

TestSuite(evtchn, .init = setup, .fini = audit);

/* ---- what the tests ask ---- */

static bool pending(const struct domain *d, unsigned port)
{
    return d->shared_info->evtchn_pending[port / 64] & BIT(port % 64);
}

static bool selected(const struct vcpu *v, unsigned port)
{
    return v->info->evtchn_pending_sel & BIT(port / 64);
}

static void clear(struct domain *d)
{
    memset(d->shared_info, 0, sizeof(*d->shared_info));
    for (unsigned i = 0; i < d->max_vcpus; i++)
        d->vcpus[i]->work = 0;
}

static bool kicked(const struct vcpu *v)
{
    return v->work & WORK_RESCHED;
}

static evtchn_port_t ipi(struct domain *d, unsigned vcpu)
{
    struct evtchn_bind_ipi a = {.vcpu = vcpu};

    cr_assert_eq(evtchn_bind_ipi(d, &a), 0);
    audit();
    return a.port;
}

static evtchn_port_t virq(struct domain *d, unsigned n, unsigned vcpu)
{
    struct evtchn_bind_virq a = {.virq = n, .vcpu = vcpu};

    cr_assert_eq(evtchn_bind_virq(d, &a), 0);
    audit();
    return a.port;
}

static int try_virq(struct domain *d, unsigned n, unsigned vcpu)
{
    struct evtchn_bind_virq a = {.virq = n, .vcpu = vcpu};

    return evtchn_bind_virq(d, &a);
}

static evtchn_port_t unbound(struct domain *caller, domid_t dom, domid_t remote)
{
    struct evtchn_alloc_unbound a = {.dom = dom, .remote_dom = remote};

    cr_assert_eq(evtchn_alloc_unbound(caller, &a), 0);
    audit();
    return a.port;
}

static int bind(struct domain *caller, domid_t dom, evtchn_port_t remote, evtchn_port_t *local)
{
    struct evtchn_bind_interdomain a = {.remote_dom = dom, .remote_port = remote};
    int rc = evtchn_bind_interdomain(caller, &a);

    if (local)
        *local = a.local_port;
    audit();
    return rc;
}

/* A channel between d0 (returned) and d1 (*peer). */
static evtchn_port_t channel(evtchn_port_t *peer)
{
    evtchn_port_t local;

    *peer = unbound(d1, DOMID_SELF, 0);
    cr_assert_eq(bind(d0, 1, *peer, &local), 0);
    clear(d0);
    clear(d1);
    return local;
}

static struct evtchn_status status(struct domain *d, evtchn_port_t port)
{
    struct evtchn_status a = {.dom = DOMID_SELF, .port = port};

    cr_assert_eq(evtchn_status(d, &a), 0);
    return a;
}

static void close_ok(struct domain *d, evtchn_port_t port)
{
    cr_assert_eq(evtchn_close(d, port), 0);
    audit();
}

/* ---- ports ---- */

Test(evtchn, ports_are_given_lowest_free_and_never_zero)
{
    cr_assert_eq(ipi(d1, 0), 1);
    cr_assert_eq(unbound(d1, DOMID_SELF, 0), 2);
    cr_assert_eq(virq(d1, VIRQ_TIMER, 0), 3);
    cr_assert_eq(ipi(d1, 1), 4);
    close_ok(d1, 2);
    close_ok(d1, 1);
    cr_assert_eq(ipi(d1, 0), 1);
    cr_assert_eq(ipi(d1, 0), 2);
    cr_assert_eq(ipi(d1, 0), 5);
}

Test(evtchn, ports_end_at_max_port)
{
    struct evtchn_bind_ipi a = {.vcpu = 0};

    d1->evtchn.max_port = 70;
    for (unsigned i = 1; i <= 70; i++)
        cr_assert_eq(ipi(d1, 0), i);
    cr_assert_eq(evtchn_bind_ipi(d1, &a), -ENOSPC);
    close_ok(d1, 33);
    cr_assert_eq(ipi(d1, 0), 33);
    d1->evtchn.max_port = ~0u;
    for (unsigned i = 71; i < 4096; i++) {
        cr_assert_eq(evtchn_bind_ipi(d1, &a), 0);
        cr_assert_eq(a.port, i);
    }
    cr_assert_eq(evtchn_bind_ipi(d1, &a), -ENOSPC);
    cr_assert_eq(try_virq(d1, VIRQ_TIMER, 0), -ENOSPC);
    cr_assert_eq(bind(d1, 0, 1, NULL), -ENOSPC);
}

Test(evtchn, a_dying_domain_gets_no_port)
{
    struct evtchn_bind_ipi a = {.vcpu = 0};
    struct evtchn_alloc_unbound u = {.dom = 1, .remote_dom = 0};

    d1->state = DOM_DYING;
    cr_assert_eq(evtchn_bind_ipi(d1, &a), -EINVAL);
    cr_assert_eq(evtchn_alloc_unbound(d0, &u), -EINVAL);
}

Test(evtchn, operations_on_ports_that_do_not_exist_are_einval)
{
    static const evtchn_port_t bad[] = {64, 4095, 4096, 0x7fffffff, 0x80000000, ~0u};

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        struct evtchn_status s = {.dom = DOMID_SELF, .port = bad[i]};

        cr_assert_eq(evtchn_send(d1, bad[i]), -EINVAL);
        cr_assert_eq(evtchn_unmask(d1, bad[i]), -EINVAL);
        cr_assert_eq(evtchn_close(d1, bad[i]), -EINVAL);
        cr_assert_eq(evtchn_bind_vcpu(d1, bad[i], 0), -EINVAL);
        cr_assert_eq(evtchn_status(d1, &s), -EINVAL);
        cr_assert_eq(bind(d1, 0, bad[i], NULL), -EINVAL);
        cr_assert_not(evtchn_port_open(d1, bad[i]));
        cr_assert_not(evtchn_port_pending(d1, bad[i]));
    }
}

Test(evtchn, closed_ports_and_port_zero_refuse_send_close_and_bind_vcpu)
{
    static const evtchn_port_t closed[] = {0, 1, 63};

    for (unsigned i = 0; i < ARRAY_SIZE(closed); i++) {
        cr_assert_eq(evtchn_send(d1, closed[i]), -EINVAL);
        cr_assert_eq(evtchn_close(d1, closed[i]), -EINVAL);
        cr_assert_eq(evtchn_bind_vcpu(d1, closed[i], 0), -EINVAL);
        d1->shared_info->evtchn_mask[0] = ~0ull;
        cr_assert_eq(evtchn_unmask(d1, closed[i]), 0);
        cr_assert_eq(d1->shared_info->evtchn_mask[0], ~0ull, "the bits of a closed port are left alone");
        cr_assert_eq(status(d1, closed[i]).status, EVTCHNSTAT_closed);
    }
}

/* ---- delivery ---- */

Test(evtchn, sending_to_oneself_selects_the_word_and_kicks_nobody)
{
    evtchn_port_t p = ipi(d1, 0);

    cr_assert_eq(evtchn_send(d1, p), 0);
    cr_assert(pending(d1, p) && selected(v1, p) && v1->info->evtchn_upcall_pending == 1);
    cr_assert_not(kicked(v1));
    cr_assert(evtchn_port_pending(d1, p));
}

Test(evtchn, sending_to_another_vcpu_kicks_it_once)
{
    evtchn_port_t p = ipi(d1, 1);
    struct vcpu *other = d1->vcpus[1];

    cr_assert_eq(evtchn_send(d1, p), 0);
    cr_assert(pending(d1, p) && selected(other, p) && kicked(other));
    cr_assert_not(v1->info->evtchn_upcall_pending);
    other->work = 0;
    cr_assert_eq(evtchn_send(d1, p), 0);
    cr_assert_not(kicked(other));
}

Test(evtchn, a_masked_port_only_becomes_pending_until_unmask_delivers_it)
{
    evtchn_port_t p = ipi(d1, 0);

    d1->shared_info->evtchn_mask[0] = BIT(p);
    cr_assert_eq(evtchn_send(d1, p), 0);
    cr_assert(pending(d1, p));
    cr_assert_not(selected(v1, p));
    cr_assert_not(v1->info->evtchn_upcall_pending);
    cr_assert_eq(evtchn_unmask(d1, p), 0);
    cr_assert(selected(v1, p) && v1->info->evtchn_upcall_pending);
    cr_assert_eq(d1->shared_info->evtchn_mask[0], 0);
}

Test(evtchn, unmask_of_an_unmasked_or_quiet_port_raises_nothing)
{
    evtchn_port_t p = ipi(d1, 0);

    d1->shared_info->evtchn_pending[0] = BIT(p);
    cr_assert_eq(evtchn_unmask(d1, p), 0);
    cr_assert_not(v1->info->evtchn_upcall_pending);
    clear(d1);
    d1->shared_info->evtchn_mask[0] = BIT(p);
    cr_assert_eq(evtchn_unmask(d1, p), 0);
    cr_assert_not(v1->info->evtchn_upcall_pending);
}

Test(evtchn, an_event_waits_while_upcalls_are_masked)
{
    evtchn_port_t p = ipi(d1, 0);

    v1->info->evtchn_upcall_mask = 1;
    cr_assert_eq(evtchn_send(d1, p), 0);
    cr_assert(v1->info->evtchn_upcall_pending);
    cr_assert_not(vcpu_event_pending(v1));
    v1->info->evtchn_upcall_mask = 0;
    cr_assert(vcpu_event_pending(v1));
}

Test(evtchn, a_selected_word_or_pending_upcall_is_not_raised_twice)
{
    evtchn_port_t a = ipi(d1, 1), b = ipi(d1, 1);
    struct vcpu *other = d1->vcpus[1];

    other->info->evtchn_upcall_pending = 1;
    cr_assert_eq(evtchn_send(d1, a), 0);
    cr_assert_not(kicked(other));
    other->info->evtchn_upcall_pending = 0;
    cr_assert_eq(evtchn_send(d1, b), 0);
    cr_assert(pending(d1, b));
    cr_assert_not(other->info->evtchn_upcall_pending, "the word was selected already");
}

Test(evtchn, garbage_in_the_shared_page_harms_nobody_but_its_owner)
{
    evtchn_port_t p = ipi(d1, 0);

    memset(d1->shared_info, 0xff, sizeof(*d1->shared_info));
    cr_assert_eq(evtchn_send(d1, p), 0);
    cr_assert_eq(evtchn_unmask(d1, p), 0);
    evtchn_redeliver(v1);
    virq_raise_vcpu(v1, VIRQ_TIMER);
    close_ok(d1, p);
    cr_assert_not(pending(d1, p));
    cr_assert(pending(d1, p + 1));
    cr_assert_eq(d0->shared_info->evtchn_pending[0], 0);
}

Test(evtchn, a_vcpu_without_vcpu_info_yet_loses_nothing)
{
    evtchn_port_t p = ipi(d1, 1);
    struct vcpu *v = d1->vcpus[1];
    struct vcpu_info *info = v->info;

    v->info = NULL;
    cr_assert_eq(evtchn_send(d1, p), 0);
    evtchn_redeliver(v);
    v->info = info;
    cr_assert(pending(d1, p));
    cr_assert_not(selected(v, p));
    evtchn_redeliver(v);
    cr_assert(selected(v, p) && v->info->evtchn_upcall_pending && kicked(v));
}

Test(evtchn, redelivery_on_oneself_kicks_nobody)
{
    evtchn_redeliver(v1);
    cr_assert_eq(v1->info->evtchn_pending_sel, ~0ull);
    cr_assert_not(kicked(v1));
}

Test(evtchn, a_raised_port_wakes_who_polls_on_it_even_when_masked)
{
    evtchn_port_t p = ipi(d1, 0), q = ipi(d1, 0);
    struct vcpu *poller = d1->vcpus[1];

    d1->shared_info->evtchn_mask[0] = ~0ull;
    poller->blocked = true;
    poller->poll_ports = 1;
    poller->poll_port = q;
    d1->evtchn.pollers = 1;
    cr_assert_eq(evtchn_send(d1, p), 0);
    cr_assert(poller->blocked && d1->evtchn.pollers, "another port");
    cr_assert_eq(evtchn_send(d1, q), 0);
    cr_assert_not(poller->blocked);
    cr_assert_not(poller->info->evtchn_upcall_pending || v1->info->evtchn_upcall_pending);
    clear(d1);
    poller->blocked = true;
    poller->poll_ports = 3;
    poller->poll_port = 0;
    d1->evtchn.pollers = 1;
    cr_assert_eq(evtchn_send(d1, p), 0);
    cr_assert_not(poller->blocked, "several ports: any event, and it looks itself");
}

Test(evtchn, the_only_vcpu_of_a_domain_is_woken_from_its_poll_by_another_domain)
{
    evtchn_port_t far, near = channel(&far);

    d0->shared_info->evtchn_mask[0] = ~0ull;
    v0->blocked = true;
    v0->poll_ports = 1;
    v0->poll_port = near;
    d0->evtchn.pollers = 1;
    cr_assert_eq(evtchn_send(d1, far), 0);
    cr_assert_not(v0->blocked);
}

/* ---- channels ---- */

Test(evtchn, a_channel_carries_events_both_ways)
{
    evtchn_port_t far, near = channel(&far);

    cr_assert_eq(evtchn_send(d0, near), 0);
    cr_assert(pending(d1, far) && selected(v1, far));
    cr_assert_not(pending(d0, near));
    cr_assert_eq(evtchn_send(d1, far), 0);
    cr_assert(pending(d0, near) && selected(v0, near) && kicked(v0));
    cr_assert_eq(status(d0, near).u.interdomain.dom, 1);
    cr_assert_eq(status(d0, near).u.interdomain.port, far);
    cr_assert_eq(status(d1, far).status, EVTCHNSTAT_interdomain);
}

Test(evtchn, binding_sets_the_local_end_pending)
{
    evtchn_port_t far = unbound(d1, DOMID_SELF, 0), near;

    cr_assert_eq(evtchn_send(d1, far), 0, "an event nobody hears is dropped");
    cr_assert_eq(bind(d0, 1, far, &near), 0);
    cr_assert(pending(d0, near));
    cr_assert_not(pending(d1, far));
}

Test(evtchn, a_loop_back_channel_connects_a_domain_to_itself)
{
    evtchn_port_t a = unbound(d1, DOMID_SELF, DOMID_SELF), b;
    uint32_t refs = d1->refs;

    cr_assert_eq(bind(d1, DOMID_SELF, a, &b), 0);
    cr_assert_neq(a, b);
    clear(d1);
    cr_assert_eq(evtchn_send(d1, a), 0);
    cr_assert(pending(d1, b) && !pending(d1, a));
    close_ok(d1, b);
    cr_assert_eq(status(d1, a).status, EVTCHNSTAT_unbound);
    cr_assert_eq(status(d1, a).u.unbound.dom, 1);
    cr_assert_eq(d1->refs, refs);
    cr_assert_eq(bind(d1, 1, a, &b), 0, "by number too");
}

Test(evtchn, closing_one_end_leaves_the_other_waiting_for_the_closer)
{
    uint32_t refs0 = d0->refs, refs1 = d1->refs;
    evtchn_port_t far, near = channel(&far);

    cr_assert_eq(d0->refs, refs0 + 1);
    cr_assert_eq(d1->refs, refs1 + 1);
    close_ok(d0, near);
    cr_assert_eq(status(d1, far).status, EVTCHNSTAT_unbound);
    cr_assert_eq(status(d1, far).u.unbound.dom, 0);
    cr_assert_eq(d0->refs, refs0);
    cr_assert_eq(d1->refs, refs1);
    cr_assert_eq(evtchn_send(d1, far), 0);
    cr_assert_eq(bind(d0, 1, far, &near), 0);
    close_ok(d1, far);
    cr_assert_eq(status(d0, near).status, EVTCHNSTAT_unbound);
    cr_assert_eq(status(d0, near).u.unbound.dom, 1, "also when this end never waited before");
}

Test(evtchn, only_the_named_domain_may_bind_and_only_once)
{
    struct domain *d2 = fake_domain(2, 1, false);
    evtchn_port_t far = unbound(d1, DOMID_SELF, 0);

    give_info(d2);
    cr_assert_eq(bind(d2, 1, far, NULL), -EINVAL);
    cr_assert_eq(bind(d0, 9, far, NULL), -ESRCH);
    cr_assert_eq(bind(d0, 1, far + 1, NULL), -EINVAL);
    cr_assert_eq(bind(d0, 1, 0, NULL), -EINVAL);
    cr_assert_eq(bind(d0, 1, far, NULL), 0);
    cr_assert_eq(bind(d0, 1, far, NULL), -EINVAL);
    cr_assert_eq(d0->evtchn.used, 2, "a failing bind takes no port");
}

Test(evtchn, only_the_control_domain_acts_for_others)
{
    struct evtchn_alloc_unbound a = {.dom = 0, .remote_dom = 1};
    struct evtchn_status s = {.dom = 0, .port = 1};
    struct evtchn_reset r = {.dom = 0};

    cr_assert_eq(evtchn_alloc_unbound(d1, &a), -EPERM);
    cr_assert_eq(evtchn_status(d1, &s), -EPERM);
    cr_assert_eq(evtchn_reset(d1, &r), -EPERM);
    a = (struct evtchn_alloc_unbound){.dom = 1, .remote_dom = DOMID_SELF};
    cr_assert_eq(evtchn_alloc_unbound(d0, &a), 0);
    cr_assert_eq(status(d1, a.port).u.unbound.dom, 0);
    a.dom = s.dom = r.dom = 9;
    cr_assert_eq(evtchn_alloc_unbound(d0, &a), -ESRCH);
    cr_assert_eq(evtchn_status(d0, &s), -ESRCH);
    cr_assert_eq(evtchn_reset(d0, &r), -ESRCH);
    a.dom = DOMID_XEN;
    cr_assert_eq(evtchn_alloc_unbound(d0, &a), -ESRCH);
}

Test(evtchn, a_pending_event_does_not_survive_the_close_of_its_port)
{
    evtchn_port_t p = ipi(d1, 0);

    evtchn_send(d1, p);
    close_ok(d1, p);
    cr_assert_not(pending(d1, p));
}

/* ---- virtual interrupts and vcpus ---- */

Test(evtchn, a_vcpus_virtual_interrupt_reaches_that_vcpu)
{
    evtchn_port_t a = virq(d1, VIRQ_TIMER, 0), b = virq(d1, VIRQ_TIMER, 1);

    virq_raise_vcpu(d1->vcpus[1], VIRQ_TIMER);
    cr_assert(pending(d1, b) && !pending(d1, a) && kicked(d1->vcpus[1]));
    virq_raise_vcpu(v1, VIRQ_DEBUG);
    cr_assert_not(v1->info->evtchn_upcall_pending);
    cr_assert_eq(status(d1, b).status, EVTCHNSTAT_virq);
    cr_assert_eq(status(d1, b).vcpu, 1);
    cr_assert_eq(status(d1, b).u.virq, VIRQ_TIMER);
    close_ok(d1, b);
    virq_raise_vcpu(d1->vcpus[1], VIRQ_TIMER);
    cr_assert_not(pending(d1, b));
}

Test(evtchn, virtual_interrupts_bind_with_xens_errors)
{
    cr_assert_eq(try_virq(d1, NR_VIRQS, 0), -EINVAL);
    cr_assert_eq(try_virq(d1, ~0u, 0), -EINVAL);
    cr_assert_eq(try_virq(d1, VIRQ_TIMER, 2), -ENOENT);
    cr_assert_eq(try_virq(d1, VIRQ_TIMER, ~0u), -ENOENT);
    cr_assert_eq(try_virq(d1, VIRQ_CONSOLE, 1), -EINVAL, "global ones start on vcpu 0");
    cr_assert_eq(try_virq(d1, VIRQ_CONSOLE, 7), -EINVAL);
    virq(d1, VIRQ_TIMER, 1);
    cr_assert_eq(try_virq(d1, VIRQ_TIMER, 1), -EEXIST);
    cr_assert_eq(d1->evtchn.used, 2, "failures take no port");
}

Test(evtchn, a_global_virtual_interrupt_goes_to_the_first_domain_wherever_it_is_bound)
{
    evtchn_port_t p = virq(d0, VIRQ_DOM_EXC, 0);
    uint32_t refs = d0->refs;

    virq(d1, VIRQ_DOM_EXC, 0);
    virq_raise_global(VIRQ_DOM_EXC);
    virq_raise_global(VIRQ_CONSOLE);
    cr_assert(pending(d0, p) && kicked(v0));
    cr_assert_eq(d1->shared_info->evtchn_pending[0], 0);
    cr_assert_eq(d0->refs, refs);
}

Test(evtchn, a_moved_global_virtual_interrupt_is_delivered_and_closed_properly)
{
    struct domain *d2 = fake_domain(2, 2, false);
    evtchn_port_t p;

    give_info(d2);
    p = virq(d2, VIRQ_CONSOLE, 0);
    cr_assert_eq(evtchn_bind_vcpu(d2, p, 1), 0);
    cr_assert_eq(evtchn_audit(d2), 0);
    virq_raise_vcpu(d2->vcpus[0], VIRQ_CONSOLE);
    cr_assert(selected(d2->vcpus[1], p) && !selected(d2->vcpus[0], p));
    close_ok(d2, p);
    cr_assert_eq(evtchn_audit(d2), 0);
    cr_assert_eq(try_virq(d2, VIRQ_CONSOLE, 0), 0);
}

Test(evtchn, bind_vcpu_moves_channels_and_global_interrupts_only)
{
    evtchn_port_t far, near = channel(&far), i = ipi(d1, 0), t = virq(d1, VIRQ_TIMER, 0);

    cr_assert_eq(evtchn_bind_vcpu(d1, far, 1), 0);
    cr_assert_eq(evtchn_send(d0, near), 0);
    cr_assert(selected(d1->vcpus[1], far) && !selected(v1, far));
    cr_assert_eq(evtchn_bind_vcpu(d1, i, 1), -EINVAL);
    cr_assert_eq(evtchn_bind_vcpu(d1, t, 1), -EINVAL);
    cr_assert_eq(evtchn_bind_vcpu(d1, far, 2), -ENOENT);
    cr_assert_eq(evtchn_bind_vcpu(d1, 99999, 7), -ENOENT, "the vcpu is looked at first");
    cr_assert_eq(evtchn_bind_vcpu(d1, unbound(d1, DOMID_SELF, 0), 1), 0);
    cr_assert_eq(evtchn_send(d1, t), -EINVAL);
    close_ok(d1, far);
    cr_assert_eq(unbound(d1, DOMID_SELF, 0), far);
    cr_assert_eq(status(d1, far).vcpu, 0, "a new port starts on vcpu 0");
}

Test(evtchn, ipis_for_missing_vcpus_are_enoent_and_unmapped_pirqs_eperm)
{
    struct evtchn_bind_ipi i = {.vcpu = 2};
    struct evtchn_bind_pirq p = {.pirq = 1};

    cr_assert_eq(evtchn_bind_ipi(d1, &i), -ENOENT);
    i.vcpu = ~0u;
    cr_assert_eq(evtchn_bind_ipi(d1, &i), -ENOENT);
    cr_assert_eq(evtchn_bind_pirq(d1, &p), -EPERM);
    p.pirq = 100000;
    cr_assert_eq(evtchn_bind_pirq(d1, &p), -EINVAL);
    struct vcpu *v = d1->vcpus[1];

    d1->vcpus[1] = NULL;
    i.vcpu = 1;
    cr_assert_eq(evtchn_bind_ipi(d1, &i), -ENOENT);
    d1->vcpus[1] = v;
}

Test(evtchn, a_port_bound_before_its_vcpu_exists_just_becomes_pending)
{
    evtchn_port_t far, near = channel(&far);
    struct vcpu *v = d1->vcpus[0];

    d1->vcpus[0] = NULL;
    cr_assert_eq(evtchn_send(d0, near), 0);
    d1->vcpus[0] = v;
    cr_assert(pending(d1, far));
}

/* ---- ends ---- */

Test(evtchn, a_dead_domains_channels_are_left_waiting_and_hold_no_reference)
{
    uint32_t refs0 = d0->refs, refs1 = d1->refs;
    evtchn_port_t far, near = channel(&far);

    virq(d1, VIRQ_TIMER, 1);
    ipi(d1, 0);
    d1->state = DOM_DYING;
    cr_assert_eq(evtchn_domain_close_all(d1), 0);
    audit();
    cr_assert_eq(d1->evtchn.used, 1);
    cr_assert_eq(status(d0, near).status, EVTCHNSTAT_unbound);
    cr_assert_eq(evtchn_send(d0, near), 0);
    cr_assert_eq(d0->refs, refs0);
    cr_assert_eq(d1->refs, refs1);
    cr_assert_eq(bind(d0, 1, far, NULL), -EINVAL);
    cr_assert_eq(evtchn_domain_close_all(d1), 0);
    evtchn_domain_free(d1);
    cr_assert_eq(evtchn_send(d1, 1), -EINVAL);
    cr_assert_eq(evtchn_domain_init(d1), 0);
}

Test(evtchn, reset_closes_everything_and_can_be_interrupted)
{
    struct evtchn_reset self = {.dom = DOMID_SELF}, other = {.dom = 1};
    int rounds = 0, rc;

    for (unsigned i = 0; i < 200; i++)
        ipi(d1, 0);
    fake_preempt_after = 0;
    while ((rc = evtchn_reset(d1, &self)) == -ERESTART && rounds++ < 10)
        audit();
    cr_assert_eq(rc, 0);
    cr_assert_eq(rounds, 3);
    cr_assert_eq(d1->evtchn.used, 1);
    fake_preempt_after = -1;
    cr_assert_eq(evtchn_reset(d0, &other), -EINVAL, "not while it may run");
    d1->pause_count = 1;
    cr_assert_eq(evtchn_reset(d0, &other), 0);
}

/* ---- the hypercall ---- */

static long op(struct vcpu *v, unsigned cmd, gva_t arg)
{
    v->hc_restart = 0;
    fake_current = v;
    return hc_event_channel_op(v, cmd, arg, 0, 0, 0);
}

Test(evtchn, the_hypercall_copies_structures_in_and_out)
{
    struct evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = 0};
    gva_t ga = fake_guest_put(&a, sizeof(a)), gb, gs;
    struct evtchn_bind_interdomain b = {.remote_dom = 1, .remote_port = 1};
    struct evtchn_status s = {.dom = 1, .port = 1};

    cr_assert_eq(op(v1, EVTCHNOP_alloc_unbound, ga), 0);
    cr_assert_eq(((struct evtchn_alloc_unbound *)fake_guest_ptr(ga))->port, 1);
    gb = fake_guest_put(&b, sizeof(b));
    cr_assert_eq(op(v0, EVTCHNOP_bind_interdomain, gb), 0);
    cr_assert_eq(((struct evtchn_bind_interdomain *)fake_guest_ptr(gb))->local_port, 1);
    gs = fake_guest_put(&s, sizeof(s));
    cr_assert_eq(op(v0, EVTCHNOP_status, gs), 0);
    cr_assert_eq(((struct evtchn_status *)fake_guest_ptr(gs))->status, EVTCHNSTAT_interdomain);
    clear(d0);
    clear(d1);
    gs = fake_guest_put(&(uint32_t){1}, 4);
    cr_assert_eq(op(v0, EVTCHNOP_send, gs), 0);
    cr_assert(pending(d1, 1));
    cr_assert_eq(op(v0, EVTCHNOP_unmask, gs), 0);
    cr_assert_eq(op(v0, EVTCHNOP_close, gs), 0);
    cr_assert_eq(op(v0, EVTCHNOP_close, gs), -EINVAL);
}

Test(evtchn, the_hypercall_answers_bad_pointers_with_efault_and_unknown_commands_with_enosys)
{
    gva_t last = fake_guest_alloc(4);

    for (unsigned cmd = 0; cmd <= EVTCHNOP_set_priority; cmd++)
        cr_assert_eq(op(v1, cmd, 0x1000), -EFAULT, "command %u", cmd);
    cr_assert_eq(op(v1, EVTCHNOP_expand_array, fake_guest_alloc(8)), -EOPNOTSUPP);
    for (unsigned cmd = EVTCHNOP_set_priority + 1; cmd < 20; cmd++)
        cr_assert_eq(op(v1, cmd, last), -ENOSYS);
    cr_assert_eq(op(v1, ~0u, last), -ENOSYS);
    cr_assert_eq(d1->evtchn.used, 1);
}

Test(evtchn, the_hypercall_continues_an_interrupted_reset)
{
    struct evtchn_reset r = {.dom = DOMID_SELF};
    gva_t g = fake_guest_put(&r, sizeof(r));

    for (unsigned i = 0; i < 100; i++)
        ipi(d1, 0);
    fake_preempt_after = 0;
    cr_assert_eq(op(v1, EVTCHNOP_reset, g), -ERESTART);
    cr_assert_eq(v1->hc_args[0], EVTCHNOP_reset);
    cr_assert_eq(v1->hc_args[1], g);
    cr_assert_eq(op(v1, EVTCHNOP_reset, g), 0);
}
