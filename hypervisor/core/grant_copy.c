/* SPDX-License-Identifier: MIT */
/* Copying between frames, each named by a grant or as the caller's own. */
#include "core/frame_ref.h"
#include "core/grant_table.h"
#include "core/log_dirty.h"
#include "core/vcpu.h"
#include "lib/errno.h"
#include "lib/string.h"

/* Inlined for each side: whether it is written is then known. */
#define FOR_A_SIDE static inline __attribute__((always_inline))

/* The domain that is named, unless it is kept. */
FOR_A_SIDE int16_t side_find(struct domain *who, const struct gnttab_copy_ptr *p, bool is_ref,
                             struct grant_copy_side *s)
{
    if (p->domid == DOMID_SELF) {
        s->d = who;
        return GNTST_okay;
    }
    s->d = domain_find(p->domid);
    s->counted = s->d != NULL;
    if (unlikely(!s->d))
        return grant_refuse(who, GNTST_bad_domain, NO_SUCH_DOMAIN, p->domid, 0, 0);
    return likely(is_ref)
               ? GNTST_okay
               : grant_refuse(who, GNTST_permission_denied, GRANT_COPY_FRAME, p->domid, 0, 0);
}

FOR_A_SIDE int16_t side_pin(struct domain *who, grant_ref_t ref, bool write, struct grant_copy_side *s)
{
    struct grant_table *t = s->d->grants;
    int16_t status;

    spin_lock(&t->lock);
    status = grant_pin(s->d, ref, who, write ? PIN_HOST_W : PIN_HOST_R, 0);
    if (likely(!status)) {
        s->m = MFN(active_of(t, ref)->frame);
        s->ref = ref;
        s->pinned = true;
    }
    spin_unlock(&t->lock);
    return status;
}

FOR_A_SIDE int16_t side_claim(struct domain *who, const struct gnttab_copy_ptr *p, bool is_ref,
                              bool write, struct grant_copy_side *s)
{
    int16_t status;

    if (s->held)
        return GNTST_okay; /* kept */
    s->domid = p->domid;
    s->is_ref = is_ref;
    s->name = is_ref ? p->u.ref : p->u.gmfn;
    if (is_ref) {
        status = side_pin(who, p->u.ref, write, s);
        if (unlikely(status))
            return status;
    } else {
        s->m = MFN(p->u.gmfn);
    }
    if (likely(mfn_valid(s->m)))
        s->held = likely(frame_get_fast(frame_of(s->m), s->d, write)) ||
                  (write && !frame_and_type_get(s->d, s->m, TYPE_WRITABLE, false));
    if (likely(s->held))
        return GNTST_okay;
    if (write && mfn_valid(s->m) && frame_of(s->m)->owner == s->d->id)
        return grant_refuse(who, GNTST_general_error, GRANT_NOT_WRITABLE, s->d->id, s->ref, s->m.n);
    return grant_refuse(who, GNTST_bad_page, GRANT_BAD_FRAME, s->d->id, s->ref, s->m.n);
}

/* Let the frame go, and the domain too unless the next entry names the same one. */
FOR_A_SIDE void side_release(bool write, bool same_domain, struct grant_copy_side *s)
{
    if (s->held && write)
        frame_put_writable(frame_of(s->m));
    else if (s->held)
        frame_put_inline(frame_of(s->m));
    if (s->pinned) {
        spin_lock(&s->d->grants->lock);
        grant_unpin(s->d->grants, s->ref, write ? PIN_HOST_W : PIN_HOST_R);
        spin_unlock(&s->d->grants->lock);
    }
    s->held = s->pinned = false;
    s->ref = 0;
    if (same_domain)
        return;
    if (s->counted)
        domain_put(s->d);
    s->counted = false;
    s->d = NULL;
}

/* Is there nothing left to find for this entry? What cannot be used again goes. */
FOR_A_SIDE bool side_kept(const struct gnttab_copy_ptr *p, bool is_ref, bool write, struct grant_copy_side *s)
{
    bool same_domain;

    if (!s->d)
        return false;
    same_domain = s->domid == p->domid && s->is_ref == is_ref;
    if (!same_domain || s->name != (is_ref ? p->u.ref : p->u.gmfn))
        side_release(write, same_domain, s);
    return same_domain;
}

FOR_A_SIDE int16_t copy(struct domain *who, const struct gnttab_copy *op, const struct grant_copy_side *from,
                        const struct grant_copy_side *to)
{
    const uint8_t *src = (const uint8_t *)frame_va(from->m) + op->source.offset;
    uint8_t *dst = (uint8_t *)frame_va(to->m) + op->dest.offset;

    if (unlikely((uint32_t)op->source.offset + op->len > PAGE_SIZE) ||
        unlikely((uint32_t)op->dest.offset + op->len > PAGE_SIZE))
        return grant_refuse(who, GNTST_bad_copy_arg, GRANT_COPY_BOUNDS, op->source.offset,
                            op->dest.offset, op->len);
    if (unlikely(mfn_eq(from->m, to->m)))
        memmove(dst, src, op->len);
    else
        memcpy(dst, src, op->len);
    log_dirty_wrote(to->m);
    return GNTST_okay;
}

void grant_copy_end(struct grant_copy_batch *b)
{
    if (b->from.d)
        side_release(false, false, &b->from);
    if (b->to.d)
        side_release(true, false, &b->to);
}

/* The order of the checks decides which status a request with several faults gets. */
void grant_copy(struct vcpu *v, struct gnttab_copy *op, struct grant_copy_batch *b)
{
    bool from_ref = op->flags & GNTCOPY_source_gref, to_ref = op->flags & GNTCOPY_dest_gref;
    struct domain *d = v->domain;
    int16_t status = GNTST_okay;

    if (!side_kept(&op->source, from_ref, false, &b->from))
        status = side_find(d, &op->source, from_ref, &b->from);
    if (!side_kept(&op->dest, to_ref, true, &b->to) && likely(!status))
        status = side_find(d, &op->dest, to_ref, &b->to);
    if (likely(!status))
        status = side_claim(d, &op->source, from_ref, false, &b->from);
    if (likely(!status))
        status = side_claim(d, &op->dest, to_ref, true, &b->to);
    if (likely(!status))
        status = copy(d, op, &b->from, &b->to);
    if (unlikely(status))
        grant_copy_end(b);
    op->status = status;
}
