/* SPDX-License-Identifier: MIT */
/* A domain's two watchdogs (SCHEDOP_watchdog): one that runs out shuts the domain down. */
#include "core/log.h"
#include "core/port.h"
#include "core/watchdog.h"
#include "lib/errno.h"
#include <xen/sched.h>

#define NS_PER_S 1000000000ull

static void watchdog_fn(void *arg)
{
    struct domain *d = arg;

    if (d->state != DOM_ALIVE)
        return;
    log_msg(LOG_WARN, "%s: watchdog ran out", d->name);
    domain_shutdown(d, SHUTDOWN_watchdog);
}

void watchdog_domain_init(struct domain *d)
{
    for (unsigned i = 0; i < ARRAY_SIZE(d->watchdog); i++)
        timer_init(&d->watchdog[i], watchdog_fn, d);
}

void watchdog_domain_stop(struct domain *d)
{
    for (unsigned i = 0; i < ARRAY_SIZE(d->watchdog); i++)
        if (d->watchdog[i].fn)
            timer_stop(&d->watchdog[i]);
}

/* id 0: take a free one, its number + 1 is the answer. Otherwise set it anew, or stop and free it. */
static long watchdog_locked(struct domain *d, uint32_t id, uint32_t timeout_s)
{
    if (id == 0) {
        for (; id < ARRAY_SIZE(d->watchdog); id++)
            if (!(d->watchdog_inuse & BIT(id)))
                break;
        if (id == ARRAY_SIZE(d->watchdog))
            return (uint32_t)-ENOSPC; /* the ABI's slip: not sign-extended, so no error at all */
        d->watchdog_inuse |= (uint32_t)BIT(id);
        timer_set(&d->watchdog[id], port_now() + timeout_s * NS_PER_S);
        return id + 1;
    }
    id--;
    if (!(d->watchdog_inuse & BIT(id)))
        return -EINVAL;
    if (timeout_s == 0) {
        timer_stop(&d->watchdog[id]);
        d->watchdog_inuse &= (uint32_t)~BIT(id);
    } else {
        timer_set(&d->watchdog[id], port_now() + timeout_s * NS_PER_S);
    }
    return 0;
}

long watchdog_set(struct domain *d, uint32_t id, uint32_t timeout_s)
{
    long rc;

    if (id > ARRAY_SIZE(d->watchdog))
        return -EINVAL;
    spin_lock(&d->life);
    rc = watchdog_locked(d, id, timeout_s);
    spin_unlock(&d->life);
    return rc;
}
