/* SPDX-License-Identifier: MIT */
/* UVMF_ALL and MMUEXT_TLB_FLUSH_ALL flush the TLBs of other vCPUs as well. */
/* TEST-REQUIRES: smp=2 */
#include "tables.h"

static uint64_t *va;
static uint64_t value;

static void look(void *arg)
{
    (void)arg;
    value = *(volatile uint64_t *)va;
}

TEST("flush_all_reaches_other_vcpu", "after a flush of all, no vCPU sees the old frame")
{
    uint64_t *a = page_alloc(), *b = page_alloc(), at;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(smp_start(1), 0);
    *a = 1;
    *b = 2;
    va = map_frames(mfn_of(a), 1, PROT_RO);
    at = pte_maddr(va);
    for (int i = 0; i < 50; i++) {
        uint64_t entry = entry_to(i & 1 ? a : b, PROT_RO);
        unsigned long mask = 2;
        struct mmuext_op op = {.cmd = MMUEXT_INVLPG_MULTI, .arg1.linear_addr = (unsigned long)va};

        smp_call(1, look, NULL);
        if (i % 3 == 0) {
            MUST(remap(va, entry));
        } else {
            MUST(pt_write(at, entry));
            set_xen_guest_handle(op.arg2.vcpumask, &mask);
            if (i % 3 == 1)
                MUST(tlb_flush_all());
            else
                MUST(hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF));
        }
        smp_call(1, look, NULL);
        CHECK_EQ(value, i & 1 ? 1 : 2);
    }
}
