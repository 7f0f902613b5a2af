/* SPDX-License-Identifier: MIT */
/*
 * Page types: the theorem this hypervisor stands on.
 *
 *   No frame is writable by a guest while it serves as a page table or a descriptor page, and no
 *   page-table entry maps a frame the domain has no right to.
 *
 * A frame has at most one type at a time, with a count of its uses. Types: writable (some entry
 * maps it RW), L1..L4 (it is a page table of that level), segdesc (it is part of a GDT or LDT).
 * Read-only mappings need no type, only a reference. A type changes only while its count is 0.
 *
 *            get(T), count 0->1                        entries all checked
 *   NONE ------------------------> T, not validated ------------------------> T, validated
 *    ^                                   |  ^ preempted: T|PARTIAL, aux entries done,    |
 *    |                                   |__| count stays 1 for whoever resumes          |
 *    |                 a bad entry: undo, count 0                                         |
 *    +--<------------------------------------------------------------------- put, count 1->0
 *       entries dropped                            T|VALIDATED|QUEUED, count 0, on d->mm's queue
 *
 * Validation and invalidation of a domain's tables happen under its d->mm lock. Getting a further
 * reference on a validated page, or any writable one, is a lock-free cmpxchg. Entries of a page table
 * are changed by cmpxchg while the changer holds a type reference on it, so a table cannot be
 * invalidated under a change.
 *
 * Invalidation is iterative: the last put of a table queues it; draining the queue drops its 512
 * entries, which may queue its children. The queue is drained (preemptibly, table by table) before
 * the operation returns to the guest; a get that meets a queued page of its own type revives it.
 *
 * Superpages are refused, and entries that point to a table of the same level, except to the table
 * itself and read-only. Hypervisor slots 256..271 of an L4
 * are filled in on validation and cannot be changed.
 *
 * Invariants: TYP-1 validated page tables hold one frame reference and (for RW L1 entries: a
 * writable type; for L2+ entries: a type of the level below) one type reference for each present
 * entry. TYP-2 a frame with type count 0 is mapped nowhere RW and is no table in use. TYP-3 only a
 * domain's own frames become its tables. TYP-4 foreign frames appear only in L1 entries.
 */
#ifndef CORE_PAGETYPE_H
#define CORE_PAGETYPE_H

#include "core/domain.h"
#include "core/frame.h"
#include "core/pte.h"

/*
 * Take a type reference (the caller already holds, and keeps, a frame reference that covers it).
 * 0; -EINVAL type conflict or an entry is not allowed (recorded as a refusal); -ERESTART preempted:
 * call again with the same arguments. d is the frame's owner. may_preempt false: never -ERESTART.
 */
int type_get(struct domain *d, struct frame *f, uint32_t type, bool may_preempt);
/* Drop one. Never fails; may queue tables: call type_drain() before going back to the guest. */
void type_put(struct domain *d, struct frame *f);
/* type_get() for a caller who holds d->mm.lock (validation does). Never preempted. */
int type_get_under_lock(struct domain *d, struct frame *f, uint32_t type);
/* Reference and type together / apart. frame_and_type_get: -EINVAL when not d's frame. */
int frame_and_type_get(struct domain *d, mfn_t m, uint32_t type, bool may_preempt);
void frame_and_type_put(struct domain *d, struct frame *f);
/* Invalidate what is queued. -ERESTART when preempted with work left; 0 when the queue is empty. */
int type_drain(struct domain *d, bool may_preempt);

/* A table of a dying domain whose validation was begun and never finished: undo it. */
void table_abandon(struct domain *d, struct frame *f);

/* ---- pinning: mmuext PIN_Ln / UNPIN; errors -EINVAL, -ERESTART ---- */
int table_pin(struct domain *d, mfn_t m, uint32_t type);
int table_unpin(struct domain *d, mfn_t m);

/*
 * Change one entry of a table. v: the vcpu asking; pt_dom owns the table, pg_dom owns the frames new entries map
 * (pg_dom == pt_dom unless foreign; DOMID_IO's domain for I/O). f must be of a page-table type of pt_dom and the caller
 * holds a type reference; index 0..511. preserve_ad: keep the entry's current A and D bits.
 * Errors: -EINVAL, -EPERM, -EBUSY, -ERESTART.
 */
int entry_update(struct vcpu *v, struct domain *pt_dom, struct domain *pg_dom, struct frame *f,
                 unsigned index, uint64_t val, bool preserve_ad);
/* Like entry_update for an L1 entry, but only if the entry is now exactly `expected` (writable-page-table emulation's
 * cmpxchg). *seen gets the value found. -EAGAIN when it differs. */
int entry_cmpxchg_l1(struct vcpu *v, struct domain *pt_dom, struct frame *f, unsigned index,
                     uint64_t expected, uint64_t val, uint64_t *seen);

/* The L1 entry that maps va in the address space with the given root: pointer into the direct map, its table in
 * *l1; NULL when a level is missing or a superpage. Takes no reference. */
uint64_t *entry_of_va(mfn_t l4, gva_t va, mfn_t *l1);

/*
 * What an L1 entry maps: take/drop the reference it stands for. Used by grants too.
 * l1e_get returns 0, or -errno; it may adjust the entry (*e): PTE_US is set, never PTE_RW where not allowed.
 */
int l1e_get(struct domain *pt_dom, struct domain *pg_dom, uint64_t *e);
void l1e_put(struct domain *pt_dom, uint64_t e);

/* What slot HV_SLOT_FIRST of a guest kernel's L4 holds: the machine-to-phys table. Set by the port. */
extern uint64_t m2p_l4e; /* defined in core/frame.c */
/* A kernel's root shows it, a user's does not, as with Xen. */
static inline void l4_show_m2p(mfn_t l4, bool show)
{
    ((uint64_t *)frame_va(l4))[HV_SLOT_FIRST] = show ? m2p_l4e : 0;
}

/* Copy the hypervisor's 16 slots into an L4 (on validation); port. l4: the table's frame in the direct map. */
void port_l4_init_slots(struct domain *d, uint64_t *l4);

/* Recount every reference and type of all frames from scratch (stop the world: tests, debug key). Returns the number of
 * errors, each logged. */
unsigned frames_audit(void);
/* Who else holds references (grants) registers a function that names each one held outside of tables and
 * vcpus with frames_audit_count(); type TYPE_NONE: a plain reference. */
typedef void frames_audit_fn(void);
void frames_audit_hook(frames_audit_fn *fn);
void frames_audit_count(mfn_t m, uint32_t type);

static inline bool type_drain_needed(const struct domain *d) { return d->mm.dead_count != 0; }

#endif
