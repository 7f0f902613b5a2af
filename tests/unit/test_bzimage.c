/* SPDX-License-Identifier: MIT */
/* LINK: boot/bzimage.c boot/decompress.c */
/* Checks [BOOT-2]. */
#include "boot/bzimage.h"
#include "boot/decompress.h"
#include <criterion/criterion.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define PLAIN (1u << 20)
#define ROOM (2u << 20)
#define SETUP 0x400u /* setup sector 1 only: the protected-mode part begins here */

static uint8_t plain[PLAIN], file[ROOM], out[PLAIN];
static size_t file_size;
static struct bzimage bz;
static const char *why;

/* Text-like data with some calls in it, so that the x86 filter has something to do. */
static void plain_fill(void)
{
    srand(7);
    for (unsigned i = 0; i < PLAIN; i++)
        plain[i] = i % 50 == 0 ? 0xe8 : (uint8_t)(rand() % (i % 3000 ? 4 : 256));
    memcpy(plain, "\177ELF", 4);
}

static void put32(size_t at, uint32_t v)
{
    memcpy(file + at, &v, 4);
}

/* Wrap the stream at file + SETUP + 0x40 of n bytes. */
static void wrap(size_t n, bool size_word)
{
    if (size_word) {
        put32(SETUP + 0x40 + n, PLAIN);
        n += 4;
    }
    memset(file, 0, SETUP);
    file[0x1f1] = 1;
    file[0x1fe] = 0x55;
    file[0x1ff] = 0xaa;
    memcpy(file + 0x202, "HdrS", 4);
    file[0x206] = 0x0f;
    file[0x207] = 0x02;
    put32(0x248, 0x40);
    put32(0x24c, (uint32_t)n);
    file_size = SETUP + 0x40 + n;
}

static uint8_t *stream(void)
{
    return file + SETUP + 0x40;
}

static void make_xz(bool alone)
{
    static lzma_options_lzma o;
    lzma_filter filters[] = {
        {LZMA_FILTER_X86, NULL}, {LZMA_FILTER_LZMA2, &o}, {LZMA_VLI_UNKNOWN, NULL}};
    size_t n = 0;

    plain_fill();
    cr_assert(!lzma_lzma_preset(&o, 1));
    if (alone) {
        lzma_stream s = LZMA_STREAM_INIT;

        cr_assert_eq(lzma_alone_encoder(&s, &o), LZMA_OK);
        s.next_in = plain;
        s.avail_in = PLAIN;
        s.next_out = stream();
        s.avail_out = ROOM / 2;
        cr_assert_eq(lzma_code(&s, LZMA_FINISH), LZMA_STREAM_END);
        n = s.total_out;
        lzma_end(&s);
    } else {
        cr_assert_eq(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, plain, PLAIN,
                                               stream(), &n, ROOM / 2),
                     LZMA_OK);
    }
    wrap(n, true);
}

static void make_gzip(void)
{
    z_stream s = {.next_in = plain, .avail_in = PLAIN, .next_out = stream(), .avail_out = ROOM / 2};

    plain_fill();
    cr_assert_eq(deflateInit2(&s, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&s, Z_FINISH), Z_STREAM_END);
    deflateEnd(&s);
    wrap(s.total_out, false); /* its own trailer ends with the size */
}

static void make_zstd(void)
{
    size_t n;

    plain_fill();
    n = ZSTD_compress(stream(), ROOM / 2, plain, PLAIN, 3);
    cr_assert(!ZSTD_isError(n));
    wrap(n, true);
}

static size_t allocated;
static void *test_alloc(size_t n)
{
    allocated += n;
    return malloc(n);
}
static void *no_alloc(size_t n)
{
    (void)n;
    return NULL;
}
static const struct unpack_memory memory = {test_alloc, free}, no_memory = {no_alloc, free};

/* Through parser and unpacker, from a buffer of exactly the file's size. */
static const char *unpack_file(size_t out_size, const struct unpack_memory *mem)
{
    uint8_t *copy = malloc(file_size);
    enum bz_result r;

    memcpy(copy, file, file_size);
    r = bzimage_parse(copy, file_size, &bz, &why);
    if (r == BZ_OK) {
        memset(out, 0, sizeof(out));
        why = unpack(bz.packing, copy + bz.off, bz.size, out, out_size, mem);
    }
    free(copy);
    cr_assert_eq(r, BZ_OK);
    return why;
}

