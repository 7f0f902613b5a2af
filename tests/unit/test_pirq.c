/* SPDX-License-Identifier: MIT */
/* LINK: core/pirq.c core/irq.c core/evtchn.c core/evtchn_bind.c core/evtchn_fifo.c hypercall/door.c */
#include "core/pirq.h"
#include "core/evtchn.h"
#include "fake_irq_port.h"
#include "fake_port.h"
#include <criterion/criterion.h>

#define EDGE 4
#define LEVEL 20
#define MESSAGE (FAKE_GSIS + 1)

static struct domain *d0, *d1;

static struct domain *domain_with_ports(domid_t id, unsigned vcpus, bool privileged)
{
    struct domain *d = fake_domain(id, vcpus, privileged);

    d->shared_info = calloc(1, PAGE_SIZE);
    for (unsigned i = 0; i < vcpus; i++)
        d->vcpus[i]->info = &d->shared_info->vcpu_info[i];
    cr_assert_eq(evtchn_domain_init(d), 0);
    return d;
}

static void setup(void)
{
    fake_reset();
    fake_quiet = true;
    fake_irq_reset();
    pirq_init();
    d0 = domain_with_ports(0, 2, true);
    d1 = domain_with_ports(1, 1, false);
    fake_current = d0->vcpus[0];
}

static void audit(void)
{
    cr_assert_eq(evtchn_audit(d0) + evtchn_audit(d1) + pirq_audit(d0) + pirq_audit(d1), 0);
}

TestSuite(pirq, .init = setup, .fini = audit);

static evtchn_port_t bound(struct domain *d, unsigned pirq, bool share)
{
    struct evtchn_bind_pirq a = {.pirq = pirq, .flags = share ? BIND_PIRQ__WILL_SHARE : 0};

    cr_assert_eq(evtchn_bind_pirq(d, &a), 0);
    audit();
    return a.port;
}

static evtchn_port_t line(struct domain *d, unsigned gsi, bool share)
{
    cr_assert_eq(pirq_map(d, (int)gsi, &fake_irqs[gsi], true), (int)gsi);
    return bound(d, gsi, share);
}

static int bind_rc(struct domain *d, unsigned pirq, bool share)
{
    struct evtchn_bind_pirq a = {.pirq = pirq, .flags = share ? BIND_PIRQ__WILL_SHARE : 0};
    int rc = evtchn_bind_pirq(d, &a);

    audit();
    return rc;
}

/* As x86/irq.c does when one comes. */
static void comes(struct irq *irq)
{
    spin_lock(&irq->lock);
    if (irq->level || !irq_in_use(irq))
        irq->chip->mask(irq);
    irq_deliver(irq);
    spin_unlock(&irq->lock);
    audit();
}

/* Was it pending? It is not any more. */
static bool taken(struct domain *d, evtchn_port_t port)
{
    uint64_t bit = BIT(port % 64);

    return __atomic_fetch_and(&d->shared_info->evtchn_pending[port / 64], ~bit, __ATOMIC_SEQ_CST) &
           bit;
}

/* ---- mapping ---- */

Test(pirq, messages_get_the_highest_number_and_lines_the_lowest_from_16)
{
    cr_assert_eq(pirq_map(d0, -1, &fake_irqs[MESSAGE], false), (int)nr_pirqs - 1);
    cr_assert_eq(pirq_map(d0, -1, &fake_irqs[MESSAGE + 1], false), (int)nr_pirqs - 2);
    cr_assert_eq(pirq_map(d0, -1, &fake_irqs[EDGE], true), 16);
    cr_assert_eq(pirq_get_free(d0, true), 17);
    cr_assert_eq(pirq_get_free(d0, false), (int)nr_pirqs - 3);
    cr_assert_eq(pirq_map(d0, 17, &fake_irqs[LEVEL], true), 17);
}

Test(pirq, an_irq_has_one_number_in_a_domain)
{
    cr_assert_eq(pirq_map(d0, EDGE, &fake_irqs[EDGE], true), EDGE);
    cr_assert_eq(pirq_map(d0, EDGE, &fake_irqs[EDGE], true), EDGE);
    cr_assert_eq(pirq_map(d0, -1, &fake_irqs[EDGE], true), EDGE);
    cr_assert_eq(pirq_map(d0, 99, &fake_irqs[EDGE], true), -EEXIST);
    cr_assert_eq(pirq_map(d0, (int)nr_pirqs, &fake_irqs[LEVEL], true), -EINVAL);
    cr_assert_eq(pirq_map(d1, 99, &fake_irqs[EDGE], true), 99);
}

