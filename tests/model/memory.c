/* SPDX-License-Identifier: MIT */
/* Taking, giving back and exchanging memory, by the core's own calls and by memory_op. */
#include "hypercall/memory.h"
#include "core/e820.h"
#include "model.h"

struct e820_map machine_e820; /* boot/e820.c's */

static bool op_populate(void)
{
    struct domain *d = any_domain();
    mfn_t m;

    return d->tot_pages < MOST && !memory_populate(d, rnd(10000), chance(90) ? 0 : rnd(5),
                                                   chance(10) ? 18 + rnd(5) : 0, &m);
}

static bool op_remove(void)
{
    struct domain *d = any_domain();

    return !memory_remove(d, any_frame(d));
}

static bool op_steal(void)
{
    struct domain *d = any_domain();
    mfn_t m = any_frame(d), n;

    if (memory_steal(d, m))
        return false;
    n = heap_alloc(0, chance(20) ? ALLOC_BITS(18) : 0);
    if (mfn_eq(n, MFN_INVALID)) {
        memory_unsteal(d, m);
        return false;
    }
    memory_stolen_free(m);
    memory_assign(d, n, 0, rnd(10000));
    return true;
}

static bool op_scrub(void)
{
    heap_scrub_some();
    return true;
}

/* ---- memory_op ---- */

/* A list of frames of d, in runs: an extent of an order is that many consecutive ones. */
static void list_frames(struct domain *d, unsigned n)
{
    uint64_t *list = fake_guest_ptr(guest_list);

    for (unsigned i = 0; i < n; i++)
        list[i] = any_frame(d).n;
}

static long reservation(unsigned op, unsigned n, unsigned order)
{
    struct xen_memory_reservation r = {
        .nr_extents = n,
        .extent_order = order,
        .mem_flags = chance(10) ? XENMEMF_address_bits(18 + rnd(5)) : 0,
        .domid = DOMID_SELF,
    };

    if (chance(10))
        r.domid = dom[rnd(DOMAINS)]->id;
    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)guest_list);
    memcpy(fake_guest_ptr(guest_args), &r, sizeof(r));
    return call(hc_memory_op, op, guest_args, 0, 0);
}

static bool op_increase(void)
{
    struct domain *d = any_domain();
    uint64_t *list = fake_guest_ptr(guest_list);
    unsigned n = 1 + rnd(40);

    if (d->tot_pages >= MOST)
        return false;
    for (unsigned i = 0; i < n; i++)
        list[i] = rnd(10000);
    return reservation(chance(50) ? XENMEM_increase_reservation : XENMEM_populate_physmap, n,
                       chance(80) ? 0 : rnd(4)) > 0;
}

static bool op_decrease(void)
{
    struct domain *d = any_domain();
    unsigned n = 1 + rnd(10);

    list_frames(d, n);
    return reservation(XENMEM_decrease_reservation, n, chance(90) ? 0 : rnd(3)) > 0;
}

static bool op_exchange(void)
{
    struct domain *d = any_domain();
    unsigned in_order = chance(80) ? 0 : rnd(3), out_order = chance(60) ? in_order : rnd(3);
    unsigned frames = 1u << (in_order + out_order + rnd(3));
    struct xen_memory_exchange x = {
        .in = {.nr_extents = frames >> in_order, .extent_order = in_order, .domid = DOMID_SELF},
        .out = {.nr_extents = frames >> out_order, .extent_order = out_order, .domid = DOMID_SELF},
    };

    if (chance(10))
        x.out.mem_flags = XENMEMF_address_bits(18 + rnd(5));
    list_frames(d, 64);
    set_xen_guest_handle(x.in.extent_start, (xen_pfn_t *)guest_list);
    set_xen_guest_handle(x.out.extent_start,
                         (xen_pfn_t *)(guest_list + (chance(95) ? PAGE_SIZE : FAKE_GUEST_BYTES)));
    memcpy(fake_guest_ptr(guest_args), &x, sizeof(x));
    return !call(hc_memory_op, XENMEM_exchange, guest_args, 0, 0);
}

const struct operation memory_ops[] = {
    {op_populate, 8, "populate"}, {op_remove, 3, "remove"},
    {op_steal, 2, "steal"},       {op_scrub, 1, "scrub"},
    {op_increase, 5, "increase"}, {op_decrease, 3, "decrease"},
    {op_exchange, 4, "exchange"}, {},
};
