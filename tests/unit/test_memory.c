/* SPDX-License-Identifier: MIT */
/* Checks [MEM-1] [MEM-2]. */
/*
 * LINK: core/frame.c core/heap.c core/tlb.c core/pagetype.c core/entry.c core/log_dirty.c core/memory.c core/frame_audit.c hypercall/memory.c hypercall/reservation.c hypercall/door.c
 */
#include "hypercall/memory.h"
#include "core/e820.h"
#include "core/memory.h"
#include "tables.h"
#include <criterion/criterion.h>
#include <xen/grant_table.h>

static struct domain *d0, *d1;
static struct vcpu *v0, *v1;

struct e820_map machine_e820 = { .count = 2, .e = { { 0, 0xa0000, E820_RAM },
                                                    { 0x100000, 0x3f00000, E820_RAM } } };

/* In place of core/grant.c: frame i of a table is mfn 500 + i. */
int grant_frame_mfn(struct domain *d, unsigned idx, mfn_t *out)
{
    (void)d;
    *out = MFN(500 + idx);
    return 0;
}

static void setup(void)
{
    fake_reset();
    fake_quiet = true;
    d0 = fake_domain(0, 1, true);
    d1 = fake_domain(1, 1, false);
    v0 = d0->vcpus[0];
    v1 = d1->vcpus[0];
    d1->max_grant_frames = 4;
    fake_current = v1;
}

static void audit(void)
{
    fake_quiet = false;
    cr_assert_eq(frames_audit(), 0);
    fake_quiet = true;
}

TestSuite(memory, .init = setup);

static long call(uint64_t cmd, gva_t arg)
{
    struct vcpu *v = fake_current;
    long rc = hc_memory_op(v, cmd, arg, 0, 0, 0);

    while (v->hc_restart & HC_RESTART) {
        v->hc_restart = 0;
        audit();
        rc = hc_memory_op(v, v->hc_args[0], v->hc_args[1], 0, 0, 0);
    }
    audit();
    return rc;
}

static uint64_t *list; /* of the last reservation, as the guest sees it */

static long reserve(unsigned op, domid_t dom, const uint64_t *x, unsigned n, unsigned order, unsigned flags)
{
    struct xen_memory_reservation r = { .nr_extents = n, .extent_order = order, .mem_flags = flags,
                                        .domid = dom };
    gva_t va = fake_guest_put(x, n * sizeof(*x));

    r.extent_start.p = (void *)va;
    list = fake_guest_ptr(va);
    return call(op, fake_guest_put(&r, sizeof(r)));
}

Test(memory, populate_gives_frames_and_tells_them_and_their_place)
{
    uint64_t x[70];

    for (unsigned i = 0; i < 70; i++)
        x[i] = 0x1000 + i;
    cr_assert_eq(reserve(XENMEM_populate_physmap, DOMID_SELF, x, 70, 0, 0), 70);
    cr_assert_eq(d1->tot_pages, 70);
    for (unsigned i = 0; i < 70; i++) {
        cr_assert_eq(frame_of(MFN(list[i]))->owner, 1);
        cr_assert_eq(m2p[list[i]], 0x1000 + i);
    }
    x[0] = 0x2000;
    cr_assert_eq(reserve(XENMEM_populate_physmap, DOMID_SELF, x, 1, 4, 0), 1);
    cr_assert_eq(m2p[list[0] + 15], 0x200f);
}

Test(memory, decrease_takes_them_back_and_forgets_their_place)
{
    uint64_t x[70];

    memset(x, 0, sizeof(x));
    reserve(XENMEM_populate_physmap, DOMID_SELF, x, 70, 0, 0);
    memcpy(x, list, sizeof(x));
    cr_assert_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, x, 70, 0, 0), 70);
    cr_assert_eq(d1->tot_pages, 0);
    cr_assert_eq(m2p[x[3]], M2P_INVALID);
    cr_assert_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, x, 70, 0, 0), 0);
    x[0] = 1ull << 50;
    cr_assert_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, x, 1, 0, 0), 0);
}

