/* SPDX-License-Identifier: MIT */
/*
 * MMUEXT_SET_LDT looks at address and count only: aligned, canonical, 8192 at most. A bad page
 * shows at the first use, as a page fault at the descriptor's address. [SEG-5]
 */
#include "gdt.h"

static long set_ldt(unsigned long table, unsigned int entries)
{
    struct mmuext_op op = {
        .cmd = MMUEXT_SET_LDT,
        .arg1.linear_addr = table,
        .arg2.nr_ents = entries,
    };

    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void use_faults_at(unsigned long table)
{
    struct fault f;

    CHECK_RC(set_ldt(table, 8192), 0);
    f = load_es(LDT_SELECTOR(1));
    CHECK_FAULT(f, TRAP_PF);
    CHECK_EQ(f.cr2, table + 8);
}

TEST("ldt_errors", "SET_LDT checks address and count, the first use of a page the page")
{
    uint64_t *ldt = gdt_page();
    unsigned long va = (unsigned long)ldt;
    uint64_t *bad = page_alloc();

    CHECK_RC(set_ldt(va, 8192), 0);
    CHECK_RC(set_ldt(va, 8193), -XEN_EINVAL);
    CHECK_RC(set_ldt(va, ~0u), -XEN_EINVAL);
    CHECK_RC(set_ldt(va + 8, 1), -XEN_EINVAL);
    CHECK_RC(set_ldt(0x800000000000, 1), -XEN_EINVAL);
    CHECK_RC(set_ldt(HYPERVISOR_VIRT_START, 1), -XEN_EINVAL);

    use_faults_at((unsigned long)va_alloc(1));
    /* A page table, and a page with a descriptor that is refused. */
    use_faults_at((unsigned long)mfn_to_va(kernel_aspace.l4_mfn));
    bad[511] = 0x0000890000000067;
    REQUIRE(page_set_ro(bad) == 0, "cannot make a page read-only");
    use_faults_at((unsigned long)bad);
    CHECK_RC(set_ldt(0, 0), 0);
}
