/* SPDX-License-Identifier: MIT */
/* Page tables and descriptor pages: by the core's own calls, and by the hypercalls that batch
 * them. */
#include "core/entry.h"
#include "core/segdesc.h"
#include "hypercall/mmu.h"
#include "model.h"

/* ---- what a guest does with its own pages ---- */

static bool op_write(void)
{
    struct domain *d = any_domain();
    mfn_t m = any_frame(d);

    if (frame_and_type_get(d, m, TYPE_WRITABLE, false))
        return false;
    if (chance(30))
        memset(frame_va(m), 0, PAGE_SIZE);
    else
        for (unsigned i = rnd(10); i; i--)
            ((uint64_t *)frame_va(m))[any_index()] = any_entry(d, m);
    frame_and_type_put(d, frame_of(m));
    return true;
}

/* A table that has a good chance to be valid, pinned. */
static bool op_build(void)
{
    struct domain *d = any_domain();
    mfn_t m = any_frame(d);
    uint32_t level = 1 + rnd(4);
    int rc;

    if (frame_and_type_get(d, m, TYPE_WRITABLE, false))
        return false;
    memset(frame_va(m), 0, PAGE_SIZE);
    for (unsigned i = rnd(4); i; i--) {
        mfn_t c = level > 1 ? any_table(d, (level - 1) * TYPE_L1) : any_frame(d);
        bool rw = level > 1 || (mfn_valid(c) && (frame_of(c)->type & TYPE_MASK) == TYPE_WRITABLE) ||
                  chance(10);

        ((uint64_t *)frame_va(m))[any_index()] =
            pte_make(MFN(c.n & 0xffffffff), PTE_P | (rw ? PTE_RW : 0));
    }
    frame_and_type_put(d, frame_of(m));
    maybe_preempt();
    rc = table_pin(d, m, level * TYPE_L1);
    return !rc;
}

/* ---- the core's own calls ---- */

static bool op_pin(void)
{
    struct domain *d = any_domain();
    int rc;

    maybe_preempt();
    while ((rc = table_pin(d, any_frame(d), (1 + rnd(4)) * TYPE_L1)) == -ERESTART && chance(50))
        fake_preempt_after = (int)rnd(4);
    return !rc;
}

static bool op_unpin(void)
{
    struct domain *d = any_domain();

    return !table_unpin(d, any_table(d, 0));
}

static bool op_drain(void)
{
    struct domain *d = any_domain();
    bool needed = type_drain_needed(d);

    maybe_preempt();
    return !type_drain(d, chance(50)) && needed;
}

static bool op_entry(void)
{
    struct domain *d = any_domain(), *pg = d;
    mfn_t m = any_table(d, 0);
    uint32_t type;
    bool worked = false;

    if (!mfn_valid(m) || frame_of(m)->owner != d->id)
        return false;
    type = frame_of(m)->type & TYPE_MASK;
    if (type < TYPE_L1 || type > TYPE_L4 || frame_and_type_get(d, m, type, false))
        return false;
    if (d->privileged && chance(40))
        pg = dom[rnd(DOMAINS)];
    if (chance(3))
        pg = chance(50) ? dom_io : dom_xen;
    maybe_preempt();
    for (unsigned i = 1 + rnd(4); i; i--)
        worked |= !entry_update(fake_current, d, pg, frame_of(m), any_index(),
                                any_entry(pg->is_system ? d : pg, m), chance(30));
    never_preempt();
    if (type == TYPE_L1 && chance(20)) {
        uint64_t seen = ((uint64_t *)frame_va(m))[3];

        entry_cmpxchg_l1(fake_current, d, frame_of(m), 3, seen, any_entry(d, m), &seen);
    }
    frame_and_type_put(d, frame_of(m));
    return worked;
}

/* ---- mmu_update, update_va_mapping, mmuext_op ---- */

static bool op_mmu_update(void)
{
    struct domain *d = any_domain(), *pt = d, *pg = d;
    struct mmu_update *u = fake_guest_ptr(guest_list);
    unsigned n = chance(80) ? 1 + rnd(4) : 1 + rnd(200);
    uint64_t domains = DOMID_SELF;
    mfn_t m;

    if (d->privileged && chance(30)) {
        pg = dom[rnd(DOMAINS)];
        pt = chance(50) ? pg : control_meddles ? dom[rnd(DOMAINS)] : d;
        domains = (uint64_t)(pt->id + 1u) << 16 | (pg == d ? DOMID_SELF : pg->id);
        if (pt != pg)
            grants_given(pt);
    }
    m = any_table(pt, 0);
    for (unsigned i = 0; i < n; i++) {
        if (!i || chance(10))
            m = chance(90) ? any_table(pt, 0) : any_frame(pt);
        u[i].ptr = (m.n << PAGE_SHIFT) + any_index() * 8 + (chance(90) ? 0 : rnd(8));
        u[i].val =
            n > 4 && chance(90) ? 0 : any_entry(pt == pg || chance(80) ? pg : dom[rnd(DOMAINS)], m);
    }
    return !call(hc_mmu_update, chance(95) ? guest_list : FAKE_GUEST_VA + FAKE_GUEST_BYTES - 16, n,
                 chance(50) ? guest_args : 0, domains);
}

static bool op_va_mapping(void)
{
    struct domain *d = any_domain(), *pg = d;
    gva_t va = any_address();

    if (d->privileged && chance(30))
        pg = dom[rnd(DOMAINS)];
    if (!fake_current->cr3_kernel)
        return false;
    if (pg == d)
        return !call(hc_update_va_mapping, va, any_entry(d, MFN_INVALID), rnd(3), 0);
    return !call(hc_update_va_mapping_otherdomain, va, any_entry(pg, MFN_INVALID), rnd(3), pg->id);
}