static void check_good(enum packing packing)
{
    cr_assert_null(unpack_file(PLAIN, &memory), "%s", why);
    cr_assert_eq(bz.packing, packing);
    cr_assert_eq(bz.unpacked_size, PLAIN);
    cr_assert(memcmp(out, plain, PLAIN) == 0, "other bytes came out than went in");
    cr_assert_not_null(unpack_file(PLAIN - 1, &memory),
                       "a stream too large for its room was accepted");
    cr_assert_not_null(unpack_file(PLAIN, &no_memory), "unpacked without memory");
    cr_assert_not_null(strstr(why, "memory"), "%s", why);
    /* Cut short: the last quarter is missing. */
    cr_assert_not_null(unpack(packing, file + bz.off, bz.size * 3 / 4, out, PLAIN, &memory));
    /* Damaged in the middle, which the checksums find if nothing else does. */
    memset(file + bz.off + bz.size / 2, 0x5a, 64);
    cr_assert_not_null(unpack_file(PLAIN, &memory), "damage was not noticed");
}

Test(bzimage, xz_with_x86_filter_unpacks)
{
    make_xz(false);
    check_good(PACK_XZ);
}
Test(bzimage, gzip_unpacks)
{
    make_gzip();
    check_good(PACK_GZIP);
}

Test(bzimage, lzma_unpacks)
{
    make_xz(true);
    cr_assert_null(unpack_file(PLAIN, &memory), "%s", why);
    cr_assert_eq(bz.packing, PACK_LZMA);
    cr_assert(memcmp(out, plain, PLAIN) == 0);
}

Test(bzimage, zstd_unpacks)
{
    make_zstd();
    cr_assert_null(unpack_file(PLAIN, &memory), "%s", why);
    cr_assert_eq(bz.packing, PACK_ZSTD);
    cr_assert(memcmp(out, plain, PLAIN) == 0);
    cr_assert_not_null(unpack_file(PLAIN - 1, &memory));
    cr_assert_not_null(strstr(why, "larger"), "%s", why);
    cr_assert_not_null(unpack_file(PLAIN, &no_memory));
}

Test(bzimage, a_dictionary_above_the_limit_is_refused)
{
    lzma_options_lzma o;
    lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &o}, {LZMA_VLI_UNKNOWN, NULL}};
    size_t n = 0;

    plain_fill();
    cr_assert(!lzma_lzma_preset(&o, 0));
    o.dict_size = 512u << 20; /* in the header; the encoder's own memory is not touched */
    cr_assert_eq(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, plain, PLAIN, stream(),
                                           &n, ROOM / 2),
                 LZMA_OK);
    wrap(n, true);
    allocated = 0;
    cr_assert_not_null(unpack_file(PLAIN, &memory));
    cr_assert_not_null(strstr(why, "dictionary"), "%s", why);
    cr_assert_lt(allocated, UNPACK_MEMORY);
}

Test(bzimage, other_packings_are_refused_by_name)
{
    static const struct {
        const char magic[5], *name;
    } others[] = {
        {"\x02\x21\x4c\x18", "lz4"},
        {"BZh9", "bzip2"},
        {"\x89LZO", "lzo"},
        {"What", "unknown"},
    };

    for (unsigned i = 0; i < 4; i++) {
        memcpy(stream(), others[i].magic, 4);
        wrap(64, true);
        cr_assert_not_null(unpack_file(PLAIN, &memory));
        cr_assert_not_null(strstr(why, others[i].name), "%s", why);
    }
}

Test(bzimage, not_a_bzimage_is_told_from_a_broken_one)
{
    make_gzip();
    file[0x206] = 7; /* protocol 2.07 */
    cr_assert_eq(bzimage_parse(file, file_size, &bz, &why), BZ_BAD);
    file[0x206] = 0x0f;
    cr_assert_eq(bzimage_parse(file, file_size - 1, &bz, &why), BZ_BAD);
    put32(0x248, 0xffffffff);
    cr_assert_eq(bzimage_parse(file, file_size, &bz, &why), BZ_BAD);
    put32(0x248, 0x40);
    put32(0x24c, 0xffffffff);
    cr_assert_eq(bzimage_parse(file, file_size, &bz, &why), BZ_BAD);
    put32(0x24c, 3);
    cr_assert_eq(bzimage_parse(file, file_size, &bz, &why), BZ_BAD);
    file[0x202] = 'X';
    cr_assert_eq(bzimage_parse(file, file_size, &bz, &why), BZ_NO);
    cr_assert_eq(bzimage_parse(file, 0x24f, &bz, &why), BZ_NO);
    cr_assert_eq(bzimage_parse(file, 0, &bz, &why), BZ_NO);
}
