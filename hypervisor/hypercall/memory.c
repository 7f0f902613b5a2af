/* SPDX-License-Identifier: MIT */
/*
 * memory_op(command, pointer). The command's upper bits are where a continued reservation call goes
 * on, as with Xen. Answers of Xen for things a PV guest has not are given here, in one table.
 */
#include "hypercall/memory.h"
#include "core/memory.h"
#include "core/e820.h"
#include "core/grant.h"
#include "core/pte.h"
#include "lib/errno.h"
#include "lib/string.h"

#define OP_BITS 6
#define OP_MASK 63u
#define M2P_CHUNK_SHIFT 21
#define M2P_BYTES (256ull << 30) /* of the window in the guest's view */

/* The domain a call is about, with a reference; NULL with *rc set. The system's own are none. */
struct domain *memory_target(struct vcpu *v, domid_t id, long *rc)
{
    struct domain *d = id == DOMID_SELF ? domain_find_any(id) : domain_find(id);

    if (!d)
        *rc = refuse(v->domain, ESRCH, NO_SUCH_DOMAIN, id, 0, 0);
    else if (d != v->domain && !v->domain->privileged) {
        *rc = refuse(v->domain, EPERM, NOT_PRIVILEGED, id, 0, 0);
        domain_put(d);
        d = NULL;
    }
    return d;
}

static long op_amount(struct vcpu *v, unsigned op, gva_t arg)
{
    struct domain *d;
    domid_t id;
    long rc = door_in_obj(v, id, arg);

    if (rc)
        return rc;
    d = memory_target(v, id, &rc);
    if (!d)
        return rc;
    if (op == XENMEM_current_reservation)
        rc = (long)d->tot_pages;
    else if (op == XENMEM_maximum_reservation)
        rc = (long)d->max_pages;
    else if (d->shared_info && d->shared_info->arch.max_pfn)
        rc = (long)d->shared_info->arch.max_pfn - 1;
    else
        rc = 0;
    domain_put(d);
    return rc;
}

static long op_machphys_mapping(struct vcpu *v, gva_t arg)
{
    struct xen_machphys_mapping m = { .v_start = HV_VIRT_START, .v_end = HV_VIRT_START + M2P_BYTES,
                                      .max_mfn = max_mfn - 1 };

    return door_out_obj(v, arg, m);
}

/*
 * For the tools: the frames of the machine-to-phys table, one for each 2 MiB of it, which the control
 * domain may then map as DOMID_XEN's. They are shared with it when first asked for.
 */
static void m2p_share(mfn_t m, unsigned nr)
{
    static spinlock_t lock;

    spin_lock(&lock);
    for (uint64_t n = m.n; n < m.n + nr; n++)
        if (!(frame_of(MFN(n))->refs & FRAME_XENHEAP))
            frame_share(dom_xen, MFN(n), false);
    spin_unlock(&lock);
}

static long op_machphys_mfn_list(struct vcpu *v, gva_t arg)
{
    struct xen_machphys_mfn_list l;
    uint64_t bytes = max_mfn * sizeof(m2p[0]);
    uint32_t i = 0;
    long rc = door_in_obj(v, l, arg);

    for (; !rc && i < l.max_extents && (uint64_t)i << M2P_CHUNK_SHIFT < bytes; i++) {
        unsigned nr;
        mfn_t m = port_m2p_chunk((uint64_t)i << M2P_CHUNK_SHIFT, &nr);

        if (mfn_eq(m, MFN_INVALID))
            return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, XENMEM_machphys_mfn_list, i, 0);
        m2p_share(m, nr);
        rc = door_out(v, door_handle(l.extent_start) + i * sizeof(m.n), &m.n, sizeof(m.n));
    }
    l.nr_extents = i;
    return rc ? rc : door_out_obj(v, arg, l);
}

/* A map out to the guest: entries to the buffer, the count back into the structure. */
static long map_out(struct vcpu *v, gva_t arg, struct xen_memory_map *m, const struct e820_map *map)
{
    m->nr_entries = min(m->nr_entries, map->count);
    if (door_out(v, door_handle(m->buffer), map->e, m->nr_entries * sizeof(map->e[0])))
        return -EFAULT;
    return door_out_obj(v, arg, *m);
}

