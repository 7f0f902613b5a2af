/* SPDX-License-Identifier: MIT */
/*
 * Device pages that no domain may map for writing, though it may map them: MSI-X tables, I/O APICs. An entry that asks for
 * writing is made read-only; a plain store of the guest's kernel to such a page does nothing.
 */
#ifndef CORE_MMIO_H
#define CORE_MMIO_H

#include "core/emulate.h"

int mmio_readonly_add(uint64_t first_mfn, uint64_t last_mfn); /* 0 or -ENOMEM */
void mmio_readonly_remove(uint64_t first_mfn, uint64_t last_mfn);
bool mmio_is_readonly(uint64_t mfn);

/* #PF by a write of the guest kernel to a present page, which was not a table of its. */
enum emul_result emulate_mmio_readonly(struct vcpu *v, uint64_t cr2);

#endif
