/* SPDX-License-Identifier: MIT */
/* grant_table_op(cmd, array, count): the arrays in and out, piece by piece, and continuations. */
#include "core/grant.h"
#include "core/vcpu.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"

/* The upper bits of cmd carry the state of an interrupted cache flush on Xen; here they are
 * always 0. */
#define CMD_BITS 12
#define LOOK_EVERY 16 /* entries between two looks whether to let others run */

/* Not inlined into the dispatcher, which stays a jump without a stack frame. */
#define OWN_FRAME __attribute__((noinline))

static inline bool time_to_stop(unsigned done)
{
    return done && done % LOOK_EVERY == 0 && port_preempt_pending();
}

/* Checked before anything is done, as on Xen: where the array begins. The door sees to the rest, and to
 * this too if there is any entry. */
static inline bool array_ok(gva_t array)
{
    return likely(va_is_guest(array, 1));
}

static long bad_array(struct vcpu *v, gva_t array, uint64_t bytes)
{
    return refuse(v->domain, EFAULT, BAD_POINTER, array, bytes, 0);
}

/* The first `done` of `count` are done and the array stands at the next: finished, or to be
 * continued. */
static inline long batch_end(struct vcpu *v, unsigned cmd, gva_t array, unsigned done,
                             unsigned count)
{
    return likely(done == count) ? 0 : hypercall_restart(v, cmd, array, count - done, 0, 0);
}

static OWN_FRAME long batch_map(struct vcpu *v, gva_t array, unsigned count)
{
    struct gnttab_map_grant_ref op;
    unsigned i;

    if (unlikely(!count) && !array_ok(array))
        return bad_array(v, array, count * sizeof(op));
    for (i = 0; i < count && !time_to_stop(i); i++, array += sizeof(op)) {
        if (unlikely(door_in_obj(v, op, array)))
            return -EFAULT;
        grant_map(v, &op);
        /* What comes before are the guest's own words, unchanged. */
        if (unlikely(door_out(v, array + offsetof(struct gnttab_map_grant_ref, dom), &op.dom,
                              sizeof(op) - offsetof(struct gnttab_map_grant_ref, dom))))
            return -EFAULT;
    }
    return batch_end(v, GNTTABOP_map_grant_ref, array, i, count);
}

static OWN_FRAME long batch_unmap(struct vcpu *v, gva_t array, unsigned count)
{
    struct gnttab_unmap_grant_ref op;
    struct grant_unmap_batch b; /* only its count needs to be cleared */
    bool fault = false;
    unsigned i;

    if (unlikely(!count) && !array_ok(array))
        return bad_array(v, array, count * sizeof(op));
    b.count = 0;
    for (i = 0; i < count && !time_to_stop(i) && !fault; i++, array += sizeof(op)) {
        fault = door_in_obj(v, op, array);
        if (unlikely(fault))
            break;
        grant_unmap(v, &op, &b);
        fault = door_out(v, array + offsetof(struct gnttab_unmap_grant_ref, status), &op.status,
                         sizeof(op.status));
        if (unlikely(b.count == GRANT_UNMAP_BATCH))
            grant_unmap_flush(v, &b);
    }
    grant_unmap_flush(v, &b);
    return unlikely(fault) ? -EFAULT : batch_end(v, GNTTABOP_unmap_grant_ref, array, i, count);
}

static OWN_FRAME long batch_replace(struct vcpu *v, gva_t array, unsigned count)
{
    struct gnttab_unmap_and_replace op;
    struct grant_unmap_batch b;
    bool fault = false;
    unsigned i;

    if (!array_ok(array))
        return bad_array(v, array, count * sizeof(op));
    b.count = 0;
    for (i = 0; i < count && !time_to_stop(i) && !fault; i++, array += sizeof(op)) {
        fault = door_in_obj(v, op, array);
        if (fault)
            break;
        grant_unmap_and_replace(v, &op, &b);
        fault = door_out(v, array + offsetof(struct gnttab_unmap_and_replace, status), &op.status,
                         sizeof(op.status));
        if (b.count == GRANT_UNMAP_BATCH)
            grant_unmap_flush(v, &b);
    }
    grant_unmap_flush(v, &b);
    return fault ? -EFAULT : batch_end(v, GNTTABOP_unmap_and_replace, array, i, count);
}

static OWN_FRAME long batch_copy(struct vcpu *v, gva_t array, unsigned count)
{
    struct grant_copy_batch b = {.from = {.d = NULL}};
    struct gnttab_copy op;
    bool fault = false;
    unsigned i;

    if (!array_ok(array))
        return bad_array(v, array, count * sizeof(op));
    for (i = 0; i < count && !time_to_stop(i); i++, array += sizeof(op)) {
        fault = door_in_obj(v, op, array);
        if (unlikely(fault))
            break;
        grant_copy(v, &op, &b);
        fault = door_out(v, array + offsetof(struct gnttab_copy, status), &op.status, sizeof(op.status));
        if (unlikely(fault))
            break;
    }
    grant_copy_end(&b);
    return unlikely(fault) ? -EFAULT : batch_end(v, GNTTABOP_copy, array, i, count);
}

