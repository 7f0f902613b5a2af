/* SPDX-License-Identifier: MIT */
/* Descriptor tables, segment bases and debug registers. */
#include "core/debugreg.h"
#include "core/emul_port.h"
#include "core/log_dirty.h"
#include "core/pagetype.h"
#include "core/segdesc.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"

long hc_set_gdt(struct vcpu *v, uint64_t list, uint64_t entries, uint64_t a3, uint64_t a4,
                uint64_t a5)
{
    uint64_t frames[GDT_GUEST_PAGES];
    unsigned ents = (unsigned)entries;
    int rc = 0;

    (void)a3, (void)a4, (void)a5;
    if (ents > GDT_GUEST_ENTRIES)
        return refuse(v->domain, EINVAL, DESC_TABLE_SIZE, ents, GDT_GUEST_ENTRIES, list);
    if (ents)
        rc = door_in(v, frames, list, DIV_ROUND_UP(ents, 512) * sizeof(frames[0]));
    return rc ? rc : gdt_set(v, frames, ents);
}

/* One descriptor at a machine address: in a page that is part of a GDT or LDT, or in one that the
 * guest may write itself. */
long hc_update_descriptor(struct vcpu *v, uint64_t maddr, uint64_t desc, uint64_t a3, uint64_t a4,
                          uint64_t a5)
{
    struct domain *d = v->domain;
    mfn_t m = MFN(maddr >> PAGE_SHIFT);
    uint32_t type = TYPE_WRITABLE;

    (void)a3, (void)a4, (void)a5;
    if (unlikely(maddr & 7 || !segdesc_valid(&desc)))
        return refuse(d, EINVAL, DESC_BAD, desc, (maddr & ~PAGE_MASK) / 8, maddr);
    if (unlikely(!mfn_valid(m)))
        return refuse(d, EINVAL, FRAME_NOT_OWNED, m.n, d->id, DOMID_INVALID);
    if ((READ_ONCE(frame_of(m)->type) & TYPE_MASK) == TYPE_SEGDESC)
        type = TYPE_SEGDESC;
    if (unlikely(frame_and_type_get(d, m, type, false)))
        return -EINVAL;
    WRITE_ONCE(((uint64_t *)frame_va(m))[(maddr & ~PAGE_MASK) / 8], desc);
    log_dirty_wrote(m);
    frame_and_type_put(d, frame_of(m));
    return 0;
}

/* Cannot fail: what cannot be loaded becomes 0. */
static __attribute__((noinline)) long gs_user_selector(struct vcpu *v, unsigned sel)
{
    v->gs_base_user = port_load_gs_shadow_sel((uint16_t)(sel > 3 ? sel | 3 : sel));
    return 0;
}

long hc_set_segment_base(struct vcpu *v, uint64_t which, uint64_t base, uint64_t a3, uint64_t a4,
                         uint64_t a5)
{
    (void)a3, (void)a4, (void)a5;
    if ((uint32_t)which < SEGBASE_GS_USER_SEL && unlikely(!va_canonical(base)))
        return refuse(v->domain, EINVAL, ADDRESS_NOT_CANONICAL, base, 0, 0);
    switch ((uint32_t)which) {
    case SEGBASE_FS:
        v->fs_base = base;
        port_base_set(BASE_FS, base);
        return 0;
    case SEGBASE_GS_USER:
        v->gs_base_user = base;
        port_base_set(BASE_GS_SHADOW, base);
        return 0;
    case SEGBASE_GS_KERNEL:
        v->gs_base_kernel = base;
        port_base_set(BASE_GS, base);
        return 0;
    case SEGBASE_GS_USER_SEL: return gs_user_selector(v, (uint16_t)base);
    default: return refuse(v->domain, EINVAL, UNKNOWN_SUBOP, which, 0, 0);
    }
}

long hc_set_debugreg(struct vcpu *v, uint64_t reg, uint64_t val, uint64_t a3, uint64_t a4,
                     uint64_t a5)
{
    int rc = debugreg_set(v, (int)reg, val);

    (void)a3, (void)a4, (void)a5;
    return rc ? refuse(v->domain, -rc, DEBUGREG_BAD, reg, val, 0) : 0;
}

long hc_get_debugreg(struct vcpu *v, uint64_t reg, uint64_t a2, uint64_t a3, uint64_t a4,
                     uint64_t a5)
{
    uint64_t val;

    (void)a2, (void)a3, (void)a4, (void)a5;
    if (debugreg_get(v, (int)reg, &val))
        return refuse(v->domain, ENODEV, DEBUGREG_BAD, reg, 0, 0);
    return (long)val;
}
