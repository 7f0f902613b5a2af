/* SPDX-License-Identifier: MIT */
/*
 * Small objects. Sizes 16, 32 .. 2048 each have frames cut into equal pieces; larger objects are
 * whole blocks of frames. A slab frame's own struct frame holds its state: aux the class + 1 (large:
 * AUX_LARGE + order), stamp the first free piece (in units of 16 bytes + 1, 0 = none; high half) and
 * the pieces in use (low half); prev/next link the frames of a class that have a free piece. A free
 * piece holds the place of the next one.
 * One lock, rank 8, never held over the frame allocator, which may flush TLBs.
 */
#include "core/frame.h"
#include "core/log.h"
#include "lib/string.h"

#define CLASS_MIN_SHIFT 4
#define CLASS_MAX_SHIFT 11
#define NR_CLASSES (CLASS_MAX_SHIFT - CLASS_MIN_SHIFT + 1)
#define AUX_LARGE  0x0100u

static spinlock_t slab_lock;
static struct frame_list partial[NR_CLASSES];
static bool ready;

static unsigned class_of(size_t size)
{
    unsigned shift = size <= 1 ? 0 : 64u - (unsigned)__builtin_clzll(size - 1);

    return shift < CLASS_MIN_SHIFT ? 0 : shift - CLASS_MIN_SHIFT;
}

static void *large_alloc(size_t size)
{
    unsigned order = 64u - PAGE_SHIFT - (unsigned)__builtin_clzll(size - 1);
    mfn_t m = heap_alloc(order, 0);

    if (mfn_eq(m, MFN_INVALID))
        return NULL;
    frame_of(m)->aux = (uint16_t)(AUX_LARGE + order);
    return frame_va(m);
}

/* Take a piece of f, which has one. */
static uint16_t *piece_take(struct frame *f, unsigned c)
{
    uint16_t *p = (uint16_t *)((uint8_t *)frame_va(frame_mfn(f)) + ((f->stamp >> 16) - 1) * 16);

    f->stamp = (uint32_t)*p << 16 | ((f->stamp & 0xffff) + 1);
    if (!*p)
        frame_list_del(&partial[c], f);
    return p;
}

/* A frame cut into pieces of class c, all free, on no list. */
static struct frame *slab_new(unsigned c)
{
    mfn_t m = heap_alloc(0, 0);
    struct frame *f;
    uint8_t *va;
    size_t size = 1ul << (c + CLASS_MIN_SHIFT);

    if (mfn_eq(m, MFN_INVALID))
        return NULL;
    f = frame_of(m);
    va = frame_va(m);
    for (size_t at = 0; at < PAGE_SIZE; at += size)
        *(uint16_t *)(va + at) = at + size < PAGE_SIZE ? (uint16_t)((at + size) / 16 + 1) : 0;
    f->aux = (uint16_t)(c + 1);
    f->stamp = 1u << 16;
    return f;
}

static void init_once(void)
{
    if (ready)
        return;
    for (unsigned i = 0; i < NR_CLASSES; i++)
        frame_list_init(&partial[i]);
    ready = true;
}

void *xalloc(size_t size)
{
    unsigned c = class_of(size);
    struct frame *f;
    void *p;

    if (c >= NR_CLASSES)
        return large_alloc(size);
    spin_lock(&slab_lock);
    init_once();
    if (partial[c].head == FRAME_NIL) {
        spin_unlock(&slab_lock);
        f = slab_new(c);
        if (!f)
            return NULL;
        spin_lock(&slab_lock);
        frame_list_add(&partial[c], f);
    }
    p = piece_take(&frame_table[partial[c].head], c);
    spin_unlock(&slab_lock);
    return memset(p, 0, 1ul << (c + CLASS_MIN_SHIFT));
}

void xfree(void *p)
{
    struct frame *f;
    unsigned c;

    if (!p)
        return;
    f = frame_of(va_frame(p));
    BUG_ON(f->owner != DOMID_XEN || !f->aux);
    if (f->aux >= AUX_LARGE) {
        unsigned order = f->aux - AUX_LARGE;

        f->aux = 0;
        heap_free(frame_mfn(f), order);
        return;
    }
    c = f->aux - 1u;
    spin_lock(&slab_lock);
    BUG_ON((f->stamp & 0xffff) == 0);
    if (!(f->stamp >> 16))
        frame_list_add(&partial[c], f);
    *(uint16_t *)p = (uint16_t)(f->stamp >> 16);
    f->stamp = (uint32_t)(((uintptr_t)p & (PAGE_SIZE - 1)) / 16 + 1) << 16 | ((f->stamp & 0xffff) - 1);
    /* An empty frame goes back, unless it is the last with room: the next object would need one. */
    if ((f->stamp & 0xffff) || partial[c].count == 1) {
        spin_unlock(&slab_lock);
        return;
    }
    frame_list_del(&partial[c], f);
    f->aux = 0;
    spin_unlock(&slab_lock);
    heap_free(frame_mfn(f), 0);
}