/* LIMIT: frames cannot be given away. GNTST_bad_page is the one answer that leaves the frame
 * with its owner. */
static OWN_FRAME long batch_transfer(struct vcpu *v, gva_t array, unsigned count)
{
    struct gnttab_transfer op;
    unsigned i;

    if (!array_ok(array))
        return bad_array(v, array, count * sizeof(op));
    for (i = 0; i < count && !time_to_stop(i); i++, array += sizeof(op)) {
        if (door_in_obj(v, op, array))
            return -EFAULT;
        refuse(v->domain, EINVAL, GRANT_TRANSFER, op.mfn, op.domid, 0);
        op.status = GNTST_bad_page;
        if (door_out(v, array + offsetof(struct gnttab_transfer, status), &op.status,
                     sizeof(op.status)))
            return -EFAULT;
    }
    return batch_end(v, GNTTABOP_transfer, array, i, count);
}

static OWN_FRAME long batch_swap(struct vcpu *v, gva_t array, unsigned count)
{
    struct gnttab_swap_grant_ref op;
    unsigned i;

    if (!array_ok(array))
        return bad_array(v, array, count * sizeof(op));
    for (i = 0; i < count && !time_to_stop(i); i++, array += sizeof(op)) {
        if (door_in_obj(v, op, array))
            return -EFAULT;
        op.status = grant_swap(v->domain, op.ref_a, op.ref_b);
        if (door_out(v, array + offsetof(struct gnttab_swap_grant_ref, status), &op.status,
                     sizeof(op.status)))
            return -EFAULT;
    }
    return batch_end(v, GNTTABOP_swap_grant_ref, array, i, count);
}

/* May the domain flush this range of this frame? 0 or -errno.
 * LIMIT: nothing is flushed: memory is coherent with devices on x86, and with itself. */
static int cache_flush_one(struct domain *d, const struct gnttab_cache_flush *op)
{
    mfn_t m = MFN(op->a.dev_bus_addr >> PAGE_SHIFT);

    if (op->offset >= PAGE_SIZE || op->length > PAGE_SIZE || op->offset + op->length > PAGE_SIZE ||
        (op->op & ~(GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL)))
        return refuse(d, EINVAL, GRANT_CACHE_RANGE, op->offset, op->length, op->op);
    if (!op->length || !op->op)
        return 0;
    if (!mfn_valid(m))
        return refuse(d, EINVAL, FRAME_NOT_OWNED, m.n, d->id, DOMID_IO);
    if (op->op == GNTTAB_CACHE_INVAL)
        return refuse(d, EOPNOTSUPP, GRANT_CACHE_RANGE, op->offset, op->length, op->op);
    return 0;
}

static OWN_FRAME long batch_cache_flush(struct vcpu *v, gva_t array, unsigned count)
{
    struct gnttab_cache_flush op;
    unsigned i;
    int rc;

    if (!array_ok(array))
        return bad_array(v, array, count * sizeof(op));
    for (i = 0; i < count && !time_to_stop(i); i++, array += sizeof(op)) {
        rc = door_in_obj(v, op, array);
        if (!rc)
            rc = cache_flush_one(v->domain, &op);
        if (rc)
            return rc;
    }
    return batch_end(v, GNTTABOP_cache_flush, array, i, count);
}

/* ---- operations on a table ---- */

/* By number or DOMID_SELF, with a reference, if the caller may ask about it: GNTST_*. */
static int16_t table_target(struct vcpu *v, domid_t id, struct domain **out)
{
    struct domain *d = v->domain;

    *out = NULL;
    if (id == DOMID_SELF || id == d->id) {
        domain_get(d);
        *out = d;
        return GNTST_okay;
    }
    *out = domain_find(id);
    if (!*out) {
        refuse(d, ESRCH, NO_SUCH_DOMAIN, id, 0, 0);
        return GNTST_bad_domain;
    }
    if (d->privileged)
        return GNTST_okay;
    refuse(d, EPERM, NOT_PRIVILEGED, id, 0, 0);
    domain_put(*out);
    *out = NULL;
    return GNTST_permission_denied;
}

static int16_t frames_out(struct vcpu *v, struct domain *d, gva_t list, unsigned nr)
{
    int16_t status = grant_setup(d, nr, NULL);
    mfn_t m;

    for (unsigned i = 0; !status && i < nr; i++)
        if (grant_frame_mfn(d, i, &m) || door_out_obj(v, list + i * sizeof(m.n), m.n))
            status = GNTST_bad_virt_addr;
    return status;
}

