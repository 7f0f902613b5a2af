/* SPDX-License-Identifier: MIT */
/* What the page-table code asks of this CPU and of the hypervisor's own tables. */
#include "core/port.h"
#include "core/pte.h"
#include "x86/insn.h"
#include "x86/layout.h"

void port_tlb_flush_va_here(gva_t va) { invlpg(va); }

mfn_t port_m2p_chunk(uint64_t offset, unsigned *nr)
{
    uint64_t va = RW_M2P_VIRT + offset, e = read_cr3();

    for (int level = 4; level >= 2; level--) {
        e = ((uint64_t *)frame_va(pte_mfn(e)))[pte_index(va, level)];
        if (!(e & PTE_P))
            return MFN_INVALID;
        if (level == 2 && (e & PTE_PS))
            return *nr = 512, MFN(pte_mfn(e).n & ~511ull);
    }
    return MFN_INVALID;
}