Test(pirq, a_number_in_use_stays_what_it_is)
{
    int pirq = pirq_map(d0, -1, &fake_irqs[MESSAGE], false);

    cr_assert_eq(pirq_map(d0, pirq, &fake_irqs[EDGE], true), pirq);
    cr_assert_not(pirq_mapped(d0, -1, &fake_irqs[EDGE]));
    cr_assert_eq(pirq_map(d0, pirq, &fake_irqs[MESSAGE + 1], false), -EBUSY);
    cr_assert(pirq_mapped(d0, pirq, &fake_irqs[MESSAGE]));
}

Test(pirq, numbers_run_out)
{
    int pirq;

    while ((pirq = pirq_get_free(d0, false)) >= 0)
        ;
    cr_assert_eq(pirq, -ENOSPC);
    cr_assert_eq(pirq_map(d0, -1, &fake_irqs[MESSAGE], false), -ENOSPC);
    cr_assert_eq(fake_releases, 0);
}

Test(pirq, unmapping_releases_a_message)
{
    int pirq = pirq_map(d0, -1, &fake_irqs[MESSAGE], false);

    cr_assert_eq(pirq_unmap(d0, pirq), 0);
    cr_assert_eq(fake_releases, 1);
    cr_assert_eq(pirq_unmap(d0, pirq), -EINVAL);
    cr_assert_eq(pirq_unmap(d0, -1), -EINVAL);
    cr_assert_eq(pirq_unmap(d1, 5), -EINVAL);
}

Test(pirq, a_dying_domain_maps_nothing)
{
    d0->state = DOM_DYING;
    cr_assert_eq(pirq_map(d0, EDGE, &fake_irqs[EDGE], true), -EINVAL);
}

/* ---- binding ---- */

Test(pirq, binding_wants_a_mapped_number_that_has_no_port)
{
    cr_assert_eq(bind_rc(d0, EDGE, false), -EPERM);
    cr_assert_eq(bind_rc(d0, nr_pirqs, false), -EINVAL);
    line(d0, EDGE, false);
    cr_assert_eq(bind_rc(d0, EDGE, false), -EEXIST);
    cr_assert_eq(bind_rc(d0, EDGE + 1, false), -EPERM);
}

Test(pirq, a_line_is_shared_if_both_want_it)
{
    line(d0, LEVEL, true);
    cr_assert_eq(pirq_shared(d0, LEVEL), 0);
    cr_assert_eq(pirq_map(d1, LEVEL, &fake_irqs[LEVEL], true), LEVEL);
    cr_assert_eq(bind_rc(d1, LEVEL, false), -EBUSY);
    cr_assert_eq(bind_rc(d1, LEVEL, true), 0);
    cr_assert_eq(pirq_shared(d0, LEVEL), 1);
    cr_assert_eq(pirq_shared(d0, nr_pirqs), -EINVAL);
}

Test(pirq, a_line_bound_for_one_is_not_shared)
{
    line(d0, LEVEL, false);
    cr_assert_eq(pirq_map(d1, LEVEL, &fake_irqs[LEVEL], true), LEVEL);
    cr_assert_eq(bind_rc(d1, LEVEL, true), -EBUSY);
}

Test(pirq, the_hypervisors_line_is_not_bound)
{
    fake_irqs[EDGE].handler = (void (*)(void *))free;
    cr_assert_eq(pirq_map(d0, EDGE, &fake_irqs[EDGE], true), EDGE);
    cr_assert_eq(bind_rc(d0, EDGE, true), -EBUSY);
}

Test(pirq, a_binding_without_a_vector_leaves_nothing)
{
    fake_startup_rc = -ENOSPC;
    cr_assert_eq(pirq_map(d0, EDGE, &fake_irqs[EDGE], true), EDGE);
    cr_assert_eq(bind_rc(d0, EDGE, false), -ENOSPC);
    fake_startup_rc = 0;
    cr_assert_eq(bind_rc(d0, EDGE, false), 0);
}

Test(pirq, closing_masks_and_frees_the_number)
{
    evtchn_port_t port = line(d0, EDGE, false);

    cr_assert_not(fake_irqs[EDGE].masked);
    cr_assert_eq(evtchn_close(d0, port), 0);
    cr_assert(fake_irqs[EDGE].masked);
    comes(&fake_irqs[EDGE]);
    cr_assert_not(taken(d0, port));
    cr_assert_eq(bind_rc(d0, EDGE, true), 0);
}

Test(pirq, a_port_outlives_its_number)
{
    evtchn_port_t port = line(d0, EDGE, false);

    cr_assert_eq(pirq_unmap(d0, EDGE), 0);
    audit();
    comes(&fake_irqs[EDGE]);
    cr_assert_not(taken(d0, port));
    cr_assert_eq(pirq_map(d0, EDGE, &fake_irqs[EDGE], true), -EBUSY);
    cr_assert_eq(bind_rc(d0, EDGE, false), -EPERM);
    cr_assert_eq(evtchn_close(d0, port), 0);
    line(d0, EDGE, false);
}

