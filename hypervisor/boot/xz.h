/* SPDX-License-Identifier: MIT */
/*
 * The xz streams that kernels are packed in: one block, x86 filter over LZMA2, CRC32. They are unpacked by boot/lzma2.h
 * and boot/bcj.h in two thirds of liblzma's instructions. Any other stream is not for this file; liblzma takes it.
 */
#ifndef BOOT_XZ_H
#define BOOT_XZ_H

#include "lib/types.h"
#include <lzma.h>

/*
 * Unpack in[in_len] into out[out_len]. False: another kind of stream. Else *r is LZMA_STREAM_END if out was filled and
 * its checksum is right, or the error.
 */
bool xz_unpack_kernel(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len, const lzma_allocator *a,
                      lzma_ret *r);

#endif
