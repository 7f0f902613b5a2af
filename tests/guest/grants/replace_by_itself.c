/* SPDX-License-Identifier: MIT */
/*
 * unmap_and_replace with the same address for both: the entry is taken away as the new one first,
 * and then is not where the old one is sought. A pass: an error, no mapping left, a grant in use
 * that can still be ended by mapping it there again.
 */
#include "self.h"

TEST("replace_by_itself", "a grant's mapping cannot be replaced by itself")
{
    struct offer o = offer(0xa1, 0);
    uint64_t *va = va_alloc(1), pte, value;
    struct gnttab_unmap_and_replace op = {.host_addr = (unsigned long)va,
                                          .new_addr = (unsigned long)va,
                                          .handle = map_at(va, o.ref, 0)};

    pte = pte_read(va);
    MUST(hypercall_grant_table_op(GNTTABOP_unmap_and_replace, &op, 1));
    CHECK_RC(op.status, GNTST_general_error);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | IN_USE);
    tlb_flush_local();
    CHECK_FAULT(try_read(va, &value), TRAP_PF);
    CHECK_RC(pt_write(pte_maddr(va), pte), 0);
    CHECK_RC(grant_unmap(va, op.handle), GNTST_okay);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
}
