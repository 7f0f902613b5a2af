/* SPDX-License-Identifier: MIT */
/*
 * Grants, version 1: a domain lets another map or copy single frames. Owns, for each domain: the
 * shared frames (XENHEAP, guest-visible entries), the active table (for each reference in use its
 * frame, its user and pins by kind) and the maptrack table (what this domain has mapped of others;
 * a handle is an index into it).
 *
 * An entry {flags, domid, frame} is guest memory: it is read once, as one 64-bit word, and taken
 * into use by a cmpxchg of that same word, so flags, user and frame belong together. The active
 * table is what counts afterwards; the guest may scribble over its entries as it likes.
 *
 * A pin does not hold the frame. The mapping does: an L1 entry made here holds one frame reference
 * (and a writable type reference if RW), exactly as l1e_put() drops it. So a guest that overwrites
 * such an entry by ordinary means drops the frame and is left with the pin and the handle, until it
 * dies (as on Xen). A device mapping holds its own reference. A handle holds a reference on the
 * granting domain.
 *
 * Lock: one a table (rank 5), never two at once. It guards the sizes, the active entries, and
 * maptrack.
 * Invariants:
 * GNT-1 the pins of an active entry == the maptrack entries naming it, by kind (no copy in
 * progress).
 * GNT-2 GTF_reading/writing are set when the first pin of their kind comes and cleared with the
 * last.
 * GNT-3 each maptrack entry is either on the free list or has flags and a granter.
 */
#ifndef CORE_GRANT_H
#define CORE_GRANT_H

#include "core/pagetype.h"
#include <xen/grant_table.h>

int grant_domain_init(struct domain *d);          /* 1 frame at first; -ENOMEM, -EINVAL (limits) */
int grant_domain_release_maps(struct domain *d);  /* on destroy: undo what d mapped of others; -ERESTART */
void grant_domain_free(struct domain *d);

/* One entry each; status goes into op->status (GNTST_*). v is the caller. */
void grant_map(struct vcpu *v, struct gnttab_map_grant_ref *op);
int16_t grant_swap(struct domain *d, grant_ref_t a, grant_ref_t b); /* GNTST_* */

/*
 * Copying keeps what the last entry used, for a next one that names the same. Start with all zero;
 * grant_copy_end() lets go. No lock is held in between, and nothing must wait.
 */
struct grant_copy_batch {
    struct grant_copy_side {
        struct domain *d;  /* NULL: nothing is kept */
        mfn_t m;
        uint64_t name;     /* the reference or frame that was asked for */
        grant_ref_t ref;
        domid_t domid;
        bool is_ref, held, pinned, counted;
    } from, to;
};
void grant_copy(struct vcpu *v, struct gnttab_copy *op, struct grant_copy_batch *b);
void grant_copy_end(struct grant_copy_batch *b);

/*
 * Unmapping has two halves: each entry is taken out of the page table at once, but what it held is
 * only let go by grant_unmap_flush(), after one TLB flush for the batch. Start with count 0; flush
 * at the latest when full.
 */
#define GRANT_UNMAP_BATCH 32
struct grant_mapping;
struct grant_unmap_batch {
    unsigned count;
    struct grant_unmapped {
        struct domain *granter;
        struct grant_mapping *mapping;
        grant_ref_t ref;
        uint32_t frame;
        grant_handle_t handle;
        uint16_t gone; /* GNTMAP_host_map, _device_map, _readonly */
        bool last;     /* the handle is free now */
    } e[GRANT_UNMAP_BATCH];
};

void grant_unmap(struct vcpu *v, struct gnttab_unmap_grant_ref *op, struct grant_unmap_batch *b);
void grant_unmap_and_replace(struct vcpu *v, struct gnttab_unmap_and_replace *op,
                             struct grant_unmap_batch *b);
void grant_unmap_flush(struct vcpu *v, struct grant_unmap_batch *b);

/* Make the table hold at least nr frames; frames' mfns into list (room for nr; may be NULL).
 * GNTST_*. */
int grant_setup(struct domain *d, unsigned nr, uint64_t *list);
unsigned grant_frames(struct domain *d);
/* mfn of shared frame idx, growing if allowed: for acquire_resource. -EINVAL, -ENOMEM */
int grant_frame_mfn(struct domain *d, unsigned idx, mfn_t *out);
/* Each frame of d that somebody may write to now through a grant. */
void grant_writable_each(struct domain *d, void (*fn)(mfn_t m));
unsigned grant_audit(struct domain *d);

#endif