Test(memory, reservations_are_preemptible_and_count_on)
{
    uint64_t x[200];

    memset(x, 0, sizeof(x));
    fake_preempt_after = 0;
    cr_assert_eq(reserve(XENMEM_populate_physmap, DOMID_SELF, x, 200, 0, 0), 200);
    memcpy(x, list, sizeof(x));
    cr_assert_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, x, 200, 0, 0), 200);
}

Test(memory, limits_stop_a_reservation_and_are_no_error)
{
    uint64_t x[70] = { 0 };

    d1->max_pages = 50;
    cr_assert_eq(reserve(XENMEM_populate_physmap, DOMID_SELF, x, 70, 0, 0), 50);
    cr_assert_eq(reserve(XENMEM_populate_physmap, DOMID_SELF, x, 1, 10, 0), 0, "order too large");
    cr_assert_eq(reserve(XENMEM_populate_physmap, 0, x, 1, 0, 0), 0, "not privileged");
    cr_assert_eq(reserve(XENMEM_populate_physmap, 9, x, 1, 0, 0), 0, "no such domain");
    cr_assert_eq(reserve(XENMEM_populate_physmap, DOMID_SELF, x, 1, 0, XENMEMF_address_bits(12)), 0);
    cr_assert_eq(call(XENMEM_populate_physmap, 0x123), 0, "bad pointer");
    cr_assert_eq(reserve(XENMEM_populate_physmap, DOMID_IO, x, 1, 0, 0), 0, "owns no memory");
    fake_current = v0;
    d1->max_pages = 1000;
    cr_assert_eq(reserve(XENMEM_populate_physmap, 1, x, 1, 9, 0), 1);
    cr_assert_eq(d1->tot_pages, 50 + 512);
}

Test(memory, a_frame_given_back_while_mapped_leaves_with_the_mapping)
{
    struct tree t = new_tree(d1);
    uint64_t x[1];
    mfn_t m = new_page(d1);

    table(t.l1)[0] = pte_make(m, RW);
    cr_assert_eq(table_pin(d1, t.l4, TYPE_L4), 0);
    x[0] = m.n;
    cr_assert_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, x, 1, 0, 0), 1);
    cr_assert_eq(frame_of(m)->owner, 1);
    cr_assert_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, x, 1, 0, 0), 1, "as Xen counts it");
    x[0] = t.l4.n;
    cr_assert_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, x, 1, 0, 0), 1, "it stays pinned");
    cr_assert_eq(frame_of(m)->owner, 1);
    cr_assert_eq(table_unpin(d1, t.l4), 0);
    type_drain(d1, false);
    audit();
    cr_assert_eq(frame_of(m)->owner, DOMID_INVALID);
}

static long exchange(const uint64_t *in, unsigned nr_in, unsigned order_in, const uint64_t *out,
                     unsigned nr_out, unsigned order_out, unsigned bits, uint64_t *done)
{
    struct xen_memory_exchange e = {
        .in = { .nr_extents = nr_in, .extent_order = order_in, .domid = DOMID_SELF },
        .out = { .nr_extents = nr_out, .extent_order = order_out, .domid = DOMID_SELF, .mem_flags = bits },
    };
    gva_t va = fake_guest_put(out, nr_out * sizeof(*out)), arg;
    long rc;

    e.in.extent_start.p = (void *)fake_guest_put(in, nr_in * sizeof(*in));
    e.out.extent_start.p = (void *)va;
    arg = fake_guest_put(&e, sizeof(e));
    rc = call(XENMEM_exchange, arg);
    *done = ((struct xen_memory_exchange *)fake_guest_ptr(arg))->nr_exchanged;
    list = fake_guest_ptr(va);
    return rc;
}

