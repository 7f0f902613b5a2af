/* SPDX-License-Identifier: MIT */
/*
 * A multicall in a multicall is -EINVAL there; none at all is 0, wherever they would be; entries
 * that cannot be read end it with -EFAULT, after those that could. [HC-5]
 */
#include "harness.h"

TEST("multicall_errors", "multicalls do not nest, and end with -EFAULT at what cannot be read")
{
    multicall_entry_t inner = {.op = HYPERCALL_NR_xen_version};
    multicall_entry_t calls[2] = {
        {.op = HYPERCALL_NR_multicall, .args = {(unsigned long)&inner, 1}},
        {.op = HYPERCALL_NR_xen_version},
    };
    multicall_entry_t *page = pages_alloc(2), *last = &page[PAGE_SIZE / sizeof(*page) - 2];

    CHECK_RC(hypercall_multicall(calls, 2), 0);
    CHECK_RC((long)calls[0].result, -XEN_EINVAL);
    CHECK_EQ(calls[1].result, 4 << 16 | 17);
    CHECK_EQ(inner.result, 0);

    CHECK_RC(hypercall_multicall(calls, 0), 0);
    CHECK_RC(hypercall_multicall(NULL, 0), 0);
    CHECK_RC(hypercall_multicall(NULL, 1), -XEN_EFAULT);
    CHECK_RC(hypercall_multicall((void *)HYPERVISOR_VIRT_START, 1), -XEN_EFAULT);
    CHECK_RC(hypercall_multicall((void *)0x800000000000, 1), -XEN_EFAULT);

    MUST(hypercall_update_va_mapping((unsigned long)page + PAGE_SIZE, 0, UVMF_INVLPG));
    last[0].op = HYPERCALL_NR_xen_version;
    last[1].op = HYPERCALL_NR_xen_version;
    CHECK_RC(hypercall_multicall(last, 3), -XEN_EFAULT);
    CHECK_EQ(last[0].result, 4 << 16 | 17);
    CHECK_EQ(last[1].result, 4 << 16 | 17);

    /* One that can be read and not be written: done, and then -EFAULT. */
    MUST(page_set_ro(page));
    CHECK_RC(hypercall_multicall(last, 1), -XEN_EFAULT);
    /* The flag that forbids nesting is gone after an error. */
    calls[1].result = 0;
    CHECK_RC(hypercall_multicall(&calls[1], 1), 0);
    CHECK_EQ(calls[1].result, 4 << 16 | 17);
}
