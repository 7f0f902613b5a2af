/* SPDX-License-Identifier: MIT */
/* LINK: core/frame.c core/heap.c core/tlb.c core/pagetype.c core/entry.c core/log_dirty.c core/memory.c core/frame_audit.c */
/* Checks [FRM-1] [FRM-2] [MEM-2]. */
#include "core/memory.h"
#include "fake_port.h"
#include <criterion/criterion.h>

static struct domain *d0, *d1;

static void setup(void)
{
    fake_reset();
    fake_quiet = true;
    d0 = fake_domain(0, 1, true);
    d1 = fake_domain(1, 1, false);
}

static mfn_t page(struct domain *d)
{
    mfn_t m;

    cr_assert_eq(memory_populate(d, 0x1000, 0, 0, &m), 0);
    return m;
}

static void audit(void)
{
    fake_quiet = false;
    cr_assert_eq(frames_audit(), 0);
    fake_quiet = true;
}

TestSuite(frame, .init = setup);

Test(frame, list_keeps_order_and_count)
{
    struct frame_list l;

    frame_list_init(&l);
    for (unsigned i = 20; i < 30; i++)
        frame_list_add(&l, &frame_table[i]);
    frame_list_del(&l, &frame_table[20]);
    frame_list_del(&l, &frame_table[29]);
    frame_list_del(&l, &frame_table[25]);
    cr_assert_eq(l.count, 7);
    cr_assert_eq(frame_list_pop(&l), &frame_table[21]);
    while (frame_list_pop(&l))
        ;
    cr_assert_eq(l.count, 0);
    cr_assert_eq(l.head, FRAME_NIL);
}

Test(frame, only_the_owners_frames_can_be_referenced)
{
    mfn_t m = page(d1);

    audit();
    cr_assert(frame_get(frame_of(m), d1));
    cr_assert_not(frame_get(frame_of(m), d0));
    cr_assert_not(frame_get(frame_of(MFN(1000)), d1), "a free frame");
    cr_assert_not(frame_get(frame_of(MFN(FAKE_HOLE_FIRST)), dom_io));
    cr_assert_not(frame_get(frame_of(MFN(1)), dom_xen), "the hypervisor's own");
    frame_put(frame_of(m));
    audit();
}

Test(frame, references_end_at_their_limit)
{
    struct frame *f = frame_of(page(d1));

    f->refs = FRAME_ALLOCATED | FRAME_REFS_MASK;
    cr_assert_not(frame_get(f, d1));
    f->refs = FRAME_ALLOCATED | 1;
    f->type = TYPE_WRITABLE | TYPE_VALIDATED | TYPE_COUNT_MASK;
    f->refs = FRAME_ALLOCATED | (TYPE_COUNT_MASK + 1);
    cr_assert_eq(type_get(d1, f, TYPE_WRITABLE, false), -EINVAL);
}

Test(frame, a_released_frame_lives_until_its_last_reference)
{
    mfn_t m = page(d1);
    uint64_t free = heap_free_frames();

    cr_assert(frame_get(frame_of(m), d1));
    m2p[m.n] = 7;
    cr_assert(domain_release_frame(d1, frame_of(m)));
    cr_assert_not(domain_release_frame(d1, frame_of(m)), "only once");
    cr_assert_eq(m2p[m.n], M2P_INVALID);
    cr_assert_eq(heap_free_frames(), free);
    cr_assert_eq(d1->tot_pages, 1);
    frame_put(frame_of(m));
    cr_assert_eq(heap_free_frames(), free + 1);
    cr_assert_eq(d1->tot_pages, 0);
    audit();
}

Test(frame, shared_hypervisor_frames_are_never_given_back_by_the_guest)
{
    mfn_t m = heap_alloc(0, 0);

    frame_share(d1, m, true);
    audit();
    cr_assert_not(domain_release_frame(d1, frame_of(m)));
    cr_assert_eq(memory_remove(d1, m), 0);
    cr_assert_eq(frame_of(m)->owner, d1->id);
    cr_assert_eq(memory_steal(d1, m), -EINVAL);
    cr_assert_eq(frame_and_type_get(d1, m, TYPE_L1, false), -EINVAL, "it stays writable");
    audit();
    frame_unshare(d1, m);
    audit();
    heap_free(m, 0);
    audit();
}

Test(frame, a_frame_shared_for_reading_is_never_writable)
{
    mfn_t m = heap_alloc(0, 0);

    frame_share(dom_xen, m, false);
    cr_assert(frame_get(frame_of(m), dom_xen));
    cr_assert_eq(type_get(dom_xen, frame_of(m), TYPE_WRITABLE, false), -EINVAL);
    frame_put(frame_of(m));
    audit();
}

Test(frame, unshared_while_mapped_it_is_freed_with_the_mapping)
{
    mfn_t m = heap_alloc(0, 0);
    uint64_t free = heap_free_frames(), e = pte_make(m, PTE_P | PTE_RW);

    frame_share(d1, m, true);
    cr_assert_eq(l1e_get(d0, d1, &e), 0);
    frame_unshare(d1, m);
    heap_free(m, 0);
    cr_assert_eq(heap_free_frames(), free);
    l1e_put(d0, e);
    cr_assert_eq(heap_free_frames(), free + 1);
    audit();
}

Test(frame, max_pages_is_a_limit)
{
    mfn_t m;

    d1->max_pages = 3;
    cr_assert_eq(memory_populate(d1, 0, 1, 0, &m), 0);
    cr_assert_eq(m2p[m.n + 1], 1);
    cr_assert_eq(memory_populate(d1, 0, 1, 0, &m), -ENOMEM);
    cr_assert_eq(memory_populate(d1, 2, 0, 0, &m), 0);
    audit();
}

Test(frame, stealing_wants_a_frame_nobody_uses)
{
    mfn_t m = page(d1), n = page(d1);
    uint64_t e = pte_make(m, PTE_P);

    cr_assert_eq(l1e_get(d1, d1, &e), 0);
    cr_assert_eq(memory_steal(d1, m), -EINVAL);
    l1e_put(d1, e);
    cr_assert_eq(memory_steal(d1, m), 0);
    cr_assert_not(frame_get(frame_of(m), d1));
    memory_unsteal(d1, m);
    audit();
    cr_assert_eq(memory_steal(d1, m), 0);
    cr_assert_eq(memory_steal(d0, n), -EINVAL);
    memory_stolen_free(m);
    audit();
    cr_assert_eq(d1->tot_pages, 1);
}

Test(frame, frames_that_are_being_exchanged_count_against_the_limit)
{
    mfn_t m = page(d1), other, new;

    d1->max_pages = 1;
    cr_assert_eq(memory_steal(d1, m), 0);
    cr_assert_eq(memory_populate(d1, 0, 0, 0, &other), -ENOMEM);
    memory_unsteal(d1, m);
    cr_assert_eq(memory_steal(d1, m), 0);
    new = heap_alloc(0, 0);
    memory_stolen_free(m);
    memory_assign(d1, new, 0, 0);
    cr_assert_eq(d1->tot_pages, 1);
    d1->max_pages = 2;
    cr_assert_eq(memory_populate(d1, 1, 0, 0, &other), 0, "nothing is on its way any more");
    audit();
}
