/* SPDX-License-Identifier: MIT */
/* LINK: core/slab.c core/heap.c core/frame.c core/tlb.c */
#include "fake_port.h"
#include <criterion/criterion.h>

static void setup(void) { fake_reset(); }

TestSuite(slab, .init = setup);

Test(slab, objects_are_zeroed_aligned_and_do_not_overlap)
{
    static const size_t sizes[] = { 1, 16, 17, 64, 100, 1024, 2048, 2049, 5000, 40000 };
    uint8_t *p[10][40];

    for (unsigned s = 0; s < 10; s++)
        for (unsigned i = 0; i < 40; i++) {
            p[s][i] = xalloc(sizes[s]);
            cr_assert_not_null(p[s][i]);
            cr_assert_eq((uintptr_t)p[s][i] % 16, 0);
            for (size_t b = 0; b < sizes[s]; b++)
                cr_assert_eq(p[s][i][b], 0);
            memset(p[s][i], (int)(s * 40 + i + 1), sizes[s]);
        }
    for (unsigned s = 0; s < 10; s++)
        for (unsigned i = 0; i < 40; i++)
            for (size_t b = 0; b < sizes[s]; b++)
                cr_assert_eq(p[s][i][b], (uint8_t)(s * 40 + i + 1));
}

Test(slab, freed_objects_come_back_zeroed_and_frames_are_returned)
{
    uint64_t before = heap_free_frames();
    void *p[3000];

    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < 3000; i++) {
            p[i] = xalloc(48);
            cr_assert_eq(*(uint64_t *)p[i], 0);
            memset(p[i], 0xff, 48);
        }
        for (unsigned i = 0; i < 3000; i++)
            xfree(p[(i * 7) % 3000]);
        cr_assert_leq(before - heap_free_frames(), 1);
    }
    cr_assert_eq(heap_audit(), 0);
}

Test(slab, freeing_null_is_nothing) { xfree(NULL); }

Test(slab, freeing_what_is_not_an_object_is_a_bug)
{
    cr_assert(PANICS(xfree(frame_va(MFN(300)))));
}

Test(slab, no_memory_is_null_and_recovers)
{
    void *p[20];
    unsigned n = 0;

    while (n < 20 && (p[n] = xalloc(8ul << 20)) != NULL)
        n++;
    cr_assert_lt(n, 9);
    cr_assert_gt(n, 3);
    xfree(p[--n]);
    cr_assert_not_null(xalloc(8ul << 20));
}
