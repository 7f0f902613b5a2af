/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/blkimage.c */
/* What a disk is made of, by the keys of its folder: what is good is opened, what is not says why. */
#define _GNU_SOURCE
#include "dom0/backend/blkimage.h"
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *params, *mode, *sector_size, *discard;
static char why[300], nbd_format[24];
static struct device device;
static struct image image;
static char path[] = "/tmp/blkimage.XXXXXX";

char *key_read(struct device *d, bool front, const char *key)
{
    const char *value = !strcmp(key, "params") ? params : !strcmp(key, "mode") ? mode : NULL;

    cr_assert(d == &device && !front);
    return value ? strdup(value) : NULL;
}

bool key_number(struct device *d, bool front, const char *key, uint64_t without, uint64_t max, uint64_t *value)
{
    const char *text = !strcmp(key, "sector-size") ? sector_size : !strcmp(key, "discard-enable") ? discard : NULL;

    cr_assert(d == &device && !front);
    *value = text ? strtoull(text, NULL, 10) : without;
    return *value <= max;
}

void device_fail(struct device *d, int err, const char *format, ...)
{
    va_list args;

    cr_assert(d == &device && err >= 0);
    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
}

struct nbd_image *nbd_start(struct device *d, const char *format, const char *file, bool readonly)
{
    cr_assert(d == &device && file[0] == '/' && readonly);
    snprintf(nbd_format, sizeof(nbd_format), "%s", format);
    return (struct nbd_image *)1;
}

int nbd_ready(struct nbd_image *n)
{
    return n ? 0 : EIO;
}

uint64_t nbd_bytes(struct nbd_image *n)
{
    return n ? 4096 : 0;
}

void nbd_stop(struct nbd_image *n)
{
    cr_assert(n);
}

static void setup(void)
{
    int fd = mkstemp(path);

    cr_assert(fd >= 0 && !ftruncate(fd, 1 << 20));
    close(fd);
    params = path;
    mode = "w";
}

static void teardown(void)
{
    unlink(path);
}

TestSuite(blkimage, .init = setup, .fini = teardown);

static void good(const char *what)
{
    params = what;
    cr_assert_eq(image_open(&image, &device), 0, "%s: %s", what, why);
}

static void bad(const char *what, const char *words)
{
    params = what;
    why[0] = 0;
    cr_assert_neq(image_open(&image, &device), 0, "%s", what ? what : "nothing");
    cr_assert(strstr(why, words), "%s", why);
    cr_assert_eq(image.fd, -1);
}

Test(blkimage, a_file_is_opened_by_its_path_and_by_libxls_words)
{
    static const char *const forms[] = {"%s", "raw:%s", "aio:%s"};

    for (unsigned i = 0; i < 3; i++) {
        char text[64];

        snprintf(text, sizeof(text), forms[i], path);
        good(text);
        cr_assert(image.bytes == 1 << 20 && image.sector_size == 512 && image.discard && !image.readonly && !image.device);
        image_close(&image);
    }
}

Test(blkimage, what_is_no_image_says_so)
{
    bad(NULL, "params");
    bad("", "params");
    bad("raw:", "params");
    bad("/nowhere/at/all", "/nowhere");
    bad("/tmp", "neither");
    bad("/dev/null", "neither");
    bad("iso9660:/tmp/x", "iso9660");
    bad("nbd:unix:/tmp/x", "nbd");
}

Test(blkimage, without_w_nothing_is_written_and_nothing_discarded)
{
    static const char *const modes[] = {NULL, "", "r", "R"};

    for (unsigned i = 0; i < 4; i++) {
        mode = modes[i];
        good(path);
        cr_assert(image.readonly && !image.discard);
        cr_assert_eq(write(image.fd, "x", 1), -1);
        image_close(&image);
    }
}

Test(blkimage, sectors_may_be_larger_but_nothing_else)
{
    static const char *const wrong[] = {"0", "256", "513", "1536", "8192", "99999999999"};

    sector_size = "4096";
    good(path);
    cr_assert(image.sector_size == 4096 && image.physical_size == 4096);
    image_close(&image);
    for (unsigned i = 0; i < 6; i++) {
        sector_size = wrong[i];
        bad(path, "sector-size");
    }
}

Test(blkimage, a_size_that_changes_is_measured)
{
    uint64_t bytes;

    good(path);
    cr_assert(!truncate(path, 2 << 20) && image_measure(&image, &bytes));
    cr_assert_eq(bytes, 2 << 20);
    discard = "0";
    image_close(&image);
    good(path);
    cr_assert_not(image.discard);
    image_close(&image);
}

Test(blkimage, qemus_formats_go_to_qemu_by_its_names_for_them)
{
    mode = "r";
    good("qcow2:/tmp/x");
    cr_assert_str_eq(nbd_format, "qcow2");
    cr_assert(image.fd == -1 && !image_ready(&image) && image.bytes == 4096);
    image_close(&image);
    good("vhd:/tmp/x");
    cr_assert_str_eq(nbd_format, "vpc");
    image_close(&image);
}
