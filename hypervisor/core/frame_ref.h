/* SPDX-License-Identifier: MIT */
/*
 * The lock-free ways to take and drop references, as inline functions for the few files that do it
 * for each page-table entry. Everybody else uses core/frame.h and core/pagetype.h.
 *
 * The last put of a writable (or segment descriptor) type must record when it happened, for the
 * flush at the next change of type, and nobody may change the type between count 0 and the record:
 * so VALIDATED is off while count is 0 and the stamp is not yet written. Whoever meets that state
 * waits: it lasts two instructions.
 */
#ifndef CORE_FRAME_REF_H
#define CORE_FRAME_REF_H

#include "core/domain.h"
#include "core/frame.h"
#include "core/tlb.h"

/* core/pagetype.c: drop both references of a frame that turned out to have changed hands. */
void frame_and_type_put_stray(struct frame *f);

#define WORD_REF   1ull
#define WORD_TYPE  (1ull << 32) /* one type count */
#define WORD_T(t)  ((uint64_t)(t) << 32)
#define WORD_COUNT WORD_T(TYPE_COUNT_MASK)

static inline uint64_t word_load(const struct frame *f)
{
    return __atomic_load_n(&f->word, __ATOMIC_ACQUIRE);
}

/* On failure *w is what the word is now. */
static inline bool word_cas(struct frame *f, uint64_t *w, uint64_t n)
{
    return __atomic_compare_exchange_n(&f->word, w, n, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline void frame_put_inline(struct frame *f)
{
    if (unlikely(!(__atomic_sub_fetch(&f->refs, 1, __ATOMIC_ACQ_REL) & FRAME_REFS_MASK)))
        domain_frame_last_put(f);
}

/* May the frame with this word get more references? Not a free one. */
static inline bool word_may_grow(uint64_t w)
{
    return likely((uint32_t)w & FRAME_REFS_MASK) &&
           likely(!(w & (WORD_T(TYPE_COUNT_LIMIT) | FRAME_REFS_LIMIT)));
}

static inline bool word_can_grow(uint64_t w, uint64_t more) { (void)more; return word_may_grow(w); }
static inline bool refs_can_grow(uint64_t w) { return word_may_grow(w); }

/* Has it the type, validated? (PINNED and QUEUED do not matter.) */
static inline bool word_has_type(uint64_t w, uint32_t type)
{
    return !(((uint32_t)(w >> 32) ^ (type | TYPE_VALIDATED)) & (TYPE_MASK | TYPE_VALIDATED));
}

/* Both references of a use that is not the type's last one. False: it is, nothing was done. */
static inline bool frame_put_both_fast(struct frame *f)
{
    uint64_t w = word_load(f);

    do {
        if (unlikely(!(w & (WORD_COUNT & ~WORD_TYPE)))) /* 1 */
            return false;
    } while (unlikely(!word_cas(f, &w, w - WORD_TYPE - WORD_REF)));
    return true;
}

/* Both references of a writable mapping; the type is WRITABLE. */
static inline void frame_put_writable(struct frame *f)
{
    uint64_t w = word_load(f);

    for (;;) {
        if (w & (WORD_COUNT & ~WORD_TYPE)) { /* more than 1 */
            if (likely(word_cas(f, &w, w - WORD_TYPE - WORD_REF)))
                return;
        } else if (likely(word_cas(f, &w, (w - WORD_TYPE) & ~WORD_T(TYPE_VALIDATED)))) {
            break;
        }
    }
    f->stamp = tlb_stamp();
    w = __atomic_add_fetch(&f->word, WORD_T(TYPE_VALIDATED) - WORD_REF, __ATOMIC_ACQ_REL);
    if (unlikely(!(w & FRAME_REFS_MASK)))
        domain_frame_last_put(f);
}

/*
 * A reference, and if writable a writable type reference with it, on a frame of d (not a system
 * domain), if that takes no more than counting up. False: try the long way.
 */
static inline __attribute__((always_inline)) bool frame_get_fast_id(struct frame *f, domid_t id, bool writable)
{
    uint64_t w = word_load(f);

    if (unlikely(f->owner != id))
        return false;
    if (writable) {
        do {
            if (unlikely(!word_has_type(w, TYPE_WRITABLE)) || !word_may_grow(w))
                return false;
        } while (unlikely(!word_cas(f, &w, w + WORD_TYPE + WORD_REF)));
    } else {
        do {
            if (!word_may_grow(w))
                return false;
        } while (unlikely(!word_cas(f, &w, w + WORD_REF)));
    }
    if (likely(READ_ONCE(f->owner) == id))
        return true;
    /* The frame changed hands before the reference held it. */
    if (writable)
        frame_put_writable(f);
    else
        frame_put_inline(f);
    return false;
}

static inline __attribute__((always_inline)) bool frame_get_fast(struct frame *f, const struct domain *d, bool writable)
{
    return frame_get_fast_id(f, d->id, writable);
}

/*
 * Both references of a first writable mapping of a frame of d that has no type: there is nothing to validate and
 * nobody to flush. False: it is no such frame.
 */
static inline bool frame_get_first(struct frame *f, const struct domain *d)
{
    uint64_t w = word_load(f);

    do {
        if (f->owner != d->id || w >> 32 || !word_may_grow(w))
            return false;
    } while (unlikely(!word_cas(f, &w, w + WORD_T(TYPE_WRITABLE | TYPE_VALIDATED) + WORD_TYPE + WORD_REF)));
    if (likely(READ_ONCE(f->owner) == d->id))
        return true;
    frame_put_writable(f); /* it changed hands */
    return false;
}

/*
 * Both references on a table of this type that is in use, to be put back before the hypervisor is left:
 * there are never more than a few for each CPU, so that the counts' limits, far below what the fields
 * can hold, need no look. False: it is no such table, or not d's.
 */
static inline bool frame_get_table(struct frame *f, const struct domain *d, uint32_t type)
{
    uint64_t w = word_load(f);
    domid_t id = d->id;

    if (unlikely(f->owner != id))
        return false;
    do {
        if (unlikely(!word_has_type(w, type)) || unlikely(!(w & WORD_COUNT)))
            return false;
    } while (unlikely(!word_cas(f, &w, w + WORD_TYPE + WORD_REF)));
    if (likely(READ_ONCE(f->owner) == id))
        return true;
    frame_and_type_put_stray(f);
    return false;
}

/* Another domain than the owner is about to map f writable; its CPUs count when f becomes a table.
 * The caller holds a writable reference, so f is no table, which would use aux, now. */
static inline void frame_mark_shared(struct frame *f)
{
    __atomic_or_fetch(&f->aux, FRAME_AUX_SHARED, __ATOMIC_SEQ_CST);
}

#endif
