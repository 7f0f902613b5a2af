/* SPDX-License-Identifier: MIT */
/*
 * The frame allocator: a buddy system in zones. A zone holds the blocks whose first frame number has
 * the same highest bit, so that "below 2^n" is a choice of zones; the highest zone that can serve is
 * used, which keeps the memory devices can reach for those who ask for it.
 *
 * A free frame: owner DOMID_INVALID, word 0. The first frame of a free block has AUX_HEAD and the
 * order in aux. AUX_DIRTY is kept for each frame
 * that a domain had; idle CPUs clean those, but not all of memory at boot (AUX_BOOT). Single frames that come back wait in a short
 * queue before they are merged: a guest that gives and takes single pages would otherwise split
 * and merge the same blocks each time, and flush TLBs each time.
 *
 * One lock, rank 7. Scrubbing and TLB flushes happen after the block is taken, without the lock.
 */
#include "core/frame.h"
#include "core/log.h"
#include "core/sched.h"
#include "core/tlb.h"
#include "lib/string.h"

#define MAX_ORDER  20
#define NR_ZONES   33
#define AUX_HEAD   0x4000u
#define AUX_BOOT   0x2000u /* free since boot: what the firmware left, cleared when it is given out */
#define AUX_ORDER  0x001fu
#define AUX_KEPT   (FRAME_AUX_DIRTY | AUX_BOOT)

#define WAITING_LOW  32u /* taken from only above this, so that a frame waits a while */
#define WAITING_HIGH 96u

#define SCRUB_LOOK   1024u /* frames looked at in one call of heap_scrub_some() */
#define SCRUB_CLEAN  8u    /* ... and cleaned */

static spinlock_t heap_lock;
static struct frame_list zone_list[NR_ZONES][MAX_ORDER + 1];
static uint32_t zone_orders[NR_ZONES]; /* orders with a block, by bit */
static uint64_t zones_used;            /* zones with a block, by bit */
static struct frame_list waiting;
static uint64_t free_frames, dirty_frames;
static uint64_t scrub_cursor;
static bool scrubbing;
static unsigned waiters; /* for the lock */

static void lock(void)
{
    if (likely(spin_trylock(&heap_lock)))
        return;
    __atomic_add_fetch(&waiters, 1, __ATOMIC_RELAXED);
    spin_lock(&heap_lock);
    __atomic_sub_fetch(&waiters, 1, __ATOMIC_RELAXED);
}

static void unlock(void)
{
    spin_unlock(&heap_lock);
}

static unsigned zone_of(uint64_t mfn)
{
    return mfn ? 64u - (unsigned)__builtin_clzll(mfn) : 0;
}

static void block_insert(struct frame *f, unsigned order)
{
    unsigned z = zone_of(frame_mfn(f).n);

    f->aux = (uint16_t)((f->aux & AUX_KEPT) | AUX_HEAD | order);
    frame_list_add(&zone_list[z][order], f);
    zone_orders[z] |= 1u << order;
    zones_used |= BIT(z);
}

static void block_remove(struct frame *f, unsigned order)
{
    unsigned z = zone_of(frame_mfn(f).n);

    frame_list_del(&zone_list[z][order], f);
    f->aux &= AUX_KEPT;
    if (!zone_list[z][order].count) {
        zone_orders[z] &= ~(1u << order);
        if (!zone_orders[z])
            zones_used &= ~BIT(z);
    }
}

/* Put a block back, joined with its free buddies. Natural alignment keeps it inside one zone. */
static void block_merge(uint64_t n, unsigned order)
{
    while (order < MAX_ORDER) {
        uint64_t buddy = n ^ (1ull << order);
        struct frame *b = &frame_table[buddy];

        if (buddy >= max_mfn || b->owner != DOMID_INVALID ||
            (b->aux & (AUX_HEAD | AUX_ORDER)) != (AUX_HEAD | order) ||
            zone_of(buddy) != zone_of(n))
            break;
        block_remove(b, order);
        n &= ~(1ull << order);
        order++;
    }
    block_insert(&frame_table[n], order);
}

static void waiting_merge(uint64_t down_to)
{
    while (waiting.count > down_to)
        block_merge(frame_mfn(frame_list_pop(&waiting)).n, 0);
}

void heap_init(void)
{
    spin_init(&heap_lock);
    for (unsigned z = 0; z < NR_ZONES; z++)
        for (unsigned o = 0; o <= MAX_ORDER; o++)
            frame_list_init(&zone_list[z][o]);
    memset(zone_orders, 0, sizeof(zone_orders));
    zones_used = 0;
    frame_list_init(&waiting);
    free_frames = dirty_frames = 0;
    for (uint64_t n = 0; n < max_mfn; n++)
        frame_table[n] = (struct frame){ .refs = 1, .prev = FRAME_NIL, .next = FRAME_NIL,
                                         .owner = DOMID_XEN };
}

