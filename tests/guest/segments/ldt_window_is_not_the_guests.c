/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor maps the LDT's pages into its own part of the address space for the CPU. An access of
 * the guest's own to that place is a page fault like any other there, whether the page is in use or
 * not, and takes no part in the LDT: its pages can be writable again afterwards.
 */
#include "gdt.h"

#define LDT_WINDOW 0xffff820000010000ul /* vcpu 0's, on Xen and on Philoxen */

static long set_ldt(const uint64_t *table, unsigned int entries)
{
    struct mmuext_op op = {
        .cmd = MMUEXT_SET_LDT,
        .arg1.linear_addr = (unsigned long)table,
        .arg2.nr_ents = entries,
    };

    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void touch(void)
{
    uint64_t value;
    struct fault f = try_read((void *)(LDT_WINDOW + 8), &value);

    CHECK_FAULT(f, TRAP_PF);
    CHECK_EQ(f.cr2, LDT_WINDOW + 8);
    f = try_write((void *)(LDT_WINDOW + 8), 0);
    CHECK_FAULT(f, TRAP_PF);
    CHECK_EQ(f.cr2, LDT_WINDOW + 8);
}

TEST("ldt_window_is_not_the_guests", "the guest's own accesses to the LDT's window are page faults")
{
    uint64_t *ldt = page_alloc();

    touch();
    ldt[1] = DESC_DATA;
    CHECK_RC(set_ldt(ldt, 512), 0);
    CHECK_RC(page_set_ro(ldt), 0);
    touch();
    CHECK_NO_FAULT(load_es(LDT_SELECTOR(1)));
    touch();

    CHECK_NO_FAULT(load_es(0));
    CHECK_RC(set_ldt(NULL, 0), 0);
    CHECK_RC(page_set_rw(ldt), 0);
}