static long op_memory_map(struct vcpu *v, gva_t arg)
{
    struct xen_memory_map m;
    struct domain *d = v->domain;
    struct e820_map map = { .count = 0 }; /* another vcpu may set a new one, which frees the old */
    long rc;

    spin_lock(&d->pages_lock);
    if (d->e820)
        map = *d->e820;
    spin_unlock(&d->pages_lock);
    if (!map.count)
        return refuse(d, ENOSYS, UNKNOWN_SUBOP, XENMEM_memory_map, 0, 0);
    rc = door_in_obj(v, m, arg);
    return rc ? rc : map_out(v, arg, &m, &map);
}

static long op_machine_memory_map(struct vcpu *v, gva_t arg)
{
    struct xen_memory_map m;
    long rc;

    if (!v->domain->privileged)
        return refuse(v->domain, EPERM, NOT_PRIVILEGED, XENMEM_machine_memory_map, 0, 0);
    rc = door_in_obj(v, m, arg);
    if (rc)
        return rc;
    if (m.nr_entries < machine_e820.count)
        return refuse(v->domain, EINVAL, MEMORY_EXCHANGE, m.nr_entries, machine_e820.count, 0);
    return map_out(v, arg, &m, &machine_e820);
}

static long op_set_memory_map(struct vcpu *v, gva_t arg)
{
    struct xen_foreign_memory_map fm;
    struct e820_map *map, *old;
    struct domain *d;
    long rc = door_in_obj(v, fm, arg);

    if (rc)
        return rc;
    if (fm.map.nr_entries > E820_MAX)
        return refuse(v->domain, EINVAL, MEMORY_EXCHANGE, fm.map.nr_entries, E820_MAX, 0);
    d = memory_target(v, fm.domid, &rc);
    if (!d)
        return rc;
    map = xnew(struct e820_map);
    rc = map ? door_in(v, map->e, door_handle(fm.map.buffer), fm.map.nr_entries * sizeof(map->e[0]))
             : -ENOMEM;
    if (!rc) {
        map->count = fm.map.nr_entries;
        spin_lock(&d->pages_lock);
        old = d->e820;
        d->e820 = map;
        spin_unlock(&d->pages_lock);
        map = old;
    }
    xfree(map);
    domain_put(d);
    return rc;
}

static long op_claim(struct vcpu *v, gva_t arg)
{
    struct xen_memory_reservation r;
    struct domain *d;
    long rc = door_in_obj(v, r, arg);

    if (rc)
        return rc;
    if (door_handle(r.extent_start) || r.extent_order || r.mem_flags)
        return refuse(v->domain, EINVAL, MEMORY_ORDER, r.extent_order, 0, 0);
    d = domain_find(r.domid);
    if (!d)
        return refuse(v->domain, EINVAL, NO_SUCH_DOMAIN, r.domid, 0, 0);
    if (!v->domain->privileged)
        rc = refuse(v->domain, EPERM, NOT_PRIVILEGED, r.domid, 0, 0);
    else
        rc = memory_claim(d, r.nr_extents);
    domain_put(d);
    return rc;
}

static long acquire_frames(struct vcpu *v, struct domain *d, const struct xen_mem_acquire_resource *r)
{
    for (uint32_t i = 0; i < r->nr_frames; i++) {
        mfn_t m;
        long rc = grant_frame_mfn(d, (unsigned)r->frame + i, &m);

        if (!rc)
            rc = door_out(v, door_handle(r->frame_list) + i * sizeof(m.n), &m.n, sizeof(m.n));
        if (rc)
            return rc;
    }
    return 0;
}

