/* SPDX-License-Identifier: MIT */
/*
 * Page table calls in the name of domains that do not exist, or of oneself by number: only
 * DOMID_SELF names oneself. As owner of the tables one's own number is fine.
 */
#include "tables.h"

TEST("unknown_domain_is_esrch", "mmu_update and mmuext_op for unknown domains are ESRCH")
{
    static const unsigned int nobodies[] = {1, 100, 0x7fef, DOMID_COW, DOMID_INVALID, DOMID_IDLE};
    uint64_t *va = va_alloc(1), at = pte_maddr(va), pte = entry_to(page_alloc(), PROT_RW);

    for (size_t i = 0; i < sizeof(nobodies) / sizeof(nobodies[0]); i++) {
        long rc = update_as(at, pte, nobodies[i]);

        CHECK(rc == -XEN_ESRCH, "mmu_update, domain %x: %ld", nobodies[i], rc);
        rc = mmuext_as(MMUEXT_TLB_FLUSH_LOCAL, 0, 0, nobodies[i]);
        CHECK(rc == -XEN_ESRCH, "mmuext_op, domain %x: %ld", nobodies[i], rc);
        rc =
            hypercall_update_va_mapping_otherdomain((unsigned long)va, pte, UVMF_NONE, nobodies[i]);
        CHECK(rc == -XEN_ESRCH, "update_va_mapping, domain %x: %ld", nobodies[i], rc);
        /* The upper half names the owner of the tables, plus 1. */
        rc = update_as(at, pte, (nobodies[i] + 1) << 16 | DOMID_SELF);
        CHECK(rc == -XEN_ESRCH, "mmu_update, tables of %x: %ld", nobodies[i], rc);
    }
    CHECK_EQ(pte_read(va), 0);
    CHECK_RC(update_as(at, pte, 0), -XEN_ESRCH);
    CHECK_RC(update_as(at, pte, 1 << 16 | DOMID_SELF), 0);
}
