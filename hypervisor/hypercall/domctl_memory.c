/* SPDX-License-Identifier: MIT */
/* domctl: frames of a domain and its rights to the machine's resources. */
#include "core/frame_ref.h"
#include "core/hypercall_page.h"
#include "core/log_dirty.h"
#include "core/pagetype.h"
#include "hypercall/control.h"
#include "lib/rangeset.h"

#define PAGES_AT_ONCE 1024 /* the ABI's limit */
#define NR_IOPORTS 65536u

/* What a saved domain's frame is, to be made again when it is restored. */
static uint64_t page_kind(struct domain *d, uint64_t mfn)
{
    struct frame *f = frame_of(MFN(mfn));
    uint32_t refs, type;
    uint64_t kind = 0;

    if (!mfn_valid(MFN(mfn)) || !frame_get(f, d))
        return XEN_DOMCTL_PFINFO_XTAB;
    refs = READ_ONCE(f->refs);
    type = READ_ONCE(f->type);
    frame_put(f);
    if (refs & FRAME_XENHEAP)
        return XEN_DOMCTL_PFINFO_XTAB;
    if ((type & TYPE_COUNT_MASK) && (type & TYPE_MASK) >= TYPE_L1 && (type & TYPE_MASK) <= TYPE_L4)
        kind = XEN_DOMCTL_PFINFO_L1TAB * ((type & TYPE_MASK) / TYPE_L1);
    if (type & TYPE_PINNED)
        kind |= XEN_DOMCTL_PFINFO_LPINTAB;
    return kind;
}

long domctl_page_info(struct domctl_call *c, struct xen_domctl *op)
{
    uint64_t nr = op->u.getpageframeinfo3.num;
    gva_t at = door_handle(op->u.getpageframeinfo3.array);

    if (nr > PAGES_AT_ONCE)
        return refuse(c->v->domain, E2BIG, PAGE_LIST_SIZE, nr, PAGES_AT_ONCE, 0);
    for (; nr; nr--, at += sizeof(uint64_t)) {
        uint64_t x;

        if (door_in_obj(c->v, x, at))
            return -EFAULT;
        x = page_kind(c->d, x);
        if (door_out_obj(c->v, at, x))
            return -EFAULT;
    }
    return 0;
}

/* ---- log-dirty ---- */

#define DIRTY_PAGES_MAX (1ull << 28) /* 1 TiB of guest */

/* One bit a page: changed since the last question. */
static long dirty_out(struct domctl_call *c, struct xen_domctl_shadow_op *s)
{
    gva_t to = door_handle(s->dirty_bitmap);
    uint8_t bits[256];
    size_t bytes, n;
    long rc = 0;

    s->pages = min(s->pages, DIRTY_PAGES_MAX);
    bytes = to ? DIV_ROUND_UP(s->pages, 8) : 0;
    domain_pause(c->d);
    s->stats.fault_count = 0;
    s->stats.dirty_count = (uint32_t)min(log_dirty_collect(c->d), (uint64_t)UINT32_MAX);
    for (size_t done = 0; !rc && done < bytes; done += n) {
        n = min(bytes - done, sizeof(bits));
        log_dirty_read(c->d, done, bits, n, s->op == XEN_DOMCTL_SHADOW_OP_CLEAN);
        rc = door_out(c->v, to + done, bits, n);
    }
    domain_unpause(c->d);
    c->answer = !rc;
    return rc;
}

static long dirty_begin(struct domctl_call *c)
{
    return log_dirty_begin(c->d) ? refuse(c->v->domain, ENOMEM, NO_MEMORY, c->d->tot_pages / 8, 0, 0) : 0;
}

