/* SPDX-License-Identifier: MIT */
/* The list of GDT frames, and the descriptor to be updated. */
#include "pointers.h"

TEST("set_gdt_bad_pointer", "set_gdt from a bad list is EFAULT, too many entries are EINVAL")
{
    CHECK_BAD_POINTERS(hypercall_set_gdt(p, 8), -XEN_EFAULT);
    CHECK_RC(hypercall_set_gdt(NULL, 8), -XEN_EFAULT);
    CHECK_RC(hypercall_set_gdt(bad_pointers()[0].p, 0), 0);
    CHECK_RC(hypercall_set_gdt(NULL, 7169), -XEN_EINVAL);
    CHECK_RC(hypercall_set_gdt(bad_pointers()[4].p, ~0u), -XEN_EINVAL);
    CHECK_RC(hypercall_update_descriptor(0xb8000, 0), -XEN_EINVAL);
    CHECK_RC(hypercall_update_descriptor(~7ul, 0), -XEN_EINVAL);
    CHECK_RC(hypercall_update_descriptor(3, 0), -XEN_EINVAL);
    CHECK_ALIVE();
}
