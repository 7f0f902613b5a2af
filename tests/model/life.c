/* SPDX-License-Identifier: MIT */
/* Domains that come and go, time, and event channels between them. */
#include "core/evtchn.h"
#include "core/timer.h"
#include "model.h"
#include <stdio.h>

#define VCPUS 2
#define PORTS 20

struct domain *new_domain(domid_t id)
{
    struct domain *d;
    struct vcpu *v;

    if (domain_create(id, VCPUS, id == 0, &d)) {
        fprintf(stderr, "a domain could not be made\n");
        exit(2);
    }
    for (unsigned i = 0; i < VCPUS; i++)
        if (vcpu_create(d, i, &v)) {
            fprintf(stderr, "a vcpu could not be made\n");
            exit(2);
        }
    d->max_pages = MOST + 32;
    return d;
}

/* Others may still have its frames mapped: then it lives on as a zombie until they have gone. */
static bool op_destroy(void)
{
    unsigned i = 1 + rnd(DOMAINS - 1);
    struct domain *d = dom[i];
    int rc;

    if (!chance(15))
        return false;
    fake_current = dom[0]->vcpus[0];
    grants_forget(d);
    do {
        maybe_preempt();
        rc = domain_destroy(d);
    } while (rc == -ERESTART);
    never_preempt();
    if (rc)
        BUG();
    dom[i] = new_domain(DOMID_FIRST_RESERVED);
    if (heap_free_frames() > 100)
        tables_begin(dom[i]);
    return true;
}

static bool op_time(void)
{
    fake_now += rnd(30) * 1000000ull;
    timer_run();
    return true;
}

static bool op_vcpu_info(void)
{
    struct domain *d = any_domain();

    return !vcpu_register_info(fake_current, any_frame(d), rnd(60) * 64);
}

/* ---- events ---- */

static bool op_event_bind(void)
{
    struct domain *d = any_domain(), *o = dom[rnd(DOMAINS)];
    struct evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = o->id};
    struct evtchn_bind_interdomain b = {.remote_dom = o->id, .remote_port = 1 + rnd(PORTS)};
    struct evtchn_bind_ipi ipi = {.vcpu = rnd(VCPUS)};
    struct evtchn_bind_virq virq = {.virq = rnd(24), .vcpu = rnd(VCPUS)};

    if (d->evtchn.used > PORTS)
        return false;
    switch (rnd(5)) {
    case 0: return !evtchn_bind_ipi(d, &ipi);
    case 1: return !evtchn_bind_virq(d, &virq);
    case 2: return !evtchn_alloc_unbound(d, &a);
    default: return !evtchn_bind_interdomain(d, &b);
    }
}

static bool op_event_use(void)
{
    struct domain *d = any_domain();
    evtchn_port_t port = 1 + rnd(PORTS);

    switch (rnd(4)) {
    case 0: return !evtchn_unmask(d, port);
    case 1: return !evtchn_bind_vcpu(d, port, rnd(VCPUS));
    default: return !evtchn_send(d, port);
    }
}

static bool op_event_close(void)
{
    struct domain *d = any_domain();

    return !evtchn_close(d, 1 + rnd(PORTS));
}

static bool op_event_reset(void)
{
    struct evtchn_reset r = {.dom = DOMID_SELF};
    struct domain *d = any_domain();
    int rc;

    if (!chance(10))
        return false;
    maybe_preempt();
    rc = evtchn_reset(d, &r);
    return !rc;
}

const struct operation life_ops[] = {
    {op_destroy, 3, "destroy"},         {op_time, 2, "time"},
    {op_vcpu_info, 1, "vcpu_info"},     {op_event_bind, 6, "event_bind"},
    {op_event_use, 6, "event_use"},     {op_event_close, 2, "event_close"},
    {op_event_reset, 1, "event_reset"}, {},
};