long domctl_shadow(struct domctl_call *c, struct xen_domctl *op)
{
    struct xen_domctl_shadow_op *s = &op->u.shadow_op;
    struct domain *d = c->d;

    if (d->vcpus[0]) {
        switch (s->op) {
        case XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY:
        case XEN_DOMCTL_SHADOW_OP_ENABLE:
            if (d->log_dirty || (s->op == XEN_DOMCTL_SHADOW_OP_ENABLE && s->mode != XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY))
                break;
            return dirty_begin(c);
        case XEN_DOMCTL_SHADOW_OP_OFF:
            if (!d->log_dirty)
                break;
            log_dirty_end(d);
            return 0;
        case XEN_DOMCTL_SHADOW_OP_CLEAN:
        case XEN_DOMCTL_SHADOW_OP_PEEK:
            if (!d->log_dirty || s->mode & ~XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL)
                break;
            return dirty_out(c, s);
        default: break;
        }
    }
    return refuse(c->v->domain, EINVAL, LOG_DIRTY, s->op, s->mode, 0);
}

long domctl_hypercall_page(struct domctl_call *c, struct xen_domctl *op)
{
    mfn_t m = MFN(op->u.hypercall_init.gmfn);

    if (!mfn_valid(m))
        return refuse(c->v->domain, EINVAL, FRAME_NOT_OWNED, m.n, c->d->id, DOMID_IO);
    if (frame_and_type_get(c->d, m, TYPE_WRITABLE, false))
        return -EINVAL;
    hypercall_page_init(frame_va(m));
    log_dirty_wrote(m);
    frame_and_type_put(c->d, frame_of(m));
    return 0;
}

/*
 * ---- rights: nobody gives what it has not itself ----
 * The set is read without a lock by the domain's vcpus: they stand still while it changes. So the caller's own cannot change;
 * adding to it what it has is nothing.
 */

static long right_change(struct domctl_call *c, const struct rangeset *own, struct rangeset *of, uint64_t first,
                         uint64_t last, bool allow)
{
    long rc;

    if (!own || !rangeset_contains(own, first, last))
        return refuse(c->v->domain, EPERM, RESOURCE_DENIED, first, last, 0);
    if (c->d == c->v->domain)
        return allow ? 0 : refuse(c->v->domain, EINVAL, DOMCTL_SELF, XEN_DOMCTL_iomem_permission, 0, 0);
    domain_pause(c->d);
    rc = allow ? rangeset_add(of, first, last) : rangeset_remove(of, first, last);
    domain_unpause(c->d);
    return rc;
}

long domctl_iomem(struct domctl_call *c, struct xen_domctl *op)
{
    uint64_t first = op->u.iomem_permission.first_mfn, nr = op->u.iomem_permission.nr_mfns;

    if (first + nr - 1 < first)
        return refuse(c->v->domain, EINVAL, RESOURCE_RANGE, first, nr, 0);
    return right_change(c, c->v->domain->iomem, c->d->iomem, first, first + nr - 1,
                        op->u.iomem_permission.allow_access);
}

long domctl_ioport(struct domctl_call *c, struct xen_domctl *op)
{
    uint32_t first = op->u.ioport_permission.first_port, nr = op->u.ioport_permission.nr_ports;

    if (first + nr <= first || first + nr > NR_IOPORTS)
        return refuse(c->v->domain, EINVAL, RESOURCE_RANGE, first, nr, 0);
    return right_change(c, c->v->domain->ioports, c->d->ioports, first, first + nr - 1,
                        op->u.ioport_permission.allow_access);
}

/* LIMIT: interrupts are the control domain's and cannot be given on. */
long domctl_irq(struct domctl_call *c, struct xen_domctl *op)
{
    return refuse(c->v->domain, EPERM, EVTCHN_BAD_PIRQ, op->u.irq_permission.pirq, 0, 0);
}

/* A PV guest maps device memory itself: the right to it is all. */
long domctl_memory_mapping(struct domctl_call *c, struct xen_domctl *op)
{
    uint64_t first = op->u.memory_mapping.first_mfn, nr = op->u.memory_mapping.nr_mfns;

    if (!nr || first + nr - 1 < first)
        return refuse(c->v->domain, EINVAL, RESOURCE_RANGE, first, nr, 0);
    if (!rangeset_contains(c->v->domain->iomem, first, first + nr - 1) ||
        !rangeset_contains(c->d->iomem, first, first + nr - 1))
        return refuse(c->v->domain, EPERM, RESOURCE_DENIED, first, first + nr - 1, 0);
    return 0;
}
