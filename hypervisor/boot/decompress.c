/* SPDX-License-Identifier: MIT */
#include "boot/decompress.h"
#include <lzma.h>
#include <zlib.h>
#define ZSTD_STATIC_LINKING_ONLY /* for the variant with an allocator; we link the static library */
#include <zstd.h>
#include <zstd_errors.h>

static const struct unpack_memory *unpack_mem;
static size_t unpack_used;

/* One allocator behind the libraries' three shapes. What they free before the end is not counted
 * back: none of them allocates in a loop. */
static void *get(size_t n)
{
    if (n > UNPACK_MEMORY - unpack_used)
        return NULL;
    unpack_used += n;
    return unpack_mem->alloc(n);
}

static void put(void *p)
{
    if (p)
        unpack_mem->free(p);
}

static void *lzma_get(void *opaque, size_t n, size_t size)
{
    (void)opaque;
    return get(n * size);
}

static void *zlib_get(void *opaque, unsigned n, unsigned size)
{
    (void)opaque;
    return get((size_t)n * size);
}

static void *zstd_get(void *opaque, size_t n)
{
    (void)opaque;
    return get(n);
}

static void lib_put(void *opaque, void *p)
{
    (void)opaque;
    put(p);
}

static const char *lzma_words(lzma_ret r)
{
    switch (r) {
    case LZMA_OK:
    case LZMA_BUF_ERROR: return "the packed kernel ends too early, or is larger than it says";
    case LZMA_MEM_ERROR: return "not enough memory to unpack it";
    case LZMA_MEMLIMIT_ERROR: return "its dictionary is too large";
    case LZMA_OPTIONS_ERROR: return "it uses a filter or check this decoder does not know";
    case LZMA_FORMAT_ERROR: return "not an xz or lzma stream";
    default: return "its packed data is damaged";
    }
}

static const char *unpack_lzma(bool xz, const uint8_t *in, size_t in_len, uint8_t *out,
                               size_t out_len)
{
    static const lzma_allocator allocator = {.alloc = lzma_get, .free = lib_put};
    lzma_stream s = LZMA_STREAM_INIT;
    const char *why = NULL;
    lzma_ret r;

    s.allocator = &allocator;
    r = xz ? lzma_stream_decoder(&s, UNPACK_MEMORY, LZMA_TELL_UNSUPPORTED_CHECK)
           : lzma_alone_decoder(&s, UNPACK_MEMORY);
    if (r == LZMA_OK) {
        s.next_in = in;
        s.avail_in = in_len;
        s.next_out = out;
        s.avail_out = out_len;
        do {
            r = lzma_code(&s, LZMA_FINISH);
        } while (r == LZMA_OK);
    }
    if (r != LZMA_STREAM_END)
        why = lzma_words(r);
    else if (s.avail_out)
        why = "the packed kernel is smaller than it says";
    lzma_end(&s);
    return why;
}

static const char *unpack_gzip(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len)
{
    z_stream s = {.zalloc = zlib_get, .zfree = lib_put};
    const char *why = NULL;
    int r;

    if (in_len > UINT32_MAX || out_len > UINT32_MAX)
        return "a kernel above 4 GiB";
    s.next_in = (unsigned char *)(uintptr_t)in;
    s.avail_in = (unsigned)in_len;
    s.next_out = out;
    s.avail_out = (unsigned)out_len;
    r = inflateInit2(&s, 16 + MAX_WBITS); /* 16: a gzip header, not zlib's */
    if (r != Z_OK)
        return "not enough memory to unpack it";
    r = inflate(&s, Z_FINISH);
    if (r == Z_BUF_ERROR)
        why = "the packed kernel ends too early, or is larger than it says";
    else if (r != Z_STREAM_END)
        why = "its packed data is damaged";
    else if (s.avail_out)
        why = "the packed kernel is smaller than it says";
    inflateEnd(&s);
    return why;
}

static const char *unpack_zstd(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len)
{
    const ZSTD_customMem custom = {.customAlloc = zstd_get, .customFree = lib_put};
    ZSTD_DCtx *d = ZSTD_createDCtx_advanced(custom);
    size_t frame, n;

    if (!d)
        return "not enough memory to unpack it";
    /* The whole output is one buffer, so this needs no window besides it. */
    frame = ZSTD_findFrameCompressedSize(in, in_len);
    n = ZSTD_isError(frame) ? frame : ZSTD_decompressDCtx(d, out, out_len, in, frame);
    ZSTD_freeDCtx(d);
    if (ZSTD_isError(n))
        return ZSTD_getErrorCode(n) == ZSTD_error_dstSize_tooSmall
                   ? "the packed kernel is larger than it says"
                   : "its packed data is damaged";
    return n == out_len ? NULL : "the packed kernel is smaller than it says";
}

const char *unpack(enum packing p, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len,
                   const struct unpack_memory *mem)
{
    unpack_mem = mem;
    unpack_used = 0;
    switch (p) {
    case PACK_XZ: return unpack_lzma(true, in, in_len, out, out_len);
    case PACK_LZMA: return unpack_lzma(false, in, in_len, out, out_len);
    case PACK_GZIP: return unpack_gzip(in, in_len, out, out_len);
    case PACK_ZSTD: return unpack_zstd(in, in_len, out, out_len);
    case PACK_LZ4: return "packed with lz4, which is not supported (gzip, xz, lzma and zstd are)";
    case PACK_BZIP2:
        return "packed with bzip2, which is not supported (gzip, xz, lzma and zstd are)";
    case PACK_LZO: return "packed with lzo, which is not supported (gzip, xz, lzma and zstd are)";
    default: return "packed with something unknown";
    }
}
