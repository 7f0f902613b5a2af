/* SPDX-License-Identifier: MIT */
/*
 * The types of frames: getting, putting, validating, invalidating. Rules in core/pagetype.h.
 *
 * A PARTIAL table holds one frame reference and the one type count itself, so that nobody needs to
 * come back for it: whoever asks for the type next goes on where it stopped; the death of the domain
 * undoes it. A QUEUED table holds a frame reference until the drain has dropped its entries. The
 * queue is a stack: anybody pushes without a lock, only the holder of d->mm pops.
 *
 * A frame that another domain had mapped writable (FRAME_AUX_SHARED) is flushed from all CPUs, not
 * only the owner's, when it changes type: a grant's mapper may have overwritten its entry without a flush.
 */
#include "core/pagetype.h"
#include "core/entry.h"
#include "core/frame_ref.h"
#include "core/log.h"
#include "core/sched.h"
#include "core/segdesc.h"
#include "lib/errno.h"

#define IS_TABLE(type) ((type) - TYPE_L1 <= TYPE_L4 - TYPE_L1)
#define DRAIN_AT_ONCE 256u /* tables */

bool frame_get(struct frame *f, const struct domain *d)
{
    uint64_t w = word_load(f);

    if (!d->is_system)
        return frame_get_fast(f, d, false);
    /* Of the hypervisor's own frames only those that were shared (the m2p table). */
    do {
        if (f->owner != d->id || !((uint32_t)w & FRAME_XENHEAP) || !word_may_grow(w))
            return false;
    } while (!word_cas(f, &w, w + WORD_REF));
    return true;
}

void frame_put(struct frame *f) { frame_put_inline(f); }

bool frame_get_briefly(struct frame *f, const struct domain *d)
{
    uint64_t w = word_load(f);

    if (unlikely(d->is_system))
        return frame_get(f, d);
    do {
        if (f->owner != d->id || !((uint32_t)w & FRAME_REFS_MASK))
            return false;
    } while (!word_cas(f, &w, w + WORD_REF));
    if (likely(READ_ONCE(f->owner) == d->id))
        return true;
    frame_put_inline(f);
    return false;
}

/* ---- the queue of dead tables ---- */