void heap_mark_io(mfn_t start, uint64_t nr)
{
    for (uint64_t n = start.n; n < start.n + nr && n < max_mfn; n++)
        frame_table[n].owner = DOMID_IO;
}

void heap_add(mfn_t start, uint64_t nr)
{
    uint64_t n = start.n, end = start.n + nr;

    if (n == 0) /* frame number 0 means "none" in many places */
        n++;
    for (uint64_t i = n; i < end; i++) {
        frame_table[i].word = 0;
        frame_table[i].owner = DOMID_INVALID;
        frame_table[i].aux = AUX_BOOT;
        frame_table[i].stamp = tlb_stamp() - 2; /* no CPU has ever mapped it for a guest */
    }
    lock();
    free_frames += end - n;
    while (n < end) {
        unsigned order = min((unsigned)__builtin_ctzll(n), (unsigned)MAX_ORDER);

        while ((1ull << order) > end - n)
            order--;
        block_merge(n, order);
        n += 1ull << order;
    }
    unlock();
}

/* The smallest block of the highest allowed zone that is large enough, cut down to size. */
static struct frame *block_take(unsigned order, uint64_t zones)
{
    for (zones &= zones_used; zones;) {
        unsigned z = 63u - (unsigned)__builtin_clzll(zones);
        uint32_t orders = zone_orders[z] >> order;

        if (orders) {
            unsigned o = order + (unsigned)__builtin_ctz(orders);
            struct frame *f = &frame_table[zone_list[z][o].head];

            block_remove(f, o);
            while (o > order) {
                o--;
                block_insert(f + (1ull << o), o);
            }
            return f;
        }
        zones &= ~BIT(z);
    }
    return NULL;
}

static uint64_t zones_below(unsigned bits)
{
    if (!bits || bits >= PAGE_SHIFT + NR_ZONES)
        return ~0ull;
    return bits <= PAGE_SHIFT ? 0 : BIT(bits - PAGE_SHIFT + 1) - 1;
}

static struct frame *take(unsigned order, uint64_t zones)
{
    struct frame *f = NULL;

    f = block_take(order, zones);
    if (!f && waiting.count) {
        waiting_merge(0);
        f = block_take(order, zones);
    }
    return f;
}

/* No CPU may keep a translation that its last owner made. */
static void flush_stale(struct frame *f, uint64_t nr)
{
    cpumask_t cpus = 0;

    for (uint64_t i = 0; i < nr; i++)
        if (!i || f[i].stamp != f[i - 1].stamp)
            cpus |= tlb_filter(cpus_online & ~cpus, f[i].stamp);
    if (unlikely(cpus))
        port_tlb_flush(cpus);
}

/* One frame, from those that wait: 0 if too few do. */
static inline mfn_t single_alloc(uint32_t flags)
{
    uint64_t n;
    struct frame *f;

    lock();
    if (unlikely(waiting.count <= WAITING_LOW)) {
        unlock();
        return MFN(0);
    }
    n = waiting.head;
    f = &frame_table[n];
    waiting.head = f->next;
    frame_table[f->next].prev = FRAME_NIL;
    waiting.count--;
    f->owner = DOMID_XEN;
    free_frames--;
    dirty_frames -= (f->aux & FRAME_AUX_DIRTY) != 0;
    unlock();

    flush_stale(f, 1);
    /* One that came back was given out before: never as it was since boot. */
    if ((f->aux & FRAME_AUX_DIRTY) && !(flags & ALLOC_NOSCRUB))
        port_clear_pages(frame_va(MFN(n)), 1);
    f->aux = 0;
    f->prev = f->next = FRAME_NIL;
    __atomic_store_n(&f->word, 1, __ATOMIC_RELEASE);
    return MFN(n);
}

/* Those that have one of the flags, neighbours together. */
static void block_clear(const struct frame *f, uint64_t nr, uint16_t flags)
{
    for (uint64_t i = 0, first; i < nr; i++) {
        for (first = i; i < nr && (f[i].aux & flags); i++)
            ;
        if (i > first)
            port_clear_pages(frame_va(frame_mfn(&f[first])), i - first);
    }
}

static __attribute__((noinline)) mfn_t block_alloc(unsigned order, uint32_t flags)
{
    uint16_t clear = flags & ALLOC_NOSCRUB ? 0 : flags & ALLOC_BOOT_AS_IS ? FRAME_AUX_DIRTY : AUX_KEPT;
    uint64_t nr = 1ull << order, dirty = 0;
    struct frame *f;

    if (order > MAX_ORDER)
        return MFN_INVALID;
    lock();
    f = take(order, zones_below(flags >> 8));
    if (!f) {
        unlock();
        return MFN_INVALID;
    }
    /* From here on no frame looks free: neither to block_merge() nor to the scrubber. */
    for (uint64_t i = 0; i < nr; i++) {
        f[i].owner = DOMID_XEN;
        dirty += (f[i].aux & FRAME_AUX_DIRTY) != 0;
    }
    free_frames -= nr;
    dirty_frames -= dirty;
    unlock();

    flush_stale(f, nr);
    block_clear(f, nr, clear);
    for (uint64_t i = 0; i < nr; i++) {
        f[i].aux = 0;
        f[i].prev = f[i].next = FRAME_NIL;
        __atomic_store_n(&f[i].word, 1, __ATOMIC_RELEASE);
    }
    return frame_mfn(f);
}

