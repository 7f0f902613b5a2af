/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "blkimage.h"
#include "blkring.h"
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

bool image_measure(const struct image *i, uint64_t *bytes)
{
    struct stat st;

    *bytes = 0;
    if (i->nbd) {
        *bytes = nbd_bytes(i->nbd);
        return true;
    }
    if (i->device)
        return !ioctl(i->fd, BLKGETSIZE64, bytes);
    if (fstat(i->fd, &st))
        return false;
    *bytes = (uint64_t)st.st_size;
    return true;
}

/* A number of the block device's queue; a partition has none of its own. */
static uint64_t queue_number(dev_t device, const char *name)
{
    static const char *const forms[] = {"/sys/dev/block/%u:%u/queue/%s", "/sys/dev/block/%u:%u/../queue/%s"};
    unsigned long long value = 0;

    for (unsigned i = 0; i < 2; i++) {
        char path[96];
        FILE *f;

        snprintf(path, sizeof(path), forms[i], major(device), minor(device), name);
        f = fopen(path, "re");
        if (!f)
            continue;
        if (fscanf(f, "%llu", &value) != 1)
            value = 0;
        fclose(f);
        return value;
    }
    return 0;
}

static void device_properties(struct image *i, dev_t device)
{
    int logical = 0;
    unsigned physical = 0;

    if (!ioctl(i->fd, BLKSSZGET, &logical) && logical >= (int)BLK_SECTOR && logical <= (int)BLK_PAGE)
        i->sector_size = (uint32_t)logical;
    i->physical_size = !ioctl(i->fd, BLKPBSZGET, &physical) && physical >= i->sector_size ? physical : i->sector_size;
    i->discard = queue_number(device, "discard_max_bytes") > 0;
    i->discard_grain = (uint32_t)queue_number(device, "discard_granularity");
    i->discard_offset = (uint32_t)queue_number(device, "../discard_alignment");
}

/* The toolstack may give the guest larger sectors than the storage has, never smaller ones. */
static int sector_keys(struct image *i, struct device *d)
{
    uint64_t size;

    if (!key_number(d, false, "sector-size", i->sector_size, BLK_PAGE, &size) || size < i->sector_size || size & (size - 1)) {
        device_fail(d, 0, "sector-size is no power of two from %u to %u", i->sector_size, BLK_PAGE);
        return EINVAL;
    }
    i->sector_size = (uint32_t)size;
    if (i->physical_size < i->sector_size)
        i->physical_size = i->sector_size;
    return 0;
}

/* "FORMAT:PATH", as libxl writes it for QEMU, or a path alone. */
static const char *path_of(const char *params, char *format, size_t size)
{
    const char *colon = strchr(params, ':');

    if (*params == '/' || !colon || (size_t)(colon - params) >= size)
        return params;
    memcpy(format, params, (size_t)(colon - params));
    format[colon - params] = 0;
    return colon + 1;
}

static int raw_open(struct image *i, struct device *d, const char *path)
{
    int flags = (i->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC;
    uint64_t direct;
    struct stat st;

    if (stat(path, &st)) {
        device_fail(d, errno, "%s", path);
        return ENOENT;
    }
    i->device = S_ISBLK(st.st_mode);
    if (!i->device && !S_ISREG(st.st_mode)) {
        device_fail(d, 0, "%s is neither a file nor a block device", path);
        return ENOTBLK;
    }
    /* Past the page cache where nothing is lost by it: a device's own, and files if the toolstack wants it so. */
    i->direct = i->device || (key_number(d, false, "direct-io-safe", 0, 1, &direct) && direct);
    i->fd = open(path, flags | (i->direct ? O_DIRECT : 0));
    if (i->fd < 0 && i->direct && errno == EINVAL) {
        i->direct = false;
        i->fd = open(path, flags);
    }
    if (i->fd < 0) {
        int err = errno;

        device_fail(d, err, "%s", path);
        return err;
    }
    if (i->device)
        device_properties(i, st.st_rdev);
    return 0;
}

/* By its name in the toolstacks' files: NULL, or QEMU's name. */
static const char *qemu_format(const char *format)
{
    static const char *const names[][2] = {{"qcow2", "qcow2"}, {"qcow", "qcow"}, {"qed", "qed"},   {"vhd", "vpc"},
                                           {"vhdx", "vhdx"},   {"vmdk", "vmdk"}, {"vdi", "vdi"}};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(names[i][0], format))
            return names[i][1];
    return NULL;
}

int image_ready(struct image *i)
{
    int err = i->nbd ? nbd_ready(i->nbd) : 0;

    if (!err && i->nbd)
        i->bytes = nbd_bytes(i->nbd);
    return err;
}

int image_open(struct image *i, struct device *d)
{
    char format[16] = "raw", *params = key_read(d, false, "params"), *mode = key_read(d, false, "mode");
    const char *path = params ? path_of(params, format, sizeof(format)) : "";
    uint64_t wanted;
    int err = 0;

    *i = (struct image){.fd = -1, .sector_size = BLK_SECTOR, .physical_size = BLK_PAGE, .discard = true, .discard_grain = BLK_PAGE};
    i->readonly = !mode || mode[0] != 'w';
    if (!*path) {
        device_fail(d, err = ENOENT, "no image: the key params is empty");
    } else if (!strcmp(format, "raw") || !strcmp(format, "aio")) {
        err = raw_open(i, d, path);
    } else if (qemu_format(format)) {
        i->nbd = nbd_start(d, qemu_format(format), path, i->readonly);
        err = i->nbd ? 0 : ENOENT;
    } else {
        device_fail(d, 0, "%s: no back end for the format %s", path, format);
        err = EOPNOTSUPP;
    }
    if (!err)
        err = sector_keys(i, d);
    if (!err && !i->nbd && !image_measure(i, &i->bytes)) {
        err = errno;
        device_fail(d, err, "%s: its size", path);
    }
    if (key_number(d, false, "discard-enable", 1, 1, &wanted) && !wanted)
        i->discard = false;
    if (i->readonly)
        i->discard = false;
    if (err)
        image_close(i);
    free(params);
    free(mode);
    return err;
}

void image_close(struct image *i)
{
    if (i->fd >= 0)
        close(i->fd);
    i->fd = -1;
    if (i->nbd)
        nbd_stop(i->nbd);
    i->nbd = NULL;
}
