/* SPDX-License-Identifier: MIT */
/* Grants: entries that change at any time, mapped by machine address and by linear address, copied,
 * replaced, swapped, by domains that may do so and by others. */
#include "core/entry.h"
#include "model.h"
#include <stdio.h>

#define MAPS 512
#define REFS 24
#define BATCH 40

/* Mappings that were made and not undone: what a domain may have of others in its tables. */
static struct {
    struct domain *d;
    uint32_t handle;
    uint64_t host_addr; /* 0: only for devices */
    uint64_t frame;
    bool writable;
} maps[MAPS];

static domid_t given[64]; /* domains that were given more: of those nothing can be said */
static unsigned nr_given;
static bool mapping; /* what a call in progress mapped is not noted yet */

static unsigned free_slot(void)
{
    unsigned i = 0;

    while (i < MAPS && maps[i].d)
        i++;
    return i;
}

/* One of d's mappings: MAPS if it has none. */
static unsigned any_slot(const struct domain *d)
{
    unsigned first = rnd(MAPS);

    for (unsigned i = 0; i < MAPS; i++)
        if (maps[(first + i) % MAPS].d == d)
            return (first + i) % MAPS;
    return MAPS;
}

void grants_given(struct domain *d)
{
    given[nr_given++ % ARRAY_SIZE(given)] = d->id;
}

static bool was_given(const struct domain *d)
{
    for (unsigned i = 0; i < min(nr_given, (unsigned)ARRAY_SIZE(given)); i++)
        if (given[i] == d->id)
            return true;
    return false;
}

void grants_forget(struct domain *d)
{
    for (unsigned i = 0; i < MAPS; i++)
        if (maps[i].d == d)
            maps[i].d = NULL;
}

/* A guest changes its entry at any time, also while it is mapped. */
static bool op_grant(void)
{
    struct domain *from = dom[rnd(DOMAINS)], *to = dom[rnd(DOMAINS)];
    mfn_t shared, m = any_frame(from);
    uint64_t *entry;

    if (grant_frame_mfn(from, 0, &shared))
        return false;
    entry = (uint64_t *)frame_va(shared) + rnd(REFS);
    *entry = chance(85) ? (uint64_t)(m.n & 0xffffffff) << 32 | (uint64_t)to->id << 16 |
                              GTF_permit_access | (chance(30) ? GTF_readonly : 0)
                        : 0;
    return true;
}

/* A reference that would do for d, mostly. */
static uint32_t any_ref(struct domain *granter, const struct domain *d)
{
    uint32_t ref = rnd(REFS);
    mfn_t shared;

    if (chance(20) || grant_frame_mfn(granter, 0, &shared))
        return chance(90) ? ref : rnd(2000);
    for (unsigned i = 0; i < REFS; i++, ref = (ref + 1) % REFS) {
        uint64_t e = ((uint64_t *)frame_va(shared))[ref];

        if ((e & GTF_type_mask) == GTF_permit_access && (domid_t)(e >> 16) == d->id)
            break;
    }
    return ref;
}

/* Where an entry may be replaced: its machine address, or a linear one. Linear address 0 would mean
 * "nowhere" when it is unmapped. */
static uint64_t any_place(struct domain *d, uint32_t *flags)
{
    if (chance(50))
        return max(any_address(), PAGE_SIZE);
    *flags |= GNTMAP_contains_pte;
    return (any_table(d, TYPE_L1).n << PAGE_SHIFT) + any_index() * 8;
}

/* Those entries of the guest's array that came to an end and went well. */
static bool note_maps(struct domain *d, const struct gnttab_map_grant_ref *op, unsigned n)
{
    bool worked = false;

    for (unsigned i = 0; i < n; i++) {
        unsigned slot = free_slot();

        if (op[i].status != GNTST_okay)
            continue;
        if (slot == MAPS)
            BUG();
        maps[slot].d = d;
        maps[slot].handle = op[i].handle;
        maps[slot].host_addr = op[i].flags & GNTMAP_host_map ? op[i].host_addr : 0;
        maps[slot].frame = op[i].dev_bus_addr >> PAGE_SHIFT;
        maps[slot].writable = !(op[i].flags & GNTMAP_readonly);
        worked = true;
    }
    return worked;
}

