/* SPDX-License-Identifier: MIT */
#include "boot/image.h"
#include "boot/bzimage.h"
#include "boot/decompress.h"
#include "core/log.h"
#include "lib/printf.h"

#define fail(err, ...) (snprintf(err, PLAN_ERROR, __VA_ARGS__), false)

static unsigned order_of(uint64_t pages)
{
    return pages <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(pages - 1);
}

/* The heap gives powers of two; what is too much goes straight back. */
mfn_t run_alloc(uint64_t pages)
{
    unsigned order = order_of(pages);
    mfn_t m = heap_alloc(order, ALLOC_NOSCRUB);

    if (m.n != MFN_INVALID.n && BIT(order) > pages)
        run_free(MFN(m.n + pages), BIT(order) - pages);
    return m;
}

/* Piecewise, in the largest naturally aligned pieces. */
void run_free(mfn_t m, uint64_t pages)
{
    while (pages) {
        unsigned order = 63 - (unsigned)__builtin_clzll(pages);

        if (m.n)
            order = min(order, (unsigned)__builtin_ctzll(m.n));
        heap_free(m, order);
        m.n += BIT(order);
        pages -= BIT(order);
    }
}

/* ---- memory for the unpacking libraries: few and mostly large pieces, whole frames each ---- */

#define PIECES 32
static struct {
    void *p;
    uint64_t pages;
} pieces[PIECES];

static void *piece_alloc(size_t n)
{
    for (unsigned i = 0; i < PIECES; i++) {
        mfn_t m;

        if (pieces[i].p)
            continue;
        m = run_alloc(DIV_ROUND_UP(max(n, 1ul), PAGE_SIZE));
        if (m.n == MFN_INVALID.n)
            return NULL;
        pieces[i].pages = DIV_ROUND_UP(max(n, 1ul), PAGE_SIZE);
        return pieces[i].p = frame_va(m);
    }
    return NULL;
}

static void piece_free(void *p)
{
    for (unsigned i = 0; i < PIECES; i++)
        if (pieces[i].p == p) {
            run_free(va_frame(p), pieces[i].pages);
            pieces[i].p = NULL;
            return;
        }
    BUG();
}

static bool image_unpack(struct kernel_image *im, const struct bzimage *bz, const uint8_t *packed,
                         char *err)
{
    static const struct unpack_memory memory = {piece_alloc, piece_free};
    const char *why;

    if (bz->unpacked_size < PAGE_SIZE || bz->unpacked_size > BIT(30))
        return fail(err, "its unpacked size, %lu bytes, is not credible", bz->unpacked_size);
    im->scratch_pages = DIV_ROUND_UP(bz->unpacked_size, PAGE_SIZE);
    im->scratch = run_alloc(im->scratch_pages);
    if (im->scratch.n == MFN_INVALID.n)
        return fail(err, "no free run of %lu KiB to unpack it into", im->scratch_pages * 4);
    im->elf = frame_va(im->scratch);
    im->size = bz->unpacked_size;
    unpack_enter();
    why = unpack(bz->packing, packed, bz->size, frame_va(im->scratch), im->size, &memory);
    unpack_leave();
    if (!why)
        return true;
    image_close(im);
    return fail(err, "%s", why);
}

bool image_open(struct kernel_image *im, const void *file, size_t size, char *err)
{
    const char *why = NULL;
    struct bzimage bz;

    *im = (struct kernel_image){.elf = file, .size = size, .scratch = MFN_INVALID};
    switch (bzimage_parse(file, size, &bz, &why)) {
    case BZ_NO: snprintf(im->kind, sizeof(im->kind), "ELF"); return true;
    case BZ_BAD: return fail(err, "%s", why);
    case BZ_OK: break;
    }
    snprintf(im->kind, sizeof(im->kind), "bzImage %u.%u, %s", bz.protocol >> 8, bz.protocol & 0xffu,
             packing_name(bz.packing));
    if (bz.packing == PACK_NONE) {
        im->elf += bz.off;
        im->size = bz.size;
        return true;
    }
    return image_unpack(im, &bz, (const uint8_t *)file + bz.off, err);
}

void image_close(struct kernel_image *im)
{
    if (im->scratch.n != MFN_INVALID.n)
        run_free(im->scratch, im->scratch_pages);
    im->scratch = MFN_INVALID;
}
