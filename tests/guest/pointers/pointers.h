/* SPDX-License-Identifier: MIT */
/*
 * Pointers that a hypercall must not trust: every test here hands them to one hypercall, expects an
 * error, and lives on. What is behind a pointer that is no pointer must never be touched.
 */
#ifndef POINTERS_H
#define POINTERS_H

#include "harness.h"

struct bad_pointer {
    const char *name;
    void *p;
};

/* Not mapped; cut off at the end of a page; not the guest's; no address at all. */
#define BAD_POINTERS 10

static inline const struct bad_pointer *bad_pointers(void)
{
    static struct bad_pointer bad[BAD_POINTERS];
    char *va;

    if (bad[0].p)
        return bad;
    va = va_alloc(3);
    MUST(hypercall_update_va_mapping(
        (unsigned long)va, pte_make(pfn_to_mfn(va_to_pfn(page_alloc())), PROT_RW), UVMF_INVLPG));
    bad[0] = (struct bad_pointer){"an unmapped page", va + PAGE_SIZE};
    bad[1] = (struct bad_pointer){"the last byte of a page", va + PAGE_SIZE - 1};
    bad[2] = (struct bad_pointer){"an address without tables", (void *)0x700000000000ul};
    bad[3] = (struct bad_pointer){"the machine-to-phys list", (void *)0xffff800000000000ul};
    bad[4] = (struct bad_pointer){"the hypervisor's memory", (void *)0xffff830000001000ul};
    bad[5] = (struct bad_pointer){"the hypervisor's code", (void *)0xffff82d040200000ul};
    bad[6] = (struct bad_pointer){"behind the lower half", (void *)0x0000800000000000ul};
    bad[7] = (struct bad_pointer){"before the upper half", (void *)0xffff7ffffffffff8ul};
    bad[8] = (struct bad_pointer){"a non-canonical address", (void *)0x8000000000000000ul};
    bad[9] = (struct bad_pointer){"the last byte of all", (void *)~0ul};
    return bad;
}

/* A page that is mapped read-only: for output. It holds what a hypercall finds valid as input. */
static inline void *read_only_copy(const void *from, size_t size)
{
    char *page = page_alloc();

    memcpy(page, from, size);
    MUST(page_set_ro(page));
    return page;
}

/* The call, an expression with the pointer `p` in it, must give this for each bad pointer. */
#define CHECK_BAD_POINTERS(call, wanted)                                                           \
    for (const struct bad_pointer *b_ = bad_pointers(); b_ < bad_pointers() + BAD_POINTERS;        \
         b_++) {                                                                                   \
        void *p = b_->p;                                                                           \
        long rc_ = (call);                                                                         \
                                                                                                   \
        CHECK(rc_ == (wanted), "%s with %s: %ld", #call, b_->name, rc_);                           \
    }

/* After all this the guest goes on and hypercalls work. */
#define CHECK_ALIVE() CHECK_EQ(hypercall_xen_version(XENVER_version, NULL), 4 << 16 | 17)

#endif