/* The frames of a grant table, for the toolstack to seed it. At most max_grant_frames, so short. */
static long op_acquire_resource(struct vcpu *v, gva_t arg)
{
    struct xen_mem_acquire_resource r;
    struct domain *d;
    uint32_t most;
    long rc = door_in_obj(v, r, arg);

    if (rc)
        return rc;
    if (r.pad || (r.frame >> 32) || ((r.frame + r.nr_frames) >> 32))
        return refuse(v->domain, EINVAL, GRANT_TABLE_SIZE, r.frame, 0, 0);
    if (r.domid == DOMID_SELF || r.domid == v->domain->id)
        return refuse(v->domain, EPERM, NO_SUCH_DOMAIN, r.domid, 0, 0);
    d = domain_find(r.domid);
    if (!d)
        return refuse(v->domain, ESRCH, NO_SUCH_DOMAIN, r.domid, 0, 0);
    most = r.type == XENMEM_resource_grant_table && r.id == XENMEM_resource_grant_table_id_shared
               ? d->max_grant_frames : 0;
    if (!v->domain->privileged) {
        rc = refuse(v->domain, EPERM, NOT_PRIVILEGED, r.domid, 0, 0);
    } else if (most && !door_handle(r.frame_list) && !r.nr_frames) {
        rc = door_out(v, arg + offsetof(struct xen_mem_acquire_resource, nr_frames), &most, sizeof(most));
    } else if (!most || !door_handle(r.frame_list) || !r.nr_frames || r.frame + r.nr_frames > most) {
        rc = refuse(v->domain, EINVAL, GRANT_TABLE_SIZE, r.frame + r.nr_frames, most, r.type);
    } else {
        rc = acquire_frames(v, d, &r);
    }
    domain_put(d);
    return rc;
}

/* Operations on a guest-physical map, which PV guests do not have. */
static long op_physmap(struct vcpu *v, unsigned op, gva_t arg)
{
    struct domain *d;
    domid_t id; /* the first field of all of them */
    long rc = door_in_obj(v, id, arg);

    if (rc)
        return rc;
    d = memory_target(v, id, &rc);
    if (!d)
        return rc;
    domain_put(d);
    rc = op == XENMEM_get_vnumainfo ? EOPNOTSUPP
         : op == XENMEM_set_pod_target || op == XENMEM_get_pod_target ? EINVAL : EACCES;
    return refuse(v->domain, (int)rc, UNKNOWN_SUBOP, op, 0, 0);
}

long hc_memory_op(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    unsigned op = (unsigned)a1 & OP_MASK;
    uint64_t start = a1 >> OP_BITS;
    long rc;

    (void)a3, (void)a4, (void)a5;
    v->hc_sub = op;
    if (a1 == XENMEM_populate_physmap && likely(memory_populate_single(v, a2, &rc)))
        return rc;
    if (op == XENMEM_decrease_reservation || op == XENMEM_populate_physmap ||
        op == XENMEM_increase_reservation)
        return memory_reservation(v, op, start, a2);
    if (start)
        return refuse(v->domain, EINVAL, UNKNOWN_SUBOP, op, start, 0);
    switch (op) {
    case XENMEM_exchange: return memory_exchange(v, a2);
    case XENMEM_maximum_ram_page: return (long)max_mfn;
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn: return op_amount(v, op, a2);
    case XENMEM_machphys_mapping: return op_machphys_mapping(v, a2);
    case XENMEM_machphys_mfn_list: return op_machphys_mfn_list(v, a2);
    case XENMEM_memory_map: return op_memory_map(v, a2);
    case XENMEM_machine_memory_map: return op_machine_memory_map(v, a2);
    case XENMEM_set_memory_map: return op_set_memory_map(v, a2);
    case XENMEM_claim_pages: return op_claim(v, a2);
    case XENMEM_acquire_resource: return op_acquire_resource(v, a2);
    case XENMEM_get_sharing_freed_pages:
    case XENMEM_get_sharing_shared_pages: return 0;
    case XENMEM_add_to_physmap:
    case XENMEM_add_to_physmap_batch:
    case XENMEM_remove_from_physmap:
    case XENMEM_set_pod_target:
    case XENMEM_get_pod_target:
    case XENMEM_get_vnumainfo: return op_physmap(v, op, a2);
    default: return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, op, 0, 0);
    }
}
