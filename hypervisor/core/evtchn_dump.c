/* SPDX-License-Identifier: MIT */
#include "core/dump.h"
#include "core/evtchn_port.h"
#include "core/log.h"

static void port_line(struct domain *d, const struct evtchn *c)
{
    static const char *const names[] = {"free", "reserved", "unbound", "interdomain",
                                        "pirq", "virq",     "ipi"};
    const char *state = c->state < ARRAY_SIZE(names) ? names[c->state] : "?";
    const char *pending = evtchn_port_pending(d, c->port) ? " pending" : "";

    if (c->state == EVT_INTERDOMAIN && c->remote)
        log_msg(LOG_ERR, "  %4u %s vcpu %u d%u:%u%s", c->port, state, c->notify_vcpu, c->remote->id,
                c->remote_port, pending);
    else if (c->state == EVT_UNBOUND)
        log_msg(LOG_ERR, "  %4u %s for d%u%s", c->port, state, c->remote_domid, pending);
    else
        log_msg(LOG_ERR, "  %4u %s %u vcpu %u%s", c->port, state, c->virq, c->notify_vcpu, pending);
}

unsigned evtchn_dump(struct domain *d, unsigned lines)
{
    for (uint32_t p = 1; lines && p <= d->evtchn.max_port; p++) {
        struct evtchn *c = port_of(d, p);
        struct evtchn copy;

        if (!c)
            return lines; /* buckets come in order */
        spin_lock(&c->lock);
        copy = *c;
        if (copy.state == EVT_INTERDOMAIN) /* the other end goes only with this lock held */
            domain_get(copy.remote);
        spin_unlock(&c->lock);
        if (copy.state != EVT_FREE) {
            port_line(d, &copy);
            lines--;
        }
        if (copy.state == EVT_INTERDOMAIN)
            domain_put(copy.remote);
    }
    return lines;
}