static unsigned free_slots(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < MAPS; i++)
        n += !maps[i].d;
    return n;
}

static bool op_grant_map(void)
{
    struct domain *d = any_domain(), *granter = dom[rnd(DOMAINS)];
    struct gnttab_map_grant_ref *op = fake_guest_ptr(guest_list);
    unsigned n = chance(80) ? 1 : 1 + rnd(BATCH);

    if (free_slots() < n || !fake_current->cr3_kernel)
        return false;
    for (unsigned i = 0; i < n; i++) {
        op[i] = (struct gnttab_map_grant_ref){
            .ref = any_ref(granter, d), .dom = granter->id, .status = 1};
        op[i].flags = (chance(90) ? GNTMAP_host_map : 0) | (chance(40) ? GNTMAP_readonly : 0) |
                      (chance(15) ? GNTMAP_device_map : 0);
        op[i].host_addr = any_place(d, &op[i].flags);
    }
    mapping = true;
    call(hc_grant_table_op, GNTTABOP_map_grant_ref, guest_list, n, 0);
    mapping = false;
    return note_maps(d, op, n);
}

static bool op_grant_unmap(void)
{
    struct domain *d = any_domain();
    struct gnttab_unmap_grant_ref *op = fake_guest_ptr(guest_list);
    unsigned n = chance(60) ? 1 : 1 + rnd(BATCH), slots[BATCH];
    bool worked = false;

    if (!fake_current->cr3_kernel)
        return false;
    for (unsigned i = 0; i < n; i++) {
        slots[i] = any_slot(d);
        if (slots[i] == MAPS)
            return false;
        op[i] = (struct gnttab_unmap_grant_ref){.handle = maps[slots[i]].handle,
                                                .host_addr = maps[slots[i]].host_addr,
                                                .dev_bus_addr = maps[slots[i]].frame << PAGE_SHIFT,
                                                .status = 1};
        if (chance(5)) /* somewhere else, or only for the devices */
            op[i].host_addr = chance(50) ? 0 : any_address();
        if (chance(50))
            op[i].dev_bus_addr = 0;
    }
    call(hc_grant_table_op, GNTTABOP_unmap_grant_ref, guest_list, n, 0);
    for (unsigned i = 0; i < n; i++) {
        unsigned s = slots[i];

        if (op[i].status != GNTST_okay || maps[s].d != d)
            continue;
        worked = true;
        if (op[i].host_addr || !maps[s].host_addr)
            maps[s].d = NULL;
    }
    return worked;
}

static bool op_grant_replace(void)
{
    struct domain *d = any_domain();
    struct gnttab_unmap_and_replace *op = fake_guest_ptr(guest_list);
    unsigned slot = any_slot(d);

    if (slot == MAPS || !maps[slot].host_addr || !fake_current->cr3_kernel)
        return false;
    *op = (struct gnttab_unmap_and_replace){.handle = maps[slot].handle,
                                            .status = 1,
                                            .host_addr = maps[slot].host_addr,
                                            .new_addr = chance(20) ? 0 : any_address()};
    call(hc_grant_table_op, GNTTABOP_unmap_and_replace, guest_list, 1, 0);
    if (op->status != GNTST_okay)
        return false;
    maps[slot].d = NULL;
    return true;
}

static void copy_end(struct domain *d, struct domain *other, bool by_ref, domid_t *domid,
                     xen_pfn_t *gmfn, grant_ref_t *ref)
{
    if (by_ref) {
        *domid = other->id;
        *ref = any_ref(other, d);
    } else {
        *domid = chance(90) ? DOMID_SELF : other->id;
        *gmfn = any_frame(d).n;
    }
}

