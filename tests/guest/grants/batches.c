/* SPDX-License-Identifier: MIT */
/*
 * Arrays of operations: empty ones, counts that no memory could hold, one that runs into a page
 * that is not there. A pass: what lay before the hole is done, EFAULT tells of it.
 */
#include "self.h"

static const unsigned int ops[] = {
    GNTTABOP_map_grant_ref, GNTTABOP_unmap_grant_ref,   GNTTABOP_transfer,
    GNTTABOP_copy,          GNTTABOP_unmap_and_replace, GNTTABOP_swap_grant_ref,
};

TEST("batches", "an empty batch is 0, one without memory EFAULT, one with a hole done in part")
{
    struct gnttab_map_grant_ref *array;
    struct offer o = offer(0x1, 0);
    char *va = va_alloc(2), *hole = va_alloc(2);

    for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        long rc = hypercall_grant_table_op(ops[i], NULL, 0);

        CHECK(rc == 0, "empty batch of %u gives %ld", ops[i], rc);
        rc = hypercall_grant_table_op(ops[i], NULL, 1);
        CHECK(rc == -XEN_EFAULT, "%u at 0 gives %ld", ops[i], rc);
        rc = hypercall_grant_table_op(ops[i], (void *)HYPERVISOR_VIRT_START, 1);
        CHECK(rc == -XEN_EFAULT, "%u at the hypervisor's gives %ld", ops[i], rc);
        rc = hypercall_grant_table_op(ops[i], va, 1u << 31);
        CHECK(rc == -XEN_EINVAL, "2^31 of %u give %ld", ops[i], rc);
        rc = hypercall_grant_table_op(ops[i], hole, 0x7fffffff);
        CHECK(rc == -XEN_EFAULT, "2^31 - 1 of %u give %ld", ops[i], rc);
    }

    MUST(map_page(&kernel_aspace, (unsigned long)hole, va_to_mfn(page_alloc()), PROT_RW));
    array = (struct gnttab_map_grant_ref *)(hole + PAGE_SIZE) - 2;
    for (int i = 0; i < 2; i++)
        array[i] = (struct gnttab_map_grant_ref){.host_addr = (unsigned long)va + i * PAGE_SIZE,
                                                 .flags = GNTMAP_host_map,
                                                 .ref = o.ref,
                                                 .dom = OWN_DOMID,
                                                 .status = 99};
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_map_grant_ref, array, 3), -XEN_EFAULT);
    CHECK_RC(array[0].status, GNTST_okay);
    CHECK_RC(array[1].status, GNTST_okay);
    CHECK_EQ(*(uint64_t *)(va + PAGE_SIZE), 0x1);
    CHECK_RC(grant_unmap(va, array[0].handle), GNTST_okay);
    CHECK_RC(grant_unmap(va + PAGE_SIZE, array[1].handle), GNTST_okay);
}