static long op_setup_table(struct vcpu *v, gva_t arg)
{
    struct gnttab_setup_table op;
    struct domain *d;
    gva_t list;

    if (door_in_obj(v, op, arg))
        return -EFAULT;
    list = door_handle(op.frame_list);
    if (!array_ok(list))
        return refuse(v->domain, EFAULT, BAD_POINTER, list, op.nr_frames * sizeof(xen_pfn_t), 0);
    op.status = table_target(v, op.dom, &d);
    if (d) {
        op.status = frames_out(v, d, list, op.nr_frames);
        domain_put(d);
    }
    return door_out(v, arg + offsetof(struct gnttab_setup_table, status), &op.status,
                    sizeof(op.status));
}

static long op_query_size(struct vcpu *v, gva_t arg)
{
    struct gnttab_query_size op;
    struct domain *d;

    if (door_in_obj(v, op, arg))
        return -EFAULT;
    op.status = table_target(v, op.dom, &d);
    if (d) {
        op.nr_frames = grant_frames(d);
        op.max_nr_frames = d->max_grant_frames;
        domain_put(d);
    }
    return door_out_obj(v, arg, op);
}

/* No version 2, as Xen with gnttab=max-ver:1. */
static long op_set_version(struct vcpu *v, gva_t arg)
{
    struct gnttab_set_version op;
    int rc = 0;

    if (door_in_obj(v, op, arg))
        return -EFAULT;
    if (op.version != 1)
        rc = refuse(v->domain, op.version == 2 ? ENOSYS : EINVAL, GRANT_VERSION, op.version, 0, 0);
    op.version = 1;
    return door_out_obj(v, arg, op) ? -EFAULT : rc;
}

static long op_get_version(struct vcpu *v, gva_t arg)
{
    struct gnttab_get_version op;
    struct domain *d;
    int16_t status;

    if (door_in_obj(v, op, arg))
        return -EFAULT;
    status = table_target(v, op.dom, &d);
    if (!d)
        return status == GNTST_bad_domain ? -ESRCH : -EPERM;
    domain_put(d);
    op.version = 1;
    return door_out(v, arg + offsetof(struct gnttab_get_version, version), &op.version,
                    sizeof(op.version));
}

/* Status frames belong to version 2: there are none. */
static long op_get_status_frames(struct vcpu *v, gva_t arg)
{
    struct gnttab_get_status_frames op;
    struct domain *d;

    if (door_in_obj(v, op, arg))
        return -EFAULT;
    op.status = table_target(v, op.dom, &d);
    if (d) {
        domain_put(d);
        if (op.nr_frames) {
            refuse(v->domain, EINVAL, GRANT_VERSION, 1, 0, 0);
            op.status = GNTST_general_error;
        }
    }
    return door_out(v, arg + offsetof(struct gnttab_get_status_frames, status), &op.status,
                    sizeof(op.status));
}

/* ---- dispatch ---- */

static long one(struct vcpu *v, unsigned cmd, unsigned count)
{
    return count == 1 ? 0 : refuse(v->domain, EINVAL, GRANT_COUNT, count, cmd, 0);
}

static OWN_FRAME long other_op(struct vcpu *v, unsigned cmd, gva_t arg, unsigned count)
{
    long rc;

    switch (cmd) {
    case GNTTABOP_unmap_and_replace: return batch_replace(v, arg, count);
    case GNTTABOP_transfer: return batch_transfer(v, arg, count);
    case GNTTABOP_swap_grant_ref: return batch_swap(v, arg, count);
    case GNTTABOP_cache_flush: return batch_cache_flush(v, arg, count);
    case GNTTABOP_set_version: return op_set_version(v, arg);
    case GNTTABOP_get_version: return op_get_version(v, arg);
    case GNTTABOP_setup_table: rc = one(v, cmd, count); return rc ? rc : op_setup_table(v, arg);
    case GNTTABOP_query_size: rc = one(v, cmd, count); return rc ? rc : op_query_size(v, arg);
    case GNTTABOP_get_status_frames:
        rc = one(v, cmd, count);
        return rc ? rc : op_get_status_frames(v, arg);
    }
    return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, cmd, 0, 0);
}

long hc_grant_table_op(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                       uint64_t a5)
{
    unsigned cmd = (unsigned)a1, count = (unsigned)a3;

    (void)a4, (void)a5;
    v->hc_sub = cmd;
    if (unlikely((int)count < 0) || unlikely(cmd >> CMD_BITS))
        return refuse(v->domain, EINVAL, GRANT_COUNT, count, cmd, 0);
    switch (cmd) {
    case GNTTABOP_map_grant_ref: return batch_map(v, a2, count);
    case GNTTABOP_unmap_grant_ref: return batch_unmap(v, a2, count);
    case GNTTABOP_copy: return batch_copy(v, a2, count);
    }
    return other_op(v, cmd, a2, count);
}
