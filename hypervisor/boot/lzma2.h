/* SPDX-License-Identifier: MIT */
/*
 * LZMA2, as the xz file format's description has it: chunks, each stored as it is or coded by LZMA. This decoder writes
 * straight to its output, which is the whole dictionary, and copies repetitions eight bytes at a time; liblzma's goes
 * through a window, byte by byte where a repetition overlaps itself. Unpacking a kernel is most of a boot.
 */
#ifndef BOOT_LZMA2_H
#define BOOT_LZMA2_H

#include "lib/types.h"

#define LZMA2_WORK (32u << 10) /* bytes of working memory, aligned as malloc() does */

/*
 * Unpack in[in_len] into out[out_len], which must be filled exactly. The bytes of `in` that were used, or 0: the data
 * is damaged, too short or too long. Coded chunks prove themselves: each has to use up its bytes and fill its room
 * exactly and to end with 32 zero bits in the decoder. *stored: there were others, which need a checksum.
 */
size_t lzma2_unpack(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len, void *work, bool *stored);

#endif
