/* SPDX-License-Identifier: MIT */
#include "boot/xz.h"
#include "boot/bcj.h"

#define CRC32_BYTES 4u

/* Decode the headers to `b`. False: not a stream of the kind. The filters' options are to be freed if b->filters[1].id. */
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

/* The LZMA2 and what follows it: padding, the block's checksum, and no other block. */
static lzma_ret block_decode(const lzma_filter *lzma2, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len,
                             const lzma_allocator *a)
{
    size_t taken = 0, made = 0;
    lzma_ret r = lzma_raw_buffer_decode(lzma2, a, in, &taken, in_len, out, &made, out_len);
    uint32_t sum;

    if (r != LZMA_OK)
        return r;
    taken = ROUND_UP(taken, 4);
    if (made != out_len || taken + CRC32_BYTES > in_len)
        return LZMA_BUF_ERROR;
    bcj_x86_decode(out, out_len);
    __builtin_memcpy(&sum, in + taken, sizeof(sum));
    return lzma_crc32(out, out_len, 0) == sum ? LZMA_STREAM_END : LZMA_DATA_ERROR;
}

bool xz_unpack_kernel(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len, const lzma_allocator *a,
                      uint64_t memory, lzma_ret *r)
{
    lzma_filter filters[LZMA_FILTERS_MAX + 1];
    lzma_block b = { .version = 1, .filters = filters };
    bool mine = false;
    size_t skip;

    if (!headers_decode(&b, in, in_len, a))
        return false;
    skip = LZMA_STREAM_HEADER_SIZE + b.header_size;
    if (filters[0].id == LZMA_FILTER_X86 && !filters[0].options && filters[1].id == LZMA_FILTER_LZMA2 &&
        filters[2].id == LZMA_VLI_UNKNOWN) {
        mine = true;
        *r = lzma_raw_decoder_memusage(filters + 1) > memory
                 ? LZMA_MEMLIMIT_ERROR
                 : block_decode(filters + 1, in + skip, in_len - skip, out, out_len, a);
    }
    lzma_filters_free(filters, a);
    return mine;
}
