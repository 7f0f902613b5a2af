/* SPDX-License-Identifier: MIT */
/*
 * set_gdt refuses too many entries, frames that are not the guest's, that are tables or that are
 * writable somewhere; the old GDT then stays. It looks at as many frames as the entries need.
 * [SEG-4] */
#include "gdt.h"

#define MAX_ENTRIES 7168u /* 14 pages: the rest of the table is the hypervisor's */

TEST("set_gdt_refuses_bad_frames", "set_gdt checks number and frames, and keeps the old GDT")
{
    uint64_t *gdt = gdt_page(), *writable = page_alloc();
    unsigned long frames[16];

    for (unsigned int i = 0; i < 16; i++)
        frames[i] = va_to_mfn(gdt);
    CHECK_RC(set_desc(&gdt[1], DESC_DATA), 0);
    CHECK_RC(hypercall_set_gdt(frames, 1), 0);
    CHECK_RC(hypercall_set_gdt(frames, MAX_ENTRIES), 0);
    CHECK_NO_FAULT(load_es(SELECTOR(MAX_ENTRIES - 511)));
    CHECK_NO_FAULT(load_es(0));

    CHECK_RC(hypercall_set_gdt(frames, MAX_ENTRIES + 1), -XEN_EINVAL);
    CHECK_RC(hypercall_set_gdt(frames, ~0u), -XEN_EINVAL);
    CHECK_RC(hypercall_set_gdt(NULL, 1), -XEN_EFAULT);
    CHECK_RC(hypercall_set_gdt((void *)HYPERVISOR_VIRT_START, 1), -XEN_EFAULT);

    frames[1] = INVALID_MFN;
    CHECK_RC(hypercall_set_gdt(frames, GDT_PAGE_ENTRIES + 1), -XEN_EINVAL);
    frames[1] = 0;
    CHECK_RC(hypercall_set_gdt(frames, GDT_PAGE_ENTRIES + 1), -XEN_EINVAL);
    frames[1] = va_to_mfn(writable);
    CHECK_RC(hypercall_set_gdt(frames, GDT_PAGE_ENTRIES + 1), -XEN_EINVAL);
    frames[1] = kernel_aspace.l4_mfn;
    CHECK_RC(hypercall_set_gdt(frames, GDT_PAGE_ENTRIES + 1), -XEN_EINVAL);
    frames[1] = start_info->shared_info >> PAGE_SHIFT;
    CHECK_RC(hypercall_set_gdt(frames, GDT_PAGE_ENTRIES + 1), -XEN_EINVAL);
    frames[1] = 0xfee00;
    CHECK_RC(hypercall_set_gdt(frames, GDT_PAGE_ENTRIES + 1), -XEN_EINVAL);

    CHECK_NO_FAULT(load_es(SELECTOR(MAX_ENTRIES - 511)));
    CHECK_NO_FAULT(load_es(0));
    CHECK_RC(hypercall_set_gdt(frames, GDT_PAGE_ENTRIES), 0);
    CHECK_FAULT(load_es(SELECTOR(MAX_ENTRIES - 511)), TRAP_GP);
}
