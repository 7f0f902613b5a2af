/* SPDX-License-Identifier: MIT */
/* Domains come and go: what becomes of their connections, nodes and numbers. */
#include "life.h"
#include "domains.h"
#include "hv.h"
#include "request.h"
#include "ring.h"
#include "view.h"
#include "watch.h"
#include <errno.h>

bool domain_gone(unsigned id)
{
    bool introduced = domains_account(id)->introduced;

    if (ring_of(id))
        ring_stop(ring_of(id));
    for (struct conn *c = conns; c; c = c->next)
        if (c->target == (int)id)
            c->target = -1;
    view_remove_owned(id);
    domains_forget(id);
    return introduced;
}

/* ---- requests about domains ---- */

int domain_introduce(unsigned id, uint64_t gfn, uint32_t port)
{
    struct domain_account *a = domains_account(id);
    struct hv_domain d;
    int rc;

    if (!id)
        return EINVAL;
    if (ring_of(id))
        return ring_again(ring_of(id), port);
    if (!a || hv_domains(id, &d, 1) != 1 || d.id != id || d.dying)
        return ENOENT;
    domains_mention(id);
    rc = ring_start(id, gfn, port);
    if (rc)
        return rc;
    a->introduced = true;
    a->shutdown_seen = false;
    watch_fire_special("@introduceDomain");
    return 0;
}

int domain_release(unsigned id)
{
    if (!id)
        return EINVAL;
    if (!ring_of(id))
        return ENOENT;
    domain_gone(id);
    watch_fire_special("@releaseDomain");
    return 0;
}

int domain_resume(unsigned id)
{
    if (!ring_of(id))
        return ENOENT;
    domains_account(id)->shutdown_seen = false;
    return 0;
}

int domain_set_target(unsigned id, unsigned target)
{
    if (!ring_of(id) || !ring_of(target))
        return ENOENT;
    ring_of(id)->conn.target = (int)target;
    return 0;
}
