/* SPDX-License-Identifier: MIT */
/*
 * Frames: who owns each page of RAM, how often it is referenced and as what.
 *
 * One struct frame for every frame below max_mfn, 24 bytes. Frames that are not RAM are owned by
 * DOMID_IO; the hypervisor's own by DOMID_XEN; free ones by DOMID_INVALID (and in the buddy
 * allocator). A frame's references:
 *
 *   refs   bits 0..29  reference count (general: mappings, pins, types, "allocated")
 *          bit  31     FRAME_ALLOCATED: the owner's own reference, dropped by giving the frame back
 *          bit  30     FRAME_XENHEAP: hypervisor memory shared with the owner (shared_info, grant
 *                      table): never freed by the last reference
 *   type   bits 29..31 the type; bit 28 pinned; bit 27 validated; bit 26 partial; bit 25 queued;
 *          bits 0..24  type count
 *
 * Both words are one 64-bit atom, so that "get a writable reference" is one cmpxchg.
 * core/pagetype.h tells the rules of types.
 *
 * Invariants (audit checks them):
 *  FRM-1 refs == 0 exactly when the frame is free (owner DOMID_INVALID).
 *  FRM-2 a type count of n implies refs >= n + (ALLOCATED ? 1 : 0).
 *  FRM-3 a frame is on exactly one list: a free list, or its owner's.
 *  FRM-4 a free frame's contents are clean or it is marked dirty; only clean frames reach a guest
 *        other than the last owner; the control domain may get what the firmware left.
 * Locks: refs/type by cmpxchg; prev/next/owner by the owner's d->pages, or heap for free frames.
 */
#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include "core/port.h"
#include "lib/alloc.h"
#include "lib/spinlock.h"
#include <xen/xen.h>

#define FRAME_ALLOCATED  0x80000000u
#define FRAME_XENHEAP    0x40000000u
#define FRAME_REFS_MASK  0x3fffffffu
#define FRAME_REFS_LIMIT 0x10000000u /* no new references from here on; the rest is for those in hand */

#define TYPE_NONE        0x00000000u
#define TYPE_L1          0x20000000u
#define TYPE_L2          0x40000000u
#define TYPE_L3          0x60000000u
#define TYPE_L4          0x80000000u
#define TYPE_SEGDESC     0xa0000000u
#define TYPE_WRITABLE    0xe0000000u
#define TYPE_MASK        0xe0000000u
#define TYPE_PINNED      0x10000000u
#define TYPE_VALIDATED   0x08000000u
#define TYPE_PARTIAL     0x04000000u /* validation was preempted; aux = entries done */
#define TYPE_QUEUED      0x02000000u /* count fell to 0, entries not yet dropped: on d->mm's queue */
#define TYPE_COUNT_MASK  0x01ffffffu
#define TYPE_COUNT_LIMIT 0x01000000u /* the same */

#define FRAME_NIL 0xffffffffu /* end of a list */

struct frame {
    union {
        uint64_t word;
        struct { uint32_t refs, type; };
    };
    uint32_t prev, next; /* mfns; FRAME_NIL ends */
    uint32_t stamp;      /* flush clock when the last mapping went; while queued: next in d->mm's queue */
    domid_t owner;
    uint16_t aux;        /* page table: entries done while PARTIAL; free: buddy order and flags;
                          * core/slab.c: size class + 1, or 0x100 + order */
};

_Static_assert(sizeof(struct frame) == 24, "frame table budget");

#define FRAME_AUX_COUNT 0x03ffu
#define FRAME_AUX_DIRTY 0x8000u
#define FRAME_AUX_SHARED 0x1000u /* another domain had it mapped writable since it last changed type */

extern struct frame *frame_table;

static inline bool mfn_valid(mfn_t m) { return m.n < max_mfn; }
static inline struct frame *frame_of(mfn_t m) { return &frame_table[m.n]; }
static inline mfn_t frame_mfn(const struct frame *f) { return MFN((uint64_t)(f - frame_table)); }

/* Lists of frames, linked by number. */
struct frame_list { uint32_t head, tail; uint64_t count; };
void frame_list_init(struct frame_list *l);
void frame_list_add(struct frame_list *l, struct frame *f); /* at the end */
/* The same where the frame's number is at hand. */
static inline void frame_list_add_number(struct frame_list *l, struct frame *f, uint32_t n)
{
    f->next = FRAME_NIL;
    f->prev = l->tail;
    if (unlikely(l->tail == FRAME_NIL))
        l->head = n;
    else
        frame_table[l->tail].next = n;
    l->tail = n;
    l->count++;
}
void frame_list_del(struct frame_list *l, struct frame *f);
struct frame *frame_list_pop(struct frame_list *l);         /* the first; NULL: none */

/* ---- the frame allocator (core/heap.c) ---- */
#define ALLOC_NOSCRUB 1u   /* content may be anything: only for the hypervisor or the first domain */
#define ALLOC_BOOT_AS_IS 2u /* for the control domain: frames that nobody had since boot need no clearing */
#define ALLOC_BITS(n) ((uint32_t)(n) << 8) /* machine address below 2^n; 0 = anywhere */

/*
 * At boot, once, in this order, after frame_table is mapped: heap_init() makes every frame below
 * max_mfn the hypervisor's own (DOMID_XEN); heap_mark_io() hands a range that is not RAM to DOMID_IO
 * (whoever has the right may map it); heap_add() gives RAM to the allocator, dirty.
 */
void heap_init(void);
void heap_mark_io(mfn_t start, uint64_t nr);
void heap_add(mfn_t start, uint64_t nr);
/* 2^order frames, naturally aligned, unowned (owner DOMID_XEN, refs 1 for each): MFN_INVALID if none. Zeroed
 * unless ALLOC_NOSCRUB. TLBs that may still know the frames are flushed before it returns. */
mfn_t heap_alloc(unsigned order, uint32_t flags);
void heap_free(mfn_t m, unsigned order);
uint64_t heap_free_frames(void);
/* A frame whose last reference went (frame_put's business). */
void heap_free_frame(struct frame *f);
unsigned heap_audit(void); /* errors found, each logged */
/* Clean a few dirty free frames (idle loop): false when there is nothing left to do, or something waits for
 * this CPU: it then has to open interrupts. */
bool heap_scrub_some(void);

/* ---- references (core/pagetype.c) ---- */
/* Take a reference if d owns the frame. False: not RAM, not d's, free, or count at its limit. */
bool frame_get(struct frame *f, const struct domain *d);
/* Also at the counts' limit: for a reference that only serves to let others go, dropped at once. */
bool frame_get_briefly(struct frame *f, const struct domain *d);
/* Drop one; the last one frees the frame (unless XENHEAP) through domain_frame_last_put(). */
void frame_put(struct frame *f);

/* ---- a domain's frames (core/memory.c) ---- */
/* Give 2^order frames of heap_alloc to d: owner, list, counts, refs = ALLOCATED|1. -ENOMEM over max_pages. */
int domain_add_frames(struct domain *d, mfn_t m, unsigned order);
/* Drop the owner's own reference (FRAME_ALLOCATED) once: false when it was dropped before. */
bool domain_release_frame(struct domain *d, struct frame *f);
/*
 * Make one hypervisor frame (of heap_alloc) visible to d (shared_info, grant table; dom_xen: the m2p
 * table, for the control domain to read): owner d, XENHEAP|ALLOCATED|1. Unshared, it is private again,
 * still with the reference of heap_alloc: heap_free() it; if a mapping is left, that frees it.
 */
void frame_share(struct domain *d, mfn_t m, bool writable);
void frame_unshare(struct domain *d, mfn_t m);

#endif
