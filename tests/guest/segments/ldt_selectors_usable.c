/* SPDX-License-Identifier: MIT */
/*
 * MMUEXT_SET_LDT names an array of descriptors by address. Its pages become part of it when they
 * are first used; while they are mapped writable they cannot, and the guest gets a page fault at
 * the descriptor's address. Descriptors there are held to the GDT's rules.
 */
#include "gdt.h"

static long set_ldt(const uint64_t *table, unsigned int entries)
{
    struct mmuext_op op = {
        .cmd = MMUEXT_SET_LDT,
        .arg1.linear_addr = (unsigned long)table,
        .arg2.nr_ents = entries,
    };

    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

TEST("ldt_selectors_usable", "descriptors of the LDT can be loaded once their page is read-only")
{
    uint64_t *ldt = page_alloc();
    struct fault f;

    ldt[1] = DESC_DATA;
    ldt[2] = DESC_DATA & ~DESC_DPL;
    f = load_es(LDT_SELECTOR(1));
    CHECK_FAULT(f, TRAP_GP);
    CHECK_EQ(f.error_code, LDT_SELECTOR(1) & ~3);

    CHECK_RC(set_ldt(ldt, 512), 0);
    f = load_es(LDT_SELECTOR(1));
    CHECK_FAULT(f, TRAP_PF);
    CHECK_EQ(f.cr2, &ldt[1]);
    CHECK_EQ(f.error_code, 0);

    CHECK_RC(page_set_ro(ldt), 0);
    CHECK_NO_FAULT(load_es(LDT_SELECTOR(1)));
    CHECK_EQ(read_es(), LDT_SELECTOR(1));
    CHECK_NO_FAULT(load_es(LDT_SELECTOR(2)));
    CHECK_EQ(get_desc(&ldt[2]), DESC_DATA);
    CHECK_RC(page_set_rw(ldt), -XEN_EBUSY);
    CHECK_RC(set_desc(&ldt[3], DESC_DATA), 0);
    CHECK_NO_FAULT(load_es(LDT_SELECTOR(3)));
    f = load_es(LDT_SELECTOR(512));
    CHECK_FAULT(f, TRAP_GP);

    CHECK_NO_FAULT(load_es(0));
    CHECK_RC(set_ldt(NULL, 0), 0);
    f = load_es(LDT_SELECTOR(1));
    CHECK_FAULT(f, TRAP_GP);
    CHECK_RC(page_set_rw(ldt), 0);
}