static void any_mmuext(struct domain *d, struct mmuext_op *op)
{
    static const unsigned char cmds[] = {
        MMUEXT_PIN_L1_TABLE,     MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE,
        MMUEXT_UNPIN_TABLE,      MMUEXT_UNPIN_TABLE,  MMUEXT_NEW_BASEPTR,  MMUEXT_NEW_USER_BASEPTR,
        MMUEXT_NEW_USER_BASEPTR, MMUEXT_SET_LDT,      MMUEXT_CLEAR_PAGE,   MMUEXT_COPY_PAGE,
        MMUEXT_TLB_FLUSH_ALL,    MMUEXT_INVLPG_LOCAL,
    };

    *op = (struct mmuext_op){.cmd = cmds[rnd(sizeof(cmds))], .arg1.mfn = any_frame(d).n};
    op->arg2.src_mfn = any_frame(d).n;
    switch (op->cmd) {
    case MMUEXT_UNPIN_TABLE: op->arg1.mfn = any_table(d, 0).n; break;
    case MMUEXT_NEW_BASEPTR: op->arg1.mfn = any_table(d, TYPE_L4).n; break;
    case MMUEXT_NEW_USER_BASEPTR: op->arg1.mfn = chance(30) ? 0 : any_table(d, TYPE_L4).n; break;
    case MMUEXT_SET_LDT:
        op->arg1.linear_addr = any_address();
        op->arg2.nr_ents = rnd(4) * 512;
        break;
    default: break;
    }
}

static bool op_mmuext(void)
{
    struct domain *d = any_domain(), *of = d;
    struct mmuext_op *op = fake_guest_ptr(guest_list);
    unsigned n = chance(50) ? 1 : 1 + rnd(12);

    if (d->privileged && chance(20))
        of = dom[rnd(DOMAINS)];
    for (unsigned i = 0; i < n; i++)
        any_mmuext(of, &op[i]);
    return !call(hc_mmuext_op, guest_list, n, chance(50) ? guest_args : 0,
                 of == d ? DOMID_SELF : of->id);
}

static bool op_base(void)
{
    struct domain *d = any_domain();
    struct mmuext_op op = {.cmd = chance(50) ? MMUEXT_NEW_BASEPTR : MMUEXT_NEW_USER_BASEPTR,
                           .arg1.mfn = any_table(d, TYPE_L4).n};

    memcpy(fake_guest_ptr(guest_list), &op, sizeof(op));
    return !call(hc_mmuext_op, guest_list, 1, 0, DOMID_SELF);
}

/* ---- descriptors ---- */

static bool op_gdt(void)
{
    struct domain *d = any_domain();
    uint64_t *list = fake_guest_ptr(guest_list);
    unsigned n = rnd(4);

    for (unsigned i = 0; i < n; i++)
        list[i] = any_frame(d).n;
    return !call(hc_set_gdt, guest_list, n * 512, 0, 0) && n;
}

static bool op_descriptor(void)
{
    static const uint64_t descs[] = {0, 0x00affb000000ffff, 0x00cff3000000ffff, 0x0000890000000067};
    struct domain *d = any_domain();

    return !call(hc_update_descriptor, (any_frame(d).n << PAGE_SHIFT) + any_index() * 8,
                 descs[rnd(4)], 0, 0);
}

/* The vcpu loads selectors from its LDT, a new one now and then. */
static bool op_ldt(void)
{
    struct vcpu *v = (any_domain(), fake_current);
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT,
                           .arg1.linear_addr = any_address(),
                           .arg2.nr_ents = (1 + rnd(8)) * 512};
    bool worked = false;

    if (!v->ldt_ents || chance(20)) {
        memcpy(fake_guest_ptr(guest_list), &op, sizeof(op));
        call(hc_mmuext_op, guest_list, 1, 0, DOMID_SELF);
    }
    for (unsigned i = 0; i < 4 && v->ldt_ents; i++)
        worked |= ldt_page_fault(v, rnd(v->ldt_ents) * 8, 0) == EMUL_DONE;
    return worked;
}

const struct operation table_ops[] = {
    {op_write, 8, "write"},
    {op_build, 14, "build"},
    {op_pin, 6, "pin"},
    {op_unpin, 4, "unpin"},
    {op_drain, 6, "drain"},
    {op_entry, 20, "entry"},
    {op_mmu_update, 20, "mmu_update"},
    {op_va_mapping, 10, "va_mapping"},
    {op_mmuext, 8, "mmuext"},
    {op_base, 4, "base"},
    {op_gdt, 4, "gdt"},
    {op_descriptor, 3, "descriptor"},
    {op_ldt, 4, "ldt"},
    {},
};

void tables_begin(struct domain *d)
{
    mfn_t m[4];

    for (unsigned i = 0; i < 60; i++)
        memory_populate(d, i, 0, 0, &m[i % 4]);
    for (unsigned i = 0; i < 3; i++)
        ((uint64_t *)frame_va(m[i]))[0] = pte_make(m[i + 1], PTE_P | PTE_RW);
    for (unsigned i = 0; i < d->max_vcpus; i++) {
        if (frame_and_type_get(d, m[0], TYPE_L4, false))
            BUG();
        d->vcpus[i]->cr3_kernel = m[0].n << PAGE_SHIFT;
    }
}
