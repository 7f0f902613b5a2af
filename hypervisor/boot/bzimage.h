/* SPDX-License-Identifier: MIT */
/* A Linux bzImage: is it one, and where in it is the packed kernel. Pure, trusts nothing in the file. */
#ifndef BOOT_BZIMAGE_H
#define BOOT_BZIMAGE_H

#include "lib/types.h"

enum packing {
    PACK_NONE,
    PACK_GZIP,
    PACK_XZ,
    PACK_ZSTD,
    PACK_LZMA,
    PACK_LZ4,
    PACK_BZIP2,
    PACK_LZO,
    PACK_UNKNOWN
};

struct bzimage {
    enum packing packing;
    size_t off, size;       /* the packed stream within the file, without the trailing size word */
    uint64_t unpacked_size; /* as the build of the kernel noted behind the stream */
    uint16_t protocol;      /* of the setup header, 0x020f = 2.15 */
};

enum bz_result { BZ_NO, BZ_OK, BZ_BAD };

/* What packs these bytes, by their first ones. */
enum packing packing_of(const uint8_t *data, size_t size);
const char *packing_name(enum packing p);

/* BZ_NO: not a bzImage. BZ_BAD: one that cannot be used, *why says it. */
enum bz_result bzimage_parse(const void *data, size_t size, struct bzimage *bz, const char **why);

#endif
