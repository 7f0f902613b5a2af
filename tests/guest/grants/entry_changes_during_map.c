/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/*
 * A hostile granter changes an entry as fast as it can while another vCPU maps it. A pass: each map
 * works with the right page or is refused, and in the end nothing is in use. [GNT-4]
 */
#include "self.h"

#define ROUNDS 2000

static volatile grant_ref_t ref;
static volatile bool over;

static void flip(void *arg)
{
    volatile grant_entry_v1_t *e = &grant_table[ref];
    uint16_t flags;

    (void)arg;
    while (!over) {
        flags = e->flags;
        __atomic_compare_exchange_n(&e->flags, &flags, (uint16_t)(flags ^ GTF_permit_access), false,
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        flags = e->flags;
        __atomic_compare_exchange_n(&e->flags, &flags, (uint16_t)(flags ^ GTF_readonly), false,
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        e->domid = e->domid ? OWN_DOMID : NO_DOMID;
    }
}

TEST("entry_changes_during_map", "an entry that changes while it is mapped is mapped or refused")
{
    struct offer o = offer(0x1, 0);
    uint64_t *va = va_alloc(1);
    int status, mapped = 0, refused = 0;
    grant_handle_t handle;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    MUST(smp_start(1));
    ref = o.ref;
    smp_run(1, flip, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        status = grant_map_at(va, OWN_DOMID, o.ref, i & 1 ? GNTMAP_readonly : 0, &handle);
        CHECK(status == GNTST_okay || status == GNTST_general_error, "status %d", status);
        if (status) {
            refused++;
            continue;
        }
        mapped++;
        CHECK_EQ(*(volatile uint64_t *)va, 0x1);
        CHECK_RC(grant_unmap(va, handle), GNTST_okay);
    }
    over = true;
    CHECK(smp_wait(1), "vCPU 1 does not come back");
    CHECK(refused > 0, "no map of %d was refused", mapped);
    CHECK_EQ(entry_flags(o.ref) & IN_USE, 0);
}