Test(memory, exchange_gives_contiguous_low_memory_at_the_named_place)
{
    uint64_t in[64], out = 0x7000, done;

    memset(in, 0, sizeof(in));
    reserve(XENMEM_populate_physmap, DOMID_SELF, in, 64, 0, 0);
    memcpy(in, list, sizeof(in));
    cr_assert_eq(exchange(in, 64, 0, &out, 1, 6, 18, &done), -ENOMEM, "not below 256 KiB");
    cr_assert_eq(done, 0);
    cr_assert_eq(d1->tot_pages, 64);
    cr_assert_eq(frame_of(MFN(in[5]))->owner, 1);
    cr_assert_eq(exchange(in, 64, 0, &out, 1, 6, 22, &done), 0);
    cr_assert_eq(done, 64);
    cr_assert_eq(d1->tot_pages, 64);
    cr_assert_lt(list[0] + 63, BIT(22 - PAGE_SHIFT));
    cr_assert_eq(list[0] % 64, 0);
    for (unsigned i = 0; i < 64; i++) {
        cr_assert_eq(m2p[list[0] + i], 0x7000 + i);
        cr_assert_eq(m2p[in[i]], M2P_INVALID);
    }
    out = list[0];
    for (unsigned i = 0; i < 64; i++)
        in[i] = 0x100 + i;
    cr_assert_eq(exchange(&out, 1, 6, in, 64, 0, 0, &done), 0, "and back to single frames");
    cr_assert_eq(done, 1);
    cr_assert_eq(m2p[list[63]], 0x100 + 63);
}

Test(memory, exchange_of_a_frame_in_use_changes_nothing)
{
    uint64_t in[4] = { 0 }, out = 0x7000, done;
    uint64_t e;

    reserve(XENMEM_populate_physmap, DOMID_SELF, in, 4, 0, 0);
    memcpy(in, list, sizeof(in));
    e = pte_make(MFN(in[2]), RO);
    cr_assert_eq(table_pin(d1, MFN(in[2]), TYPE_L1), 0);
    cr_assert_eq(exchange(in, 4, 0, &out, 1, 2, 0, &done), -EINVAL);
    cr_assert_eq(done, 0);
    cr_assert_eq(d1->tot_pages, 4);
    cr_assert_eq(m2p[in[0]], 0);
    in[2] = in[1];
    cr_assert_eq(exchange(in, 4, 0, &out, 1, 2, 0, &done), -EINVAL, "one frame twice");
    (void)e;
}

Test(memory, exchange_checks_its_sizes)
{
    uint64_t x[4] = { 0 }, done;

    cr_assert_eq(exchange(x, 4, 0, x, 1, 3, 0, &done), -EINVAL);
    cr_assert_eq(exchange(x, 1, 0, x, 1, 0, 0, &done), -EINVAL, "frame 0 is not the guest's");
    cr_assert_eq(exchange(x, 1, 10, x, 1, 10, 0, &done), -EPERM);
}

Test(memory, amounts)
{
    domid_t self = DOMID_SELF, other = 0, none = 77;

    new_page(d1);
    d1->max_pages = 1234;
    cr_assert_eq(call(XENMEM_current_reservation, fake_guest_put(&self, 2)), 1);
    cr_assert_eq(call(XENMEM_maximum_reservation, fake_guest_put(&self, 2)), 1234);
    cr_assert_eq(call(XENMEM_maximum_reservation, fake_guest_put(&other, 2)), -EPERM);
    cr_assert_eq(call(XENMEM_maximum_reservation, fake_guest_put(&none, 2)), -ESRCH);
    cr_assert_eq(call(XENMEM_maximum_reservation, 0), -EFAULT);
    cr_assert_eq(call(XENMEM_maximum_ram_page, 0), FAKE_FRAMES);
    cr_assert_eq(call(63, 0), -ENOSYS);
    cr_assert_eq(call(XENMEM_maximum_ram_page | 1 << 6, 0), -EINVAL);
}

Test(memory, machphys_mapping_is_the_hypervisors_range)
{
    gva_t arg = fake_guest_alloc(sizeof(struct xen_machphys_mapping));
    struct xen_machphys_mapping *m = fake_guest_ptr(arg);

    cr_assert_eq(call(XENMEM_machphys_mapping, arg), 0);
    cr_assert_eq(m->v_start, HV_VIRT_START);
    cr_assert_eq(m->max_mfn, FAKE_FRAMES - 1);
}

