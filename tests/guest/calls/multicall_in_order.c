/* SPDX-License-Identifier: MIT */
/*
 * A multicall runs its entries in order, each with its own result of 64 bits, errors included, and
 * goes on after an error; its own result is 0. The entries' other words stay as they are. [HC-5]
 */
#include "harness.h"

TEST("multicall_in_order", "multicall entries run in order, each with its result")
{
    multicall_entry_t calls[8];
    uint64_t *page = page_alloc();
    unsigned long va = (unsigned long)page;
    uint64_t pte = pte_read(page);
    domid_t self = DOMID_SELF;

    memset(calls, 0, sizeof(calls));
    calls[0] = (multicall_entry_t){.op = HYPERCALL_NR_xen_version, .result = 0x77};
    calls[1] =
        (multicall_entry_t){.op = HYPERCALL_NR_update_va_mapping, .args = {va, 0, UVMF_INVLPG}};
    calls[2] = (multicall_entry_t){.op = 63, .args = {1, 2, 3, 4, 5, 6}};
    calls[3] =
        (multicall_entry_t){.op = HYPERCALL_NR_xen_version, .args = {XENVER_capabilities, va}};
    calls[4] =
        (multicall_entry_t){.op = HYPERCALL_NR_update_va_mapping, .args = {va, pte, UVMF_INVLPG}};
    calls[5] =
        (multicall_entry_t){.op = HYPERCALL_NR_xen_version, .args = {XENVER_capabilities, va}};
    calls[6] = (multicall_entry_t){.op = HYPERCALL_NR_memory_op,
                                   .args = {XENMEM_maximum_reservation, (unsigned long)&self}};
    calls[7].result = 0x88;
    CHECK_RC(hypercall_multicall(calls, 7), 0);

    CHECK_EQ(calls[0].result, 4 << 16 | 17);
    CHECK_RC((long)calls[1].result, 0);
    CHECK_RC((long)calls[2].result, -XEN_ENOSYS);
    CHECK_RC((long)calls[3].result, -XEN_EFAULT);
    CHECK_RC((long)calls[4].result, 0);
    CHECK_RC((long)calls[5].result, 0);
    CHECK(strstr((char *)page, "xen-3.0-x86_64 "), "the remapped page was not written");
    CHECK_EQ(calls[6].result, hypercall_memory_op(XENMEM_maximum_reservation, &self));
    CHECK_EQ(calls[7].result, 0x88);

    CHECK_EQ(calls[2].op, 63);
    for (unsigned int i = 0; i < 6; i++)
        CHECK_EQ(calls[2].args[i], i + 1);
    CHECK_EQ(calls[1].args[0], va);
}
