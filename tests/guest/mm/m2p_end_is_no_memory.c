/* SPDX-License-Identifier: MIT */
/* Behind the list's last entry there is nothing to see. */
#include "tables.h"

TEST("m2p_end_is_no_memory", "reading machine-to-phys at and behind v_end faults")
{
    struct xen_machphys_mapping m;
    uint64_t value;

    MUST(hypercall_memory_op(XENMEM_machphys_mapping, &m));
    CHECK(m.v_end > m.v_start && m.v_end - m.v_start >= (m.max_mfn + 1) * 8,
          "%lx..%lx, max mfn %lx", m.v_start, m.v_end, m.max_mfn);
    CHECK_FAULT(try_read((void *)m.v_end, &value), TRAP_PF);
    CHECK_FAULT(try_read((void *)(m.v_end + 0x200000), &value), TRAP_PF);
}