Test(memory, a_memory_map_is_set_for_a_guest_and_read_by_it)
{
    struct e820_entry e = { 0, 0x1000000, E820_RAM };
    struct xen_foreign_memory_map fm = { .domid = 1, .map.nr_entries = 1 };
    struct xen_memory_map m = { .nr_entries = 10 };
    gva_t buffer = fake_guest_alloc(400), arg;

    m.buffer.p = (void *)buffer;
    arg = fake_guest_put(&m, sizeof(m));
    cr_assert_eq(call(XENMEM_memory_map, arg), -ENOSYS);
    cr_assert_eq(call(XENMEM_machine_memory_map, arg), -EPERM);
    fm.map.buffer.p = (void *)fake_guest_put(&e, sizeof(e));
    fake_current = v0;
    cr_assert_eq(call(XENMEM_set_memory_map, fake_guest_put(&fm, sizeof(fm))), 0);
    cr_assert_eq(call(XENMEM_machine_memory_map, arg), 0);
    cr_assert_eq(((struct xen_memory_map *)fake_guest_ptr(arg))->nr_entries, 2);
    fake_current = v1;
    cr_assert_eq(call(XENMEM_memory_map, arg), 0);
    cr_assert_eq(((struct xen_memory_map *)fake_guest_ptr(arg))->nr_entries, 1);
    cr_assert_eq(((struct e820_entry *)fake_guest_ptr(buffer))->size, 0x1000000);
    xfree(d1->e820);
    d1->e820 = NULL;
}

static long acquire(domid_t dom, unsigned frame, unsigned nr, gva_t out)
{
    struct xen_mem_acquire_resource r = { .domid = dom, .type = XENMEM_resource_grant_table,
                                          .nr_frames = nr, .frame = frame };

    r.frame_list.p = (void *)out;
    return call(XENMEM_acquire_resource, fake_guest_put(&r, sizeof(r)));
}

Test(memory, the_toolstack_acquires_grant_frames)
{
    gva_t out = fake_guest_alloc(64);

    cr_assert_eq(acquire(1, 0, 1, out), -EPERM);
    cr_assert_eq(acquire(0, 0, 1, out), -EPERM);
    fake_current = v0;
    cr_assert_eq(acquire(1, 1, 2, out), 0);
    cr_assert_eq(((uint64_t *)fake_guest_ptr(out))[1], 502);
    cr_assert_eq(acquire(1, 3, 2, out), -EINVAL);
    cr_assert_eq(acquire(7, 0, 1, out), -ESRCH);
}

Test(memory, a_pv_guest_has_no_physmap)
{
    domid_t self = DOMID_SELF;
    gva_t arg = fake_guest_put(&self, sizeof(self));

    cr_assert_eq(call(XENMEM_add_to_physmap, arg), -EACCES);
    cr_assert_eq(call(XENMEM_get_vnumainfo, arg), -EOPNOTSUPP);
}

/* ---- claims ---- */

static long claim(domid_t id, uint64_t pages)
{
    struct xen_memory_reservation r = { .nr_extents = pages, .domid = id };

    fake_current = v0;
    return call(XENMEM_claim_pages, fake_guest_put(&r, sizeof(r)));
}

Test(memory, a_claim_is_kept_from_others_and_used_up_by_its_domain)
{
    uint64_t free = heap_free_frames(), most = free - 10;
    mfn_t m;

    d1->max_pages = free;
    cr_assert_eq(claim(1, most), 0);
    cr_assert_eq(memory_claimed(), most);
    cr_assert_eq(claim(1, most), -EINVAL, "one at a time");
    fake_quiet = true;
    for (unsigned i = 0; i < 10; i++)
        cr_assert_eq(memory_populate(d0, M2P_INVALID, 0, 0, &m), 0);
    cr_assert_eq(memory_populate(d0, M2P_INVALID, 0, 0, &m), -ENOMEM, "the rest is claimed");
    cr_assert_eq(memory_populate(d1, M2P_INVALID, 3, 0, &m), 0);
    cr_assert_eq(memory_claimed(), most - 8);
    cr_assert_eq(claim(1, 0), 0);
    cr_assert_eq(memory_claimed(), 0);
    cr_assert_eq(memory_populate(d0, M2P_INVALID, 0, 0, &m), 0);
    audit();
}

Test(memory, impossible_claims_are_refused)
{
    d1->max_pages = 100;
    cr_assert_eq(claim(1, 101), -EINVAL, "more than it may have");
    d1->max_pages = heap_free_frames() + 1;
    cr_assert_eq(claim(1, heap_free_frames() + 1), -ENOMEM);
    cr_assert_eq(claim(77, 1), -EINVAL);
    cr_assert_eq(memory_claimed(), 0);
}
