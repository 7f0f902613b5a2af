/* SPDX-License-Identifier: MIT */
/*
 * The xz streams that kernels are packed in: one block, x86 filter over LZMA2, CRC32. Only the LZMA2 is left to
 * liblzma, see boot/bcj.h. Any other stream is not for this file; liblzma's whole decoder takes it.
 */
#ifndef BOOT_XZ_H
#define BOOT_XZ_H

#include "lib/types.h"
#include <lzma.h>

/*
 * Unpack in[in_len] into out[out_len] with at most `memory` bytes from `a`. False: another kind of stream. Else *r is
 * LZMA_STREAM_END if out was filled and its checksum is right, or the error; LZMA_BUF_ERROR: too short or too long.
 */
bool xz_unpack_kernel(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len, const lzma_allocator *a,
                      uint64_t memory, lzma_ret *r);

#endif