mfn_t heap_alloc(unsigned order, uint32_t flags)
{
    mfn_t m = MFN(0);

    if (likely(!order) && likely(flags < ALLOC_BITS(1)))
        m = single_alloc(flags);
    return likely(m.n) ? m : block_alloc(order, flags);
}

/* A frame without references becomes free. */
static void mark_free(struct frame *f)
{
    f->type = 0;
    f->stamp = tlb_stamp();
    f->aux = FRAME_AUX_DIRTY;
    f->owner = DOMID_INVALID;
}

void heap_free_frame(struct frame *f)
{
    lock();
    mark_free(f);
    frame_list_add(&waiting, f);
    free_frames++;
    dirty_frames++;
    if (unlikely(waiting.count > WAITING_HIGH))
        waiting_merge(WAITING_HIGH / 2 + WAITING_LOW / 2);
    unlock();
}

void heap_free(mfn_t m, unsigned order)
{
    struct frame *f = frame_of(m);

    /* A guest that guesses a frame number may hold a reference for the moment it takes to look at
     * the owner, a foreign mapping for as long as it likes: then its put frees the frame. */
    for (uint64_t i = 0; i < 1ull << order; i++)
        if ((__atomic_sub_fetch(&f[i].refs, 1, __ATOMIC_ACQ_REL) & FRAME_REFS_MASK) == 0)
            heap_free_frame(&f[i]);
}

uint64_t heap_free_frames(void) { return __atomic_load_n(&free_frames, __ATOMIC_RELAXED); }

/* Whoever finds a dirty free frame looks again under the lock, which keeps it free. */
static bool scrub_one(struct frame *f)
{
    bool mine;

    if (!spin_trylock(&heap_lock))
        return false;
    mine = f->owner == DOMID_INVALID && (f->aux & FRAME_AUX_DIRTY) && !tlb_filter(cpus_online, f->stamp);
    if (mine) {
        port_clear_pages(frame_va(frame_mfn(f)), 1);
        f->aux &= (uint16_t)~FRAME_AUX_DIRTY;
        dirty_frames--;
    }
    unlock();
    return mine;
}

/* Nobody else gets a lock that one CPU takes again and again, but by chance: who waits for it has it first. */
bool heap_scrub_some(void)
{
    unsigned cleaned = 0;

    if (!__atomic_load_n(&dirty_frames, __ATOMIC_RELAXED) || port_preempt_pending())
        return false;
    if (__atomic_exchange_n(&scrubbing, true, __ATOMIC_ACQUIRE))
        return false; /* another CPU does: the lock is for one */
    for (unsigned i = 0; i < SCRUB_LOOK && cleaned < SCRUB_CLEAN && !READ_ONCE(waiters); i++) {
        struct frame *f;

        if (scrub_cursor >= max_mfn)
            scrub_cursor = 0;
        f = &frame_table[scrub_cursor++];
        if (READ_ONCE(f->owner) == DOMID_INVALID && (READ_ONCE(f->aux) & FRAME_AUX_DIRTY)) {
            /* Its last owner may still write it through an old translation: clean means nobody can. */
            cpumask_t stale = tlb_filter(cpus_online, READ_ONCE(f->stamp));

            if (stale)
                port_tlb_flush(stale);
            cleaned += scrub_one(f);
        }
    }
    __atomic_store_n(&scrubbing, false, __ATOMIC_RELEASE);
    return true;
}

/* Every free frame is on exactly one list, and the counts are those of the lists. */
unsigned heap_audit(void)
{
    uint64_t listed = waiting.count, owned = 0, dirty = 0;
    unsigned errors = 0;

    lock();
    for (unsigned z = 0; z < NR_ZONES; z++)
        for (unsigned o = 0; o <= MAX_ORDER; o++)
            listed += zone_list[z][o].count << o;
    for (uint64_t n = 0; n < max_mfn; n++) {
        const struct frame *f = &frame_table[n];

        if (f->owner != DOMID_INVALID)
            continue;
        owned++;
        dirty += (f->aux & FRAME_AUX_DIRTY) != 0;
        if (f->word) {
            log_msg(LOG_ERR, "audit: free frame %#lx has references %#lx", (unsigned long)n,
                    (unsigned long)f->word);
            errors++;
        }
    }
    if (listed != owned || owned != free_frames || dirty != dirty_frames) {
        log_msg(LOG_ERR, "audit: %lu frames free by owner, %lu by lists, %lu by count; dirty %lu, %lu",
                (unsigned long)owned, (unsigned long)listed, (unsigned long)free_frames,
                (unsigned long)dirty, (unsigned long)dirty_frames);
        errors++;
    }
    unlock();
    return errors;
}
