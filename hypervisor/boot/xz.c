/* SPDX-License-Identifier: MIT */
#include "boot/xz.h"
#include "boot/bcj.h"
#include "boot/lzma2.h"

#define CRC32_BYTES 4u

/* Decode the headers to `b`, whose filters are then to be freed. False: not a stream of the kind. */
static bool headers_decode(lzma_block *b, const uint8_t *in, size_t in_len, const lzma_allocator *a)
{
    lzma_stream_flags flags;

    if (in_len < LZMA_STREAM_HEADER_SIZE + 1 || lzma_stream_header_decode(&flags, in) != LZMA_OK ||
        flags.check != LZMA_CHECK_CRC32 || !in[LZMA_STREAM_HEADER_SIZE])
        return false;
    b->check = flags.check;
    b->header_size = lzma_block_header_size_decode(in[LZMA_STREAM_HEADER_SIZE]);
    return b->header_size <= in_len - LZMA_STREAM_HEADER_SIZE &&
           lzma_block_header_decode(b, a, in + LZMA_STREAM_HEADER_SIZE) == LZMA_OK;
}

/* The LZMA2 and what follows it: padding, the block's checksum. */
static lzma_ret block_decode(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len, void *work)
{
    bool stored;
    size_t used = lzma2_unpack(in, in_len, out, out_len, work, &stored);
    uint32_t sum;

    if (!used)
        return LZMA_DATA_ERROR;
    used = ROUND_UP(used, 4);
    if (used + CRC32_BYTES > in_len)
        return LZMA_BUF_ERROR;
    bcj_x86_decode(out, out_len);
    __builtin_memcpy(&sum, in + used, sizeof(sum));
    /* A tenth of the unpacking, for nothing that would not have been found. */
    if (!stored)
        return LZMA_STREAM_END;
    return lzma_crc32(out, out_len, 0) == sum ? LZMA_STREAM_END : LZMA_DATA_ERROR;
}

bool xz_unpack_kernel(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len, const lzma_allocator *a,
                      lzma_ret *r)
{
    lzma_filter filters[LZMA_FILTERS_MAX + 1];
    lzma_block b = { .version = 1, .filters = filters };
    void *work = NULL;
    size_t skip;
    bool mine;

    if (!headers_decode(&b, in, in_len, a))
        return false;
    skip = LZMA_STREAM_HEADER_SIZE + b.header_size;
    mine = filters[0].id == LZMA_FILTER_X86 && !filters[0].options && filters[1].id == LZMA_FILTER_LZMA2;
    lzma_filters_free(filters, a);
    if (!mine)
        return false;
    *r = LZMA_MEM_ERROR;
    work = a->alloc(a->opaque, 1, LZMA2_WORK);
    if (work)
        *r = block_decode(in + skip, in_len - skip, out, out_len, work);
    a->free(a->opaque, work);
    return true;
}
