/* SPDX-License-Identifier: MIT */
#include "boot/bzimage.h"
#include "lib/string.h"

/* The setup header's fields (Linux, Documentation/x86/boot.rst), by file offset. */
enum {
    SETUP_SECTS = 0x1f1,
    BOOT_FLAG = 0x1fe,
    HEADER_MAGIC = 0x202,
    VERSION = 0x206,
    PAYLOAD_OFFSET = 0x248,
    PAYLOAD_LENGTH = 0x24c,
    HEADER_END = 0x250,
    SECTOR = 512,
};

#define PROTOCOL_WITH_PAYLOAD 0x0208

static const struct {
    enum packing packing;
    const char *name;
    uint8_t len, magic[6];
} formats[] = {
    {PACK_GZIP, "gzip", 2, {0x1f, 0x8b}},
    {PACK_XZ, "xz", 6, {0xfd, '7', 'z', 'X', 'Z', 0}},
    {PACK_ZSTD, "zstd", 4, {0x28, 0xb5, 0x2f, 0xfd}},
    {PACK_LZMA, "lzma", 3, {0x5d, 0, 0}},
    {PACK_LZ4, "lz4", 4, {0x02, 0x21, 0x4c, 0x18}},
    {PACK_BZIP2, "bzip2", 3, {'B', 'Z', 'h'}},
    {PACK_LZO, "lzo", 4, {0x89, 'L', 'Z', 'O'}},
    {PACK_NONE, "unpacked ELF", 4, {0x7f, 'E', 'L', 'F'}},
};

enum packing packing_of(const uint8_t *data, size_t size)
{
    for (unsigned i = 0; i < ARRAY_SIZE(formats); i++)
        if (size >= formats[i].len && memcmp(data, formats[i].magic, formats[i].len) == 0)
            return formats[i].packing;
    return PACK_UNKNOWN;
}

const char *packing_name(enum packing p)
{
    for (unsigned i = 0; i < ARRAY_SIZE(formats); i++)
        if (formats[i].packing == p)
            return formats[i].name;
    return "something unknown";
}

static uint32_t le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

enum bz_result bzimage_parse(const void *data, size_t size, struct bzimage *bz, const char **why)
{
    const uint8_t *d = data;
    uint64_t off, length;

    *bz = (struct bzimage){0};
    if (size < HEADER_END || d[BOOT_FLAG] != 0x55 || d[BOOT_FLAG + 1] != 0xaa ||
        memcmp(d + HEADER_MAGIC, "HdrS", 4) != 0)
        return BZ_NO;
    bz->protocol = (uint16_t)(d[VERSION] | d[VERSION + 1] << 8);
    if (bz->protocol < PROTOCOL_WITH_PAYLOAD) {
        *why = "a bzImage older than boot protocol 2.08 does not say where its kernel is";
        return BZ_BAD;
    }
    /* 0 sectors means 4, for kernels from before the field existed. */
    off = (uint64_t)((d[SETUP_SECTS] ? d[SETUP_SECTS] : 4) + 1) * SECTOR + le32(d + PAYLOAD_OFFSET);
    length = le32(d + PAYLOAD_LENGTH);
    if (off > size || length > size - off) {
        *why = "a bzImage whose payload lies outside the file: cut short?";
        return BZ_BAD;
    }
    if (length < 8) {
        *why = "a bzImage without a payload";
        return BZ_BAD;
    }
    bz->off = off;
    bz->packing = packing_of(d + off, length);
    bz->size = length;
    if (bz->packing != PACK_NONE) {
        /* gzip's own trailer ends with the size; behind the others the kernel's build put it. */
        bz->unpacked_size = le32(d + off + length - 4);
        if (bz->packing != PACK_GZIP)
            bz->size -= 4;
    } else {
        bz->unpacked_size = length;
    }
    return BZ_OK;
}
