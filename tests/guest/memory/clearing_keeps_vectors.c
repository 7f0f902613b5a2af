/* SPDX-License-Identifier: MIT */
/*
 * However the hypervisor clears pages, the vector registers and CR0.TS are the guest's: over each call that clears some, both
 * with TS clear and with TS set, where the first use of a register must still be a #NM. [FRM-4] [TRAP-12]
 */
#include "reserve.h"

#define PAGES 96ul
#define CR0_TS 8ul
#define EACH_REGISTER ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t"

static uint8_t set[16][16], seen[16][16];
static unsigned long mfns[PAGES], pfns[PAGES];
static char *pages;

static void pages_dirty(unsigned long count)
{
    for (unsigned long i = 0; i < count; i++) {
        memset(pages + i * PAGE_SIZE, 0xa5, PAGE_SIZE);
        mfns[i] = take(pages + i * PAGE_SIZE);
    }
}

static void pages_back(unsigned long count, const unsigned long *list)
{
    for (unsigned long i = 0; i < count; i++)
        put(pages + i * PAGE_SIZE, list[i]);
}

static void single_pages(void)
{
    pages_dirty(PAGES);
    CHECK_RC(decrease(mfns, PAGES), PAGES);
    memcpy(mfns, pfns, sizeof(mfns));
    CHECK_RC(populate(mfns, PAGES), PAGES);
    pages_back(PAGES, mfns);
}

static void block(void)
{
    unsigned long extent = pfns[0], list[16];

    pages_dirty(16);
    CHECK_RC(decrease(mfns, 16), 16);
    CHECK_RC(reserve(XENMEM_populate_physmap, &extent, 1, 4, 0, DOMID_SELF), 1);
    for (unsigned int i = 0; i < 16; i++)
        list[i] = extent + i;
    pages_back(16, list);
}

static void exchange(void)
{
    unsigned long out[8];
    struct xen_memory_exchange x = {.in = {.nr_extents = 8, .domid = DOMID_SELF}, .out = {.nr_extents = 8, .domid = DOMID_SELF}};

    pages_dirty(8);
    memcpy(out, pfns, sizeof(out));
    set_xen_guest_handle(x.in.extent_start, mfns);
    set_xen_guest_handle(x.out.extent_start, out);
    CHECK_RC(hypercall_memory_op(XENMEM_exchange, &x), 0);
    pages_back(8, out);
}

static void clear_page(void)
{
    struct mmuext_op op = {.cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = pfn_to_mfn(pfns[0])};

    memset(pages, 0xa5, PAGE_SIZE);
    CHECK_RC(hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
    CHECK_EQ(*(uint64_t *)(pages + PAGE_SIZE - 8), 0);
}

static void over(void (*clearing)(void), bool ts)
{
    struct fault f;
    unsigned long cr0;

    asm volatile(EACH_REGISTER "movdqu \\i * 16(%0), %%xmm\\i\n\t.endr" : : "r"(set) : "memory");
    CHECK_RC(hypercall_fpu_taskswitch(ts), 0);
    clearing();
    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    CHECK_EQ(cr0 & CR0_TS, ts ? CR0_TS : 0);
    if (ts) {
        f = TRY_ASM("movdqu %%xmm0, (%0)", : : "r"(seen) : "memory");
        CHECK_FAULT(f, TRAP_NM);
    }
    f = TRY_ASM("movdqu %%xmm0, (%0)", : : "r"(seen) : "memory");
    CHECK_NO_FAULT(f);
    asm volatile(EACH_REGISTER "movdqu %%xmm\\i, \\i * 16(%0)\n\t.endr" : : "r"(seen) : "memory");
    for (unsigned int i = 0; i < 16; i++)
        CHECK(!memcmp(seen[i], set[i], 16), "xmm%u was changed, with TS %d", i, ts);
}

TEST("clearing_keeps_vectors", "calls that clear pages change no vector register, nor TS")
{
    void (*const clearings[])(void) = {single_pages, block, exchange, clear_page};

    pages = pages_alloc(PAGES);
    for (unsigned long i = 0; i < PAGES; i++)
        pfns[i] = va_to_pfn(pages) + i;
    for (unsigned int i = 0; i < sizeof(set); i++)
        set[i / 16][i % 16] = (uint8_t)(i + 1);
    for (unsigned int n = 0; n < 4; n++)
        for (unsigned int ts = 0; ts < 2; ts++)
            over(clearings[n], ts);
}
