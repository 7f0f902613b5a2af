/* SPDX-License-Identifier: MIT */
/* LINK: core/heap.c core/frame.c core/tlb.c */
/* Checks [FRM-1] [FRM-3] [FRM-4]. */
#include "core/sched.h"
#include "core/tlb.h"
#include "fake_port.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>

#define ALL_FREE (FAKE_FRAMES - FAKE_HV_FRAMES - (FAKE_HOLE_LAST + 1 - FAKE_HOLE_FIRST))

static void setup(void) { fake_reset(); }
static void audit(void) { cr_assert_eq(heap_audit(), 0); }

TestSuite(heap, .init = setup);

Test(heap, all_ram_is_free_and_the_rest_is_not)
{
    cr_assert_eq(heap_free_frames(), ALL_FREE);
    cr_assert_eq(frame_of(MFN(0))->owner, DOMID_XEN);
    cr_assert_eq(frame_of(MFN(FAKE_HOLE_FIRST))->owner, DOMID_IO);
    cr_assert_eq(frame_of(MFN(FAKE_HOLE_LAST + 1))->owner, DOMID_INVALID);
    audit();
}

Test(heap, a_block_is_aligned_zeroed_and_the_hypervisors)
{
    for (unsigned order = 0; order <= 12; order++) {
        mfn_t m = heap_alloc(order, 0);

        cr_assert(!mfn_eq(m, MFN_INVALID));
        cr_assert_eq(m.n & ((1u << order) - 1), 0);
        for (unsigned i = 0; i < 1u << order; i++) {
            cr_assert_eq(frame_of(MFN(m.n + i))->owner, DOMID_XEN);
            cr_assert_eq(frame_of(MFN(m.n + i))->word, 1);
        }
        cr_assert_eq(*(uint64_t *)frame_va(m), 0);
        audit();
    }
}

Test(heap, content_of_the_last_owner_never_shows)
{
    mfn_t m = heap_alloc(3, 0);

    memset(frame_va(m), 0xaa, PAGE_SIZE << 3);
    heap_free(m, 3);
    audit();
    for (unsigned i = 0; i < ALL_FREE; i++) {
        mfn_t n = heap_alloc(0, 0);

        cr_assert(!mfn_eq(n, MFN_INVALID));
        for (unsigned w = 0; w < 512; w += 37)
            cr_assert_eq(((uint64_t *)frame_va(n))[w], 0);
    }
    cr_assert(mfn_eq(heap_alloc(0, 0), MFN_INVALID));
    audit();
}

Test(heap, in_a_block_only_frames_that_need_it_are_cleared)
{
    mfn_t m = heap_alloc(4, 0);
    uint8_t *bytes = frame_va(m);

    memset(bytes, 0xaa, PAGE_SIZE << 4);
    heap_free(m, 4);
    /* As if a scrubber had been at some: these must be left alone, and all others not. */
    for (unsigned i = 0; i < 16; i++)
        if (0x8c31u >> i & 1)
            frame_of(MFN(m.n + i))->aux &= (uint16_t)~FRAME_AUX_DIRTY;
    while (!mfn_eq(m, heap_alloc(4, ALLOC_BOOT_AS_IS)))
        ;
    for (unsigned i = 0; i < 16; i++)
        for (unsigned b = 0; b < PAGE_SIZE; b++)
            cr_assert_eq(bytes[i * PAGE_SIZE + b], 0x8c31u >> i & 1 ? 0xaa : 0);
}

Test(heap, everything_freed_in_any_order_becomes_large_blocks_again)
{
    mfn_t m[4096];

    for (unsigned i = 0; i < 4096; i++)
        m[i] = heap_alloc(0, 0);
    audit();
    for (unsigned i = 0; i < 4096; i += 2)
        heap_free(m[i], 0);
    audit();
    for (unsigned i = 1; i < 4096; i += 2)
        heap_free(m[i], 0);
    audit();
    cr_assert_eq(heap_free_frames(), ALL_FREE);
    cr_assert(!mfn_eq(heap_alloc(13, 0), MFN_INVALID));
}

Test(heap, address_bits_limit_where_a_block_lies)
{
    mfn_t high = heap_alloc(0, 0), low;

    cr_assert_geq(high.n, FAKE_FRAMES / 2); /* low memory is kept for those who ask */
    for (unsigned bits = 18; bits < 26; bits++) {
        low = heap_alloc(2, ALLOC_BITS(bits));
        cr_assert(!mfn_eq(low, MFN_INVALID), "bits %u", bits);
        cr_assert_lt(low.n + 4, BIT(bits - PAGE_SHIFT) + 1);
        audit();
    }
    cr_assert(mfn_eq(heap_alloc(0, ALLOC_BITS(16)), MFN_INVALID));
    cr_assert(mfn_eq(heap_alloc(0, ALLOC_BITS(12)), MFN_INVALID));
    audit();
}

