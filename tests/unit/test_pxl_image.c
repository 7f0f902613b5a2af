/* SPDX-License-Identifier: MIT */
/* LINK: tools/libpxl/image.c tools/libpxl/fault.c boot/elfplan.c boot/elfnotes.c boot/bzimage.c */
/* LINK: boot/decompress.c */
/* pxl's kernels: what a file says, and that unpacked ones are kept once, used again, and not when they are damaged. */
#include "tools/libpxl/internal.h"
#include "tiny_elf.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static struct pxl p;
static struct tiny_elf elf;
static char folder[64], cache[80], kernel[80];
static uint8_t file[2 << 20];

static void setup(void)
{
    strcpy(folder, "/tmp/test_pxl_image.XXXXXX");
    cr_assert(mkdtemp(folder));
    snprintf(cache, sizeof(cache), "%s/cache", folder);
    snprintf(kernel, sizeof(kernel), "%s/kernel", folder);
    image_cache = cache;
    tiny_begin(&elf);
    tiny_segment(&elf, 0x1000, 0x3000, 0x5000, 0x5a);
    tiny_text(&elf, XEN_ELFNOTE_GUEST_OS, "tiny");
    tiny_text(&elf, XEN_ELFNOTE_LOADER, "generic");
    tiny_text(&elf, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    tiny_number(&elf, XEN_ELFNOTE_VIRT_BASE, TINY_BASE);
    tiny_number(&elf, XEN_ELFNOTE_ENTRY, TINY_BASE + 0x1000);
    tiny_write(&elf);
}

static void folder_empty(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;

    while (d && (e = readdir(d)))
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    rmdir(path);
}

static void teardown(void)
{
    folder_empty(cache);
    folder_empty(folder);
    fault_clear(&p);
}

TestSuite(pxl_image, .init = setup, .fini = teardown);

static void write_file(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    cr_assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

/* The ELF file in a bzImage, packed by gzip. */
static size_t pack(void)
{
    z_stream s = {.next_in = elf.data, .avail_in = (unsigned)elf.size, .next_out = file + 0x440, .avail_out = 1 << 20};
    uint32_t offset = 0x40, size;

    memset(file, 0, 0x440);
    cr_assert_eq(deflateInit2(&s, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&s, Z_FINISH), Z_STREAM_END);
    deflateEnd(&s);
    size = (uint32_t)s.total_out;
    file[0x1f1] = 1;
    memcpy(file + 0x1fe, "\x55\xaa", 2);
    memcpy(file + 0x202, "HdrS\x0f\x02", 6);
    memcpy(file + 0x248, &offset, 4);
    memcpy(file + 0x24c, &size, 4);
    return 0x440 + size;
}

/* How many files the cache has; the path of one. */
static unsigned cached(char *path, size_t size)
{
    DIR *d = opendir(cache);
    struct dirent *e;
    unsigned n = 0;

    while (d && (e = readdir(d))) {
        if (e->d_name[0] == '.')
            continue;
        n++;
        if (path)
            snprintf(path, size, "%s/%s", cache, e->d_name);
    }
    if (d)
        closedir(d);
    return n;
}

static void expect_good(void)
{
    struct pxl_image *i = pxl_image_open(&p, kernel, false);

    cr_assert(i, "%s", pxl_fault(&p) ? pxl_fault(&p)->what : "");
    cr_assert(pxl_image_info(i)->pv64, "%s", pxl_image_info(i)->missing[0]);
    cr_assert_str_eq(pxl_image_info(i)->guest_os, "tiny");
    cr_assert_eq(pxl_image_info(i)->entry, TINY_BASE + 0x1000);
    cr_assert(!memcmp(image_bytes(i), elf.data, elf.size));
    pxl_image_close(i);
}

Test(pxl_image, an_elf_file_is_used_as_it_is)
{
    struct pxl_image *i;

    write_file(kernel, elf.data, elf.size);
    expect_good();
    cr_assert_eq(cached(NULL, 0), 0);
    i = pxl_image_open(&p, kernel, false);
    cr_assert(i);
    cr_assert_eq(pxl_image_info(i)->nr_notes, 5);
    cr_assert_str_eq(pxl_image_info(i)->format, "elf64");
    pxl_image_close(i);
}

Test(pxl_image, a_packed_one_is_unpacked_once)
{
    struct stat before, after;
    char path[256];

    write_file(kernel, file, pack());
    expect_good();
    cr_assert_eq(cached(path, sizeof(path)), 1);
    cr_assert(!stat(path, &before));
    cr_assert_eq((size_t)before.st_size, elf.size);
    expect_good();
    cr_assert_eq(cached(NULL, 0), 1);
    cr_assert(!stat(path, &after));
    cr_assert_eq(before.st_ino, after.st_ino, "it was unpacked again");
}

Test(pxl_image, check_leaves_no_cache)
{
    struct pxl_image *i;

    write_file(kernel, file, pack());
    i = pxl_image_open(&p, kernel, true);
    cr_assert(i && pxl_image_info(i)->pv64);
    pxl_image_close(i);
    cr_assert_eq(cached(NULL, 0), 0);
}

Test(pxl_image, a_damaged_cache_is_made_again)
{
    static const uint8_t zero[4096];
    char path[256];
    int fd;

    write_file(kernel, file, pack());
    expect_good();
    cr_assert_eq(cached(path, sizeof(path)), 1);
    cr_assert(!truncate(path, 100));
    expect_good();
    fd = open(path, O_WRONLY);
    cr_assert(fd >= 0 && pwrite(fd, zero, sizeof(zero), 0) == sizeof(zero));
    close(fd);
    expect_good();
    expect_good();
    cr_assert_eq(cached(NULL, 0), 1);
}

Test(pxl_image, a_kernel_that_changed_is_another)
{
    size_t n = pack();

    write_file(kernel, file, n);
    expect_good();
    usleep(20000); /* the clock of files goes in steps */
    elf.data[TINY_DATA] ^= 1;
    n = pack();
    write_file(kernel, file, n);
    expect_good();
    cr_assert_eq(cached(NULL, 0), 2);
}

Test(pxl_image, the_cache_does_not_grow_without_end)
{
    size_t n = pack();

    for (unsigned i = 0; i < 12; i++) {
        unlink(kernel);
        snprintf(kernel, sizeof(kernel), "%s/kernel%u", folder, i);
        write_file(kernel, file, n);
        expect_good();
        usleep(20000);
    }
    cr_assert_leq(cached(NULL, 0), 8);
}

Test(pxl_image, what_is_no_kernel_is_said)
{
    size_t n = pack();
    struct pxl_image *i;

    cr_assert(!pxl_image_open(&p, "/nonexistent", false));
    cr_assert_eq(pxl_fault(&p)->err, ENOENT);
    cr_assert(!pxl_image_open(&p, folder, false));
    cr_assert_eq(pxl_fault(&p)->err, EISDIR);
    write_file(kernel, "", 0);
    cr_assert(!pxl_image_open(&p, kernel, false));
    write_file(kernel, "hello", 5);
    i = pxl_image_open(&p, kernel, false);
    cr_assert(i && !pxl_image_info(i)->pv64 && pxl_image_info(i)->nr_missing == 1);
    pxl_image_close(i);
    for (size_t at = 0x460; at < n; at += 7)
        file[at] ^= 0x55;
    write_file(kernel, file, n);
    cr_assert(!pxl_image_open(&p, kernel, false));
    cr_assert(pxl_fault(&p)->what && strstr(pxl_fault(&p)->what, "kernel"));
    cr_assert_eq(cached(NULL, 0), 0);
    n = pack();
    write_file(kernel, file, n / 2);
    cr_assert(!pxl_image_open(&p, kernel, false));
}