Test(pirq, the_interrupt_follows_the_vcpu_its_port_is_moved_to)
{
    evtchn_port_t port;

    d0->vcpus[1]->sched.cpu = 3;
    port = line(d0, EDGE, false);
    cr_assert_eq(fake_irqs[EDGE].cpu, 0);
    cr_assert_eq(evtchn_bind_vcpu(d0, port, 1), 0);
    cr_assert_eq(fake_irqs[EDGE].cpu, 3);
    cr_assert_eq(fake_set_cpus, 1);
}

/* ---- arriving ---- */

Test(pirq, an_edge_is_an_event_and_never_masked)
{
    evtchn_port_t port = line(d0, EDGE, false);

    comes(&fake_irqs[EDGE]);
    cr_assert(taken(d0, port));
    cr_assert_not(fake_irqs[EDGE].masked);
    comes(&fake_irqs[EDGE]);
    cr_assert(taken(d0, port));
    cr_assert_eq(pirq_eoi(d0, EDGE), 0);
}

Test(pirq, a_level_is_masked_until_its_eoi)
{
    evtchn_port_t port = line(d0, LEVEL, true);

    comes(&fake_irqs[LEVEL]);
    cr_assert(taken(d0, port));
    cr_assert(fake_irqs[LEVEL].masked);
    cr_assert_eq(pirq_eoi(d0, LEVEL), 0);
    cr_assert_not(fake_irqs[LEVEL].masked);
    cr_assert_eq(pirq_eoi(d0, LEVEL), 0);
    cr_assert_not(fake_irqs[LEVEL].masked);
}

Test(pirq, a_shared_level_waits_for_every_eoi)
{
    evtchn_port_t p0 = line(d0, LEVEL, true), p1;

    cr_assert_eq(pirq_map(d1, LEVEL, &fake_irqs[LEVEL], true), LEVEL);
    p1 = bound(d1, LEVEL, true);
    comes(&fake_irqs[LEVEL]);
    cr_assert(taken(d0, p0) && taken(d1, p1));
    pirq_eoi(d0, LEVEL);
    pirq_eoi(d0, LEVEL);
    cr_assert(fake_irqs[LEVEL].masked);
    pirq_eoi(d1, LEVEL);
    cr_assert_not(fake_irqs[LEVEL].masked);
}

Test(pirq, a_domain_that_goes_takes_its_eoi_along)
{
    evtchn_port_t p1;

    line(d0, LEVEL, true);
    cr_assert_eq(pirq_map(d1, LEVEL, &fake_irqs[LEVEL], true), LEVEL);
    p1 = bound(d1, LEVEL, true);
    comes(&fake_irqs[LEVEL]);
    pirq_eoi(d0, LEVEL);
    cr_assert(fake_irqs[LEVEL].masked);
    cr_assert_eq(evtchn_close(d1, p1), 0);
    cr_assert_not(fake_irqs[LEVEL].masked);
    cr_assert_eq(fake_irqs[LEVEL].in_flight, 0);
}

Test(pirq, the_last_one_to_go_leaves_a_level_masked)
{
    evtchn_port_t port = line(d0, LEVEL, true);

    comes(&fake_irqs[LEVEL]);
    cr_assert_eq(evtchn_close(d0, port), 0);
    cr_assert(fake_irqs[LEVEL].masked);
    comes(&fake_irqs[LEVEL]);
    line(d0, LEVEL, true);
    cr_assert_not(fake_irqs[LEVEL].masked);
}

/* ---- EOI ---- */

Test(pirq, eoi_wants_a_number_that_was_given)
{
    cr_assert_eq(pirq_eoi(d0, 5), -EINVAL);
    cr_assert_eq(pirq_eoi(d0, nr_pirqs), -EINVAL);
    cr_assert_eq(pirq_map(d0, EDGE, &fake_irqs[EDGE], true), EDGE);
    cr_assert_eq(pirq_eoi(d0, EDGE), 0);
}

/* ---- the end ---- */

Test(pirq, a_domains_end_releases_everything)
{
    line(d0, LEVEL, true);
    cr_assert_geq(pirq_map(d0, -1, &fake_irqs[MESSAGE], false), 0);
    evtchn_domain_close_all(d0);
    pirq_domain_release(d0);
    cr_assert_eq(fake_releases, 1);
    cr_assert(fake_irqs[LEVEL].masked);
    cr_assert_eq(fake_irqs[LEVEL].nr_guests, 0);
    audit();
    pirq_domain_free(d0);
}
