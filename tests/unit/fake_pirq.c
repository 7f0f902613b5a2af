/* SPDX-License-Identifier: MIT */
/* Stands in for core/pirq.c: nothing is mapped. */
#include "core/pirq.h"
#include "lib/errno.h"

unsigned nr_pirqs = 416;

int pirq_bind_check(struct domain *d, unsigned pirq)
{
    (void)d;
    return pirq < nr_pirqs ? -EPERM : -EINVAL;
}
int pirq_bind(struct domain *d, unsigned pirq, evtchn_port_t port, bool share)
{
    (void)d, (void)pirq, (void)port, (void)share;
    return 0;
}
void pirq_unbind(struct domain *d, unsigned pirq)
{
    (void)d, (void)pirq;
}
void pirq_follow(struct domain *d, unsigned pirq, unsigned vcpu)
{
    (void)d, (void)pirq, (void)vcpu;
}
void pirq_domain_release(struct domain *d)
{
    (void)d;
}
void pirq_domain_free(struct domain *d)
{
    (void)d;
}