Test(heap, freed_low_frames_serve_address_bits_again)
{
    mfn_t m[64];
    unsigned n = 0;

    while (n < 64 && !mfn_eq(m[n] = heap_alloc(0, ALLOC_BITS(18)), MFN_INVALID))
        n++;
    cr_assert_eq(n, 48);
    for (unsigned i = 0; i < n; i++)
        heap_free(m[i], 0);
    cr_assert(!mfn_eq(heap_alloc(5, ALLOC_BITS(18)), MFN_INVALID));
    audit();
}

Test(heap, a_frame_still_referenced_is_freed_by_that_reference)
{
    mfn_t m = heap_alloc(0, 0);

    frame_of(m)->refs++;
    heap_free(m, 0);
    cr_assert_eq(heap_free_frames(), ALL_FREE - 1);
    frame_of(m)->refs--;
    heap_free_frame(frame_of(m));
    cr_assert_eq(heap_free_frames(), ALL_FREE);
    audit();
}

Test(heap, a_reused_frame_is_flushed_from_the_tlbs_that_may_know_it_and_only_once)
{
    mfn_t m[200];

    cpus_online = 7;
    for (unsigned i = 0; i < 200; i++)
        m[i] = heap_alloc(0, 0);
    cr_assert_eq(fake_flushes, 0, "fresh memory was never mapped");
    tlb_flushed(1, tlb_tick());
    for (unsigned i = 0; i < 200; i++)
        heap_free(m[i], 0);
    tlb_flushed(2, tlb_tick());
    for (unsigned i = 0; i < 200; i++)
        heap_alloc(0, ALLOC_BITS(0));
    for (unsigned i = 0; i < ALL_FREE - 200; i++)
        heap_alloc(0, 0);
    cr_assert_eq(fake_flushes, 1);
    cr_assert_eq(fake_flush_mask, 3);
    audit();
}

Test(heap, scrubbing_cleans_what_came_back_and_nothing_else)
{
    unsigned turns = 0;
    mfn_t back = heap_alloc(0, 0);
    uint64_t boot = mfn_eq(back, MFN(300)) ? 301 : 300;

    memset(frame_va(back), 0x55, PAGE_SIZE);
    memset(frame_va(MFN(boot)), 0x55, PAGE_SIZE);
    heap_free(back, 0);
    fake_preempt_after = 0;
    cr_assert_not(heap_scrub_some(), "what waits for this CPU comes first");
    fake_preempt_after = -1;
    while (heap_scrub_some())
        cr_assert_lt(++turns, 100000);
    cr_assert_eq(*(uint64_t *)frame_va(back), 0);
    cr_assert_neq(*(uint64_t *)frame_va(MFN(boot)), 0, "memory nobody had is left alone until it is given out");
    audit();
    cr_assert_eq(frame_of(back)->aux & FRAME_AUX_DIRTY, 0);
}

static enum { BEGUN, WAITS, SCRUBBED } other_cpu;
static pthread_t other_thread;
static unsigned cleared;

static void other_is(unsigned stage)
{
    while (__atomic_load_n(&other_cpu, __ATOMIC_SEQ_CST) != stage)
        sched_yield();
}

/* Does not get the lock by chance meanwhile. */
static void other_waits(void)
{
    if (pthread_equal(pthread_self(), other_thread) && other_cpu == BEGUN) {
        __atomic_store_n(&other_cpu, WAITS, __ATOMIC_SEQ_CST);
        other_is(SCRUBBED);
    }
}

static void *other_takes(void *arg)
{
    return heap_free(heap_alloc(0, 0), 0), arg;
}

static void other_comes(void)
{
    if (other_cpu == SCRUBBED || cleared++)
        return;
    cr_assert_not(heap_scrub_some(), "one CPU is enough");
    cr_assert_eq(pthread_create(&other_thread, NULL, other_takes, NULL), 0);
    other_is(WAITS);
}

/* It held the lock, gave it back and had it again, until all was clean: another CPU waited for seconds. */
Test(heap, who_waits_for_memory_does_not_wait_for_the_scrubber)
{
    heap_free(heap_alloc(4, 0), 4);
    fake_threads = true;
    fake_waiting = other_waits;
    fake_clearing = other_comes;
    while (!cleared)
        cr_assert(heap_scrub_some());
    cr_assert(cleared == 1 && other_cpu == WAITS);
    __atomic_store_n(&other_cpu, SCRUBBED, __ATOMIC_SEQ_CST);
    pthread_join(other_thread, NULL);
    while (heap_scrub_some())
        ;
    audit();
}
