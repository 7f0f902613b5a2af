/* SPDX-License-Identifier: MIT */
/*
 * Unpacking a kernel at boot with Debian's static liblzma, zlib and libzstd. They get their memory
 * from the caller's allocator, so that the hypervisor can give frames and the host tests malloc.
 * gzip, xz, lzma and zstd; lz4, bzip2 and lzo are refused by name.
 */
#ifndef BOOT_DECOMPRESS_H
#define BOOT_DECOMPRESS_H

#include "boot/bzimage.h"

/* Most memory a stream may ask for besides its output: xz's dictionary of 128 MiB, and some. */
#define UNPACK_MEMORY (160ul << 20)

struct unpack_memory {
    void *(*alloc)(size_t n); /* NULL: none left */
    void (*free)(void *p);
};

/* Unpack in[in_len] into out[out_len], which must be filled exactly. NULL, or why not in words. */
const char *unpack(enum packing p, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len,
                   const struct unpack_memory *mem);

#endif
