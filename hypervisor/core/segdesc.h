/* SPDX-License-Identifier: MIT */
/*
 * Segment descriptors and the tables a guest makes of them.
 *
 * A guest's GDT and LDT pages are frames of type segdesc: the guest cannot write them, and each
 * descriptor in them was checked, so that the CPU may use the pages as they are. Harmless means:
 * code and data at ring 3 only, and call gates only with DPL 0, which no guest can call.
 *
 * The GDT's frames are taken at once when it is set; the LDT's one by one when the CPU first
 * touches them (its window in the hypervisor's range faults).
 *
 * Invariants: SEG-1 each frame in v->gdt_frames and v->ldt_frames holds one reference and one
 * segdesc type. SEG-2 a segdesc page holds only descriptors for which segdesc_valid() is true.
 * No lock: only the vcpu itself, or nobody when it does not run.
 */
#ifndef CORE_SEGDESC_H
#define CORE_SEGDESC_H

#include "core/emulate.h"
#include "core/vcpu.h"

#define GDT_GUEST_PAGES 14
#define GDT_GUEST_ENTRIES (GDT_GUEST_PAGES * 512)
#define LDT_MAX_ENTRIES 8192

/* May this descriptor stand in a GDT or LDT? It is made safe in place (DPL), so true means: as it is now. */
bool segdesc_valid(uint64_t *desc);
/* All 512 of a page, for its validation as segdesc; the ones before a bad one are already adjusted. */
bool segdesc_page_valid(struct domain *d, uint64_t *page);

/* A new GDT of ents entries in these frames (mfns), replacing the old one: 0 or -EINVAL. v is
 * current or does not run. */
int gdt_set(struct vcpu *v, const uint64_t *frames, unsigned ents);
void gdt_drop(struct vcpu *v);

/* mmuext SET_LDT of the current vcpu: 0 or -EINVAL. */
int ldt_set(struct vcpu *v, uint64_t base, unsigned ents);
void ldt_drop(struct vcpu *v);
/* #PF in the LDT window of the current vcpu, offset bytes into it: EMUL_DONE the page is there now,
 * try again; EMUL_FAULT: the guest gets the fault, at its own address. */
enum emul_result ldt_page_fault(struct vcpu *v, uint64_t offset, uint32_t error);

/* The page of the current vcpu's LDT that holds this byte becomes part of it. False: there is none, or it was already. */
bool ldt_map_page(struct vcpu *v, uint64_t offset);

/* Is the code segment with this selector a present 64-bit one? */
bool selector_is_code64(struct vcpu *v, uint16_t sel);

#endif