static bool op_grant_copy(void)
{
    struct domain *d = any_domain(), *other = dom[rnd(DOMAINS)];
    struct gnttab_copy *op = fake_guest_ptr(guest_list);
    unsigned n = chance(70) ? 1 : 1 + rnd(BATCH);
    bool worked = false;

    for (unsigned i = 0; i < n; i++) {
        struct gnttab_copy c = {.len = (uint16_t)(1 + rnd(200)), .status = 1};
        uint64_t gmfn[2] = {0, 0};
        grant_ref_t ref[2] = {0, 0};

        c.flags = (uint16_t)rnd(4);
        copy_end(d, other, c.flags & GNTCOPY_source_gref, &c.source.domid, &gmfn[0], &ref[0]);
        copy_end(d, other, c.flags & GNTCOPY_dest_gref, &c.dest.domid, &gmfn[1], &ref[1]);
        if (c.flags & GNTCOPY_source_gref)
            c.source.u.ref = ref[0];
        else
            c.source.u.gmfn = gmfn[0];
        if (c.flags & GNTCOPY_dest_gref)
            c.dest.u.ref = ref[1];
        else
            c.dest.u.gmfn = gmfn[1];
        c.source.offset = (uint16_t)rnd(4000);
        c.dest.offset = (uint16_t)rnd(4000);
        op[i] = c;
    }
    call(hc_grant_table_op, GNTTABOP_copy, guest_list, n, 0);
    for (unsigned i = 0; i < n; i++)
        worked |= op[i].status == GNTST_okay;
    return worked;
}

static bool op_grant_swap(void)
{
    struct gnttab_swap_grant_ref *op = fake_guest_ptr(guest_list);

    any_domain();
    *op = (struct gnttab_swap_grant_ref){.ref_a = rnd(REFS), .ref_b = rnd(REFS), .status = 1};
    call(hc_grant_table_op, GNTTABOP_swap_grant_ref, guest_list, 1, 0);
    return op->status == GNTST_okay;
}

static bool op_grant_setup(void)
{
    uint64_t list[8];

    return grant_setup(any_domain(), 1 + rnd(8), list) == GNTST_okay;
}

const struct operation grant_ops[] = {
    {op_grant, 14, "grant"},
    {op_grant_map, 14, "grant_map"},
    {op_grant_unmap, 8, "grant_unmap"},
    {op_grant_replace, 4, "grant_replace"},
    {op_grant_copy, 5, "grant_copy"},
    {op_grant_swap, 2, "grant_swap"},
    {op_grant_setup, 1, "grant_setup"},
    {},
};

/* ---- isolation ---- */

static bool granted(const struct domain *d, uint64_t frame, bool writable)
{
    for (unsigned i = 0; i < MAPS; i++)
        if (maps[i].d == d && maps[i].frame == frame && (maps[i].writable || !writable))
            return true;
    return false;
}

static unsigned table_audit(const struct domain *d, mfn_t table)
{
    const uint64_t *t = frame_va(table);
    unsigned errors = 0;

    for (unsigned i = 0; i < PTES_PER_TABLE; i++) {
        mfn_t m = pte_mfn(t[i]);

        if (!(t[i] & PTE_P) || (mfn_valid(m) && frame_of(m)->owner == d->id) ||
            granted(d, m.n, t[i] & PTE_RW))
            continue;
        fprintf(stderr,
                "audit: entry %u of table %#lx of %s maps %#lx, which is not its own: %#lx\n", i,
                (unsigned long)table.n, d->name, (unsigned long)m.n, (unsigned long)t[i]);
        errors++;
    }
    return errors;
}

/* The control domain may map anything. */
unsigned grants_isolation_audit(void)
{
    unsigned errors = 0;

    for (unsigned i = 0; i < DOMAINS && !mapping; i++) {
        const struct domain *d = dom[i];

        for (uint32_t n = d->privileged || was_given(d) ? FRAME_NIL : d->pages.head; n != FRAME_NIL;
             n = frame_table[n].next)
            if ((frame_table[n].type & TYPE_VALIDATED) &&
                (frame_table[n].type & TYPE_MASK) == TYPE_L1)
                errors += table_audit(d, MFN(n));
    }
    return errors;
}
