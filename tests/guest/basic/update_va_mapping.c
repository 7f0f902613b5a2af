/* SPDX-License-Identifier: MIT */
/* Remapping a page by its address: another frame appears, the old one comes back, none faults. */
#include "harness.h"

TEST("update_va_mapping_remaps", "update_va_mapping exchanges, removes and restores a frame")
{
    uint64_t *a = page_alloc(), *b = page_alloc();
    unsigned long va = (unsigned long)a;
    uint64_t pte_a = pte_read(a), pte_b = pte_read(b), value = 0;
    struct fault f;

    *a = 0xaaaa;
    *b = 0xbbbb;
    CHECK_EQ(pte_mfn(pte_a), pfn_to_mfn(va_to_pfn(a)));

    CHECK_RC(hypercall_update_va_mapping(va, pte_b, UVMF_INVLPG), 0);
    CHECK_EQ(*(volatile uint64_t *)a, 0xbbbb);
    CHECK_EQ(va_to_mfn(a), pte_mfn(pte_b));

    CHECK_RC(hypercall_update_va_mapping(va, 0, UVMF_INVLPG), 0);
    f = try_read(a, &value);
    CHECK_FAULT(f, TRAP_PF);
    CHECK_EQ(f.cr2, va);

    CHECK_RC(hypercall_update_va_mapping(va, pte_a, UVMF_INVLPG), 0);
    CHECK_EQ(*(volatile uint64_t *)a, 0xaaaa);

    /* An address without an L1 table is refused. */
    CHECK_RC(hypercall_update_va_mapping(0x7f0000000000, pte_a, UVMF_INVLPG), -XEN_EINVAL);
    CHECK_RC(hypercall_update_va_mapping(__MACH2PHYS_VIRT_START, pte_a, UVMF_INVLPG), -XEN_EINVAL);
}
