/* SPDX-License-Identifier: MIT */
/* philoxen_op(cmd, pointer): what the tools ask that Xen's interface cannot say (abi/philoxen.h). */
#include "core/obituary.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include <philoxen.h>

_Static_assert(PHX_LAST_WORDS == LAST_WORDS, "as many refusals as are kept");

static void refusal_show(struct phx_refusal *out, const struct refusal *r)
{
    memset(out, 0, sizeof(*out));
    out->seq = r->seq;
    out->time = r->time;
    out->hypercall = r->hypercall;
    out->sub = r->sub;
    out->reason = r->reason;
    out->vcpu = r->vcpu;
    out->err = r->err;
    memcpy(out->operand, r->op, sizeof(out->operand));
    refusal_words(r, out->name, sizeof(out->name), out->text, sizeof(out->text));
}

static long refusals(struct vcpu *v, gva_t arg)
{
    struct refusal list[REFUSAL_SLOTS];
    struct phx_refusals a;
    struct domain *d;
    unsigned n;

    if (door_in_obj(v, a, arg))
        return -EFAULT;
    d = a.domid < DOMID_FIRST_RESERVED ? domain_find((domid_t)a.domid) : NULL;
    if (!d)
        return refuse(v->domain, ESRCH, NO_SUCH_DOMAIN, a.domid, 0, 0);
    n = refusals_read(d, a.after, list, min(a.room, (uint32_t)REFUSAL_SLOTS));
    domain_put(d);
    for (a.count = 0; a.count < n; a.count++) {
        struct phx_refusal one;

        refusal_show(&one, &list[a.count]);
        if (door_out_obj(v, a.buffer + a.count * sizeof(one), one))
            return -EFAULT;
    }
    return door_out_obj(v, arg, a);
}

static long obituary(struct vcpu *v, gva_t arg)
{
    const gva_t before_refusals = arg + offsetof(struct phx_obituary, refusal);
    struct phx_obituary a;
    struct obituary o;

    if (door_in(v, &a.before, arg, sizeof(a.before)))
        return -EFAULT;
    if (!obituary_read(a.before, &o))
        return -ENOENT; /* the end of the list, not a refusal */
    memset((char *)&a + sizeof(a.before), 0, offsetof(struct phx_obituary, refusal) - sizeof(a.before));
    a.seq = o.seq;
    a.time = o.time;
    a.domid = o.domid;
    a.code = o.code;
    memcpy(a.uuid, o.uuid, sizeof(a.uuid));
    memcpy(a.text, o.text, sizeof(a.text));
    a.nr_refusals = o.nr_refusals;
    if (door_out(v, arg, &a, offsetof(struct phx_obituary, refusal)))
        return -EFAULT;
    for (unsigned i = 0; i < o.nr_refusals; i++) {
        refusal_show(&a.refusal[0], &o.refusal[i]);
        if (door_out(v, before_refusals + i * sizeof(a.refusal[0]), &a.refusal[0], sizeof(a.refusal[0])))
            return -EFAULT;
    }
    return 0;
}

long hc_philoxen_op(struct vcpu *v, uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5)
{
    (void)a3, (void)a4, (void)a5;
    v->hc_sub = (uint32_t)cmd;
    if (cmd == PHXOP_version)
        return PHX_VERSION;
    if (!v->domain->privileged)
        return refuse(v->domain, EPERM, NOT_PRIVILEGED, 0, 0, 0);
    switch (cmd) {
    case PHXOP_refusals: return refusals(v, arg);
    case PHXOP_obituary: return obituary(v, arg);
    default: return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, cmd, 0, 0);
    }
}