static void queue_push(struct domain *d, struct frame *f)
{
    uint32_t n = (uint32_t)(f - frame_table);

    __atomic_add_fetch(&d->mm.dead_count, 1, __ATOMIC_ACQ_REL);
    f->stamp = __atomic_load_n(&d->mm.dead_head, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&d->mm.dead_head, &f->stamp, n, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
        ;
}

/* With d->mm held: there is no other popper, so a head that is still there still has its next. */
static struct frame *queue_pop(struct domain *d)
{
    uint32_t head = __atomic_load_n(&d->mm.dead_head, __ATOMIC_ACQUIRE);

    do {
        if (head == FRAME_NIL)
            return NULL;
    } while (!__atomic_compare_exchange_n(&d->mm.dead_head, &head, frame_table[head].stamp, false,
                                          __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    __atomic_sub_fetch(&d->mm.dead_count, 1, __ATOMIC_ACQ_REL);
    return &frame_table[head];
}

/* The first present entry from i on, of n. Upper tables are mostly empty. */
static inline unsigned next_present(const uint64_t *t, unsigned i, unsigned n)
{
    while (i + 4 <= n && !((t[i] | t[i + 1] | t[i + 2] | t[i + 3]) & PTE_P))
        i += 4;
    while (i < n && !(t[i] & PTE_P))
        i++;
    return i;
}

/* From an absent entry of an L1 on: where to look next, eight at a time passed over. A full table costs nothing more, and the
 * mostly empty ones of processes that come and go a third. */
static inline const uint64_t *skip_absent(const uint64_t *p, const uint64_t *end)
{
    while (p + 8 < end && !((p[1] | p[2] | p[3] | p[4] | p[5] | p[6] | p[7] | p[8]) & PTE_P))
        p += 8;
    return p + 1;
}

/* Not inlined, as l1_validate(), so that all it needs stays in registers. */
static __attribute__((noinline)) void l1_put(const uint64_t *t, const uint64_t *end)
{
    struct frame *frames = frame_table;

    while (t < end)
        if (likely(*t & PTE_P))
            l1e_put_among(frames, *t++);
        else
            t = skip_absent(t, end);
}

/* Drop what the first n entries of a table hold. */
static void entries_put(struct domain *d, struct frame *f, uint32_t type, unsigned n)
{
    const uint64_t *t = frame_va(frame_mfn(f));

    if (type == TYPE_L1) {
        l1_put(t, t + n);
        return;
    }
    for (unsigned i = next_present(t, 0, n); i < n; i = next_present(t, i + 1, n))
        if (!(type == TYPE_L4 && l4_slot_is_hv(i)) && !upper_entry_is_self(f, t[i]))
            frame_and_type_put(d, frame_of(pte_mfn(t[i])));
}

/* One popped table: revived meanwhile, or its entries go. */
static void drain_one(struct domain *d, struct frame *f)
{
    uint64_t w = word_load(f);
    bool dead;

    do {
        dead = !(w & WORD_COUNT);
    } while (!word_cas(f, &w, w & ~WORD_T(TYPE_QUEUED | (dead ? TYPE_VALIDATED : 0))));
    if (dead) {
        entries_put(d, f, (uint32_t)(w >> 32) & TYPE_MASK, PTES_PER_TABLE);
        log_dirty_wrote(frame_mfn(f)); /* it was written to as long as it was a table */
        f->stamp = tlb_stamp();
    }
    frame_put_inline(f);
}

static int drain_locked(struct domain *d, bool may_preempt)
{
    struct frame *f;

    while ((f = queue_pop(d)) != NULL) {
        drain_one(d, f);
        if (may_preempt && type_drain_needed(d) && port_preempt_pending())
            return -ERESTART;
    }
    return 0;
}

/*
 * Drain for a queued frame that is wanted as something else. 0: look again. The queue may hold all the
 * tables of a large guest: who cannot be preempted (perhaps another domain, at a grant) does not
 * drop more than a few, and is told that the frame is still a table.
 */
static int drain_for(struct domain *d, struct frame *wanted, bool may_preempt)
{
    struct frame *f;

    if (may_preempt)
        return drain_locked(d, true);
    for (unsigned i = 0; i < DRAIN_AT_ONCE && (READ_ONCE(wanted->type) & TYPE_QUEUED); i++) {
        f = queue_pop(d);
        if (!f)
            return 0; /* about to be pushed */
        drain_one(d, f);
    }
    if (!(READ_ONCE(wanted->type) & TYPE_QUEUED))
        return 0;
    return refuse(d, EINVAL, FRAME_TYPE_CONFLICT, frame_mfn(wanted).n, wanted->type & TYPE_MASK, 0);
}

int type_drain(struct domain *d, bool may_preempt)
{
    int rc;

    if (!type_drain_needed(d))
        return 0;
    spin_lock(&d->mm.lock);
    rc = drain_locked(d, may_preempt);
    spin_unlock(&d->mm.lock);
    return rc;
}

/* ---- putting ---- */

void type_put(struct domain *d, struct frame *f)
{
    uint64_t w = word_load(f), n;
    uint32_t t;

    do {
        t = (uint32_t)(w >> 32);
        BUG_ON(!(t & TYPE_COUNT_MASK));
        n = w - WORD_TYPE;
        if ((t & TYPE_COUNT_MASK) > 1)
            continue;
        if (IS_TABLE(t & TYPE_MASK))
            n = t & TYPE_QUEUED ? n : (n | WORD_T(TYPE_QUEUED)) + WORD_REF;
        else
            n &= ~WORD_T(TYPE_VALIDATED);
    } while (!word_cas(f, &w, n));

    if ((t & TYPE_COUNT_MASK) > 1)
        return;
    if (!IS_TABLE(t & TYPE_MASK)) {
        f->stamp = tlb_stamp();
        __atomic_or_fetch(&f->type, TYPE_VALIDATED, __ATOMIC_RELEASE);
    } else if (!(t & TYPE_QUEUED)) {
        queue_push(d, f);
    }
}

void frame_and_type_put(struct domain *d, struct frame *f)
{
    if (likely(frame_put_both_fast(f)))
        return;
    type_put(d, f);
    frame_put_inline(f);
}

void frame_and_type_put_stray(struct frame *f)
{
    struct domain *owner;

    /* frame_share() has the type before it has the owner. */
    if ((READ_ONCE(f->type) & TYPE_MASK) == TYPE_WRITABLE) {
        frame_put_writable(f);
        return;
    }
    owner = domain_find(f->owner);
    BUG_ON(!owner); /* its frames keep it, and we keep a frame */
    frame_and_type_put(owner, f);
    domain_put(owner);
}

/* ---- getting ---- */

/* One more on a frame that has the type already; refs: WORD_REF to take a frame reference too. */
static inline bool type_get_fast(struct frame *f, uint32_t type, uint64_t refs)
{
    uint64_t w = word_load(f);

    do {
        if (!word_has_type(w, type) || !word_may_grow(w))
            return false;
    } while (unlikely(!word_cas(f, &w, w + WORD_TYPE + refs)));
    return true;
}

static int table_validate(struct domain *d, struct frame *f, uint32_t type, unsigned from,
                          bool may_preempt);

static void flush_for_change(struct domain *d, struct frame *f)
{
    bool shared = f->aux & FRAME_AUX_SHARED;
    cpumask_t cpus = tlb_filter(shared ? cpus_online : READ_ONCE(d->dirty_cpus), f->stamp);

    if (shared)
        __atomic_and_fetch(&f->aux, (uint16_t)~FRAME_AUX_SHARED, __ATOMIC_SEQ_CST);
    if (cpus)
        port_tlb_flush(cpus);
}

/* The frame has the new type and one count, not validated: nobody else can use it. Make it so. */
static int type_establish(struct domain *d, struct frame *f, uint32_t type, unsigned from,
                          bool may_preempt)
{
    uint32_t clear = TYPE_MASK | TYPE_COUNT_MASK;
    int rc = 0;

    if (IS_TABLE(type)) {
        rc = table_validate(d, f, type, from, may_preempt);
        clear = TYPE_COUNT_MASK; /* a table that failed keeps its type: nothing was mapped through it */
        if (rc)
            log_dirty_wrote(frame_mfn(f));
    } else if (type == TYPE_SEGDESC && !segdesc_page_valid(d, frame_va(frame_mfn(f)))) {
        rc = refuse(d, EINVAL, SEGDESC_PAGE, frame_mfn(f).n, 0, 0);
    }
    if (!rc)
        __atomic_or_fetch(&f->type, TYPE_VALIDATED, __ATOMIC_RELEASE);
    else if (rc != -ERESTART)
        __atomic_and_fetch(&f->type, ~clear, __ATOMIC_RELEASE);
    else
        __atomic_add_fetch(&f->word, WORD_T(TYPE_PARTIAL) + WORD_REF, __ATOMIC_RELEASE);
    return rc;
}

/* Go on with a table whose validation was preempted: its own references become the caller's. */
static int type_resume(struct domain *d, struct frame *f, uint32_t type, bool may_preempt)
{
    int rc;

    __atomic_sub_fetch(&f->word, WORD_T(TYPE_PARTIAL), __ATOMIC_ACQ_REL);
    rc = type_establish(d, f, type, f->aux & FRAME_AUX_COUNT, may_preempt);
    frame_put_inline(f);
    return rc;
}

/* With d->mm held and a frame reference. */
static int type_get_locked(struct domain *d, struct frame *f, uint32_t type, bool may_preempt)
{
    uint64_t w = word_load(f);

    for (;;) {
        uint32_t t = (uint32_t)(w >> 32), have = t & TYPE_MASK, count = t & TYPE_COUNT_MASK;

        if (have == type && (t & TYPE_VALIDATED)) {
            if (count >= TYPE_COUNT_LIMIT)
                return refuse(d, EINVAL, FRAME_COUNT_LIMIT, frame_mfn(f).n, t, w);
            if (word_cas(f, &w, w + WORD_TYPE))
                return 0;
        } else if (count) {
            if (have == type && (t & TYPE_PARTIAL))
                return type_resume(d, f, type, may_preempt);
            return refuse(d, EINVAL, FRAME_TYPE_CONFLICT, frame_mfn(f).n, have, type);
        } else if (t & TYPE_QUEUED) {
            int rc = drain_for(d, f, may_preempt);

            if (rc)
                return rc;
            w = word_load(f);
        } else if ((have == TYPE_WRITABLE || have == TYPE_SEGDESC) && !(t & TYPE_VALIDATED)) {
            spin_wait(); /* being stamped, see core/frame_ref.h */
            w = word_load(f);
        } else if (word_cas(f, &w, (w & 0xffffffff) | WORD_T(type | 1))) {
            /* Only now can no new use of the old type begin: flush after, not before. */
            if (have != TYPE_NONE && have != type)
                flush_for_change(d, f);
            return type_establish(d, f, type, 0, may_preempt);
        }
    }
}

int type_get(struct domain *d, struct frame *f, uint32_t type, bool may_preempt)
{
    int rc;

    if (type_get_fast(f, type, 0))
        return 0;
    spin_lock(&d->mm.lock);
    rc = type_get_locked(d, f, type, may_preempt);
    spin_unlock(&d->mm.lock);
    return rc;
}

int type_get_under_lock(struct domain *d, struct frame *f, uint32_t type)
{
    return type_get_locked(d, f, type, false);
}

static int get_both(struct domain *d, mfn_t m, uint32_t type, bool may_preempt, bool locked)
{
    struct frame *f = frame_of(m);
    int rc;

    if (!mfn_valid(m) || !frame_get(f, d))
        return refuse(d, EINVAL, FRAME_NOT_OWNED, m.n, d->id, mfn_valid(m) ? f->owner : DOMID_IO);
    rc = locked ? type_get_locked(d, f, type, may_preempt) : type_get(d, f, type, may_preempt);
    if (rc)
        frame_put_inline(f);
    return rc;
}

int frame_and_type_get(struct domain *d, mfn_t m, uint32_t type, bool may_preempt)
{
    struct frame *f = frame_of(m);

    /* The owner cannot change while a type reference is held: looked at before and after. */
    if (likely(mfn_valid(m)) && likely(f->owner == d->id) && type_get_fast(f, type, WORD_REF)) {
        if (likely(READ_ONCE(f->owner) == d->id))
            return 0;
        frame_and_type_put_stray(f);
    }
    return get_both(d, m, type, may_preempt, false);
}

/* ---- validation ---- */

static __attribute__((noinline)) int l1_validate(struct domain *d, struct frame *f)
{
    uint64_t *t = frame_va(frame_mfn(f)), *p = t, nr_frames = max_mfn;
    const uint64_t *end = t + PTES_PER_TABLE;
    struct frame *frames = frame_table;
    domid_t id = d->id;

    while (p < end) {
        const uint64_t e = *p;
        uint64_t other;
        int rc;

        if (!(e & PTE_P)) {
            p = t + (skip_absent(p, end) - t);
            continue;
        }
        /* Its own RAM, as almost always, or anything else. */
        if (likely(!(e & PTE_CACHE)) && likely(pte_mfn(e).n < nr_frames) &&
            likely(e & PTE_RW ? frame_get_fast_id(&frames[pte_mfn(e).n], id, true)
                              : frame_get_fast_id(&frames[pte_mfn(e).n], id, false))) {
            *p++ = l1e_adjusted(e);
            continue;
        }
        other = e;
        rc = l1e_get_checked(d, d, &other, true);
        if (unlikely(rc)) {
            entries_put(d, f, TYPE_L1, (unsigned)(p - t));
            return rc;
        }
        *p++ = other;
    }
    return 0;
}

static int upper_validate(struct domain *d, struct frame *f, uint32_t type, unsigned from,
                          bool may_preempt)
{
    uint64_t *t = frame_va(frame_mfn(f));

    for (unsigned i = next_present(t, from, PTES_PER_TABLE); i < PTES_PER_TABLE;
         i = next_present(t, i + 1, PTES_PER_TABLE)) {
        uint64_t e = t[i];
        int rc;

        if (type == TYPE_L4 && l4_slot_is_hv(i))
            continue;
        rc = upper_entry_check(d, f, type, i, e);
        if (!rc && !upper_entry_is_self(f, e))
            rc = get_both(d, pte_mfn(e), type - TYPE_L1, may_preempt, true);
        if (rc == -ERESTART)
            f->aux = (uint16_t)i;
        else if (rc)
            entries_put(d, f, type, i);
        if (rc)
            return rc;
        if (!(e & PTE_US))
            t[i] = e | PTE_US;
        if (may_preempt && i + 1 < PTES_PER_TABLE && port_preempt_pending()) {
            f->aux = (uint16_t)(i + 1);
            return -ERESTART;
        }
    }
    if (type == TYPE_L4)
        port_l4_init_slots(d, t);
    return 0;
}

static int table_validate(struct domain *d, struct frame *f, uint32_t type, unsigned from,
                          bool may_preempt)
{
    return type == TYPE_L1 ? l1_validate(d, f) : upper_validate(d, f, type, from, may_preempt);
}

void table_abandon(struct domain *d, struct frame *f)
{
    uint64_t w;

    spin_lock(&d->mm.lock);
    w = word_load(f);
    if ((w >> 32) & TYPE_PARTIAL) {
        uint32_t type = (uint32_t)(w >> 32) & TYPE_MASK;

        entries_put(d, f, type, f->aux & FRAME_AUX_COUNT);
        __atomic_sub_fetch(&f->word, WORD_T(TYPE_PARTIAL) + WORD_TYPE + WORD_REF, __ATOMIC_ACQ_REL);
        f->stamp = tlb_stamp();
        log_dirty_wrote(frame_mfn(f));
    }
    spin_unlock(&d->mm.lock);
}

/* ---- pinning ---- */

static bool pinned_clear(struct frame *f)
{
    return __atomic_fetch_and(&f->type, ~TYPE_PINNED, __ATOMIC_ACQ_REL) & TYPE_PINNED;
}

int table_pin(struct domain *d, mfn_t m, uint32_t type)
{
    struct frame *f = frame_of(m);
    int rc = frame_and_type_get(d, m, type, true);

    if (rc)
        return rc;
    if (__atomic_fetch_or(&f->type, TYPE_PINNED, __ATOMIC_ACQ_REL) & TYPE_PINNED) {
        frame_and_type_put(d, f);
        return refuse(d, EINVAL, TABLE_ALREADY_PINNED, m.n, 0, 0);
    }
    /* The destroyer may have passed this frame already. */
    if (unlikely(__atomic_load_n(&d->state, __ATOMIC_SEQ_CST) >= DOM_DYING) && pinned_clear(f))
        frame_and_type_put(d, f);
    return 0;
}

int table_unpin(struct domain *d, mfn_t m)
{
    struct frame *f = frame_of(m);

    if (!mfn_valid(m) || !frame_get_briefly(f, d))
        return refuse(d, EINVAL, FRAME_NOT_OWNED, m.n, d->id, mfn_valid(m) ? f->owner : DOMID_IO);
    if (!pinned_clear(f)) {
        frame_put_inline(f);
        return refuse(d, EINVAL, TABLE_NOT_PINNED, m.n, 0, 0);
    }
    frame_and_type_put(d, f);
    frame_put_inline(f);
    return 0;
}
