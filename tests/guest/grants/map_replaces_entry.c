/* SPDX-License-Identifier: MIT */
/*
 * A grant mapped where a page is mapped already takes its place, as any write of the entry would.
 */
#include "self.h"

TEST("map_replaces_entry", "a grant mapped over a present entry replaces it")
{
    struct offer o = offer(0x1, 0);
    uint64_t *page = page_alloc(), *va = map_frames(va_to_mfn(page), 1, PROT_RW), value;
    grant_handle_t handle;

    *page = 0x2;
    handle = map_at(va, o.ref, 0);
    tlb_flush_local();
    CHECK_EQ(*(volatile uint64_t *)va, 0x1);
    CHECK_RC(grant_unmap(va, handle), GNTST_okay);
    CHECK_FAULT(try_read(va, &value), TRAP_PF);
}
