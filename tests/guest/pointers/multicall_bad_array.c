/* SPDX-License-Identifier: MIT */
/* A list of calls that is not there, that is cut off, or whose results cannot be stored. */
#include "pointers.h"

TEST("multicall_bad_array",
     "multicall runs the entries it can read and is EFAULT at the first it cannot")
{
    multicall_entry_t *calls, one = {.op = __HYPERVISOR_xen_version, .args = {XENVER_version, 0}};
    char *va = va_alloc(2), *page = page_alloc();

    CHECK_BAD_POINTERS(hypercall_multicall(p, 1), -XEN_EFAULT);
    CHECK_RC(hypercall_multicall(NULL, 1), -XEN_EFAULT);
    CHECK_RC(hypercall_multicall(NULL, 0), 0);

    MUST(hypercall_update_va_mapping((unsigned long)va,
                                     pte_make(pfn_to_mfn(va_to_pfn(page)), PROT_RW), UVMF_INVLPG));
    calls = (multicall_entry_t *)(va + PAGE_SIZE) - 3;
    for (int i = 0; i < 3; i++)
        calls[i] = one;
    CHECK_RC(hypercall_multicall(calls, 5), -XEN_EFAULT);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(calls[i].result, 4 << 16 | 17);
    CHECK_RC(hypercall_multicall(calls, ~0u), -XEN_EFAULT);

    CHECK_RC(hypercall_multicall(read_only_copy(&one, sizeof(one)), 1), -XEN_EFAULT);
    CHECK_ALIVE();
}
