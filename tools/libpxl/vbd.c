/* SPDX-License-Identifier: MIT */
/* Disks: which back end, the number of a name, and for the kernel's back end a block device of a file. */
#include "device.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LOOP_MARK "pxl:" /* and the UUID, as the name of a loop */
#define LOOPS_MOST 4096

int disk_keys(struct device *d, xs_transaction_t t)
{
    const struct pxl_disk *k = d->disk;
    char id[16], *params = NULL;
    int rc;

    snprintf(id, sizeof(id), "%u", d->id);
    if (d->kind == KIND_QDISK) {
        if (asprintf(&params, "%s:%s", k->format == PXL_QCOW2 ? "qcow2" : "raw", k->target) < 0)
            return pxl_fail(d->p, "asprintf", ENOMEM, NULL, "name the disk %s", k->vdev);
        rc = device_back(d, t, "params", params) || device_back(d, t, "type", "qdisk") ||
             device_back(d, t, "direct-io-safe", k->direct_io ? "1" : "0");
        free(params);
    } else if (*d->script) {
        rc = device_back(d, t, "params", k->target) || device_back(d, t, "type", "phy") || device_back(d, t, "script", d->script);
    } else {
        rc = device_back(d, t, "params", d->node) || device_back(d, t, "type", "phy") ||
             device_back(d, t, "physical-device", d->numbers) || device_back(d, t, "physical-device-path", d->node);
    }
    return rc || device_back(d, t, "mode", k->readonly ? "r" : "w") ||
                   device_back(d, t, "device-type", k->cdrom ? "cdrom" : "disk") || device_back(d, t, "dev", k->vdev) ||
                   device_back(d, t, "removable", "0") || device_back(d, t, "bootable", "1") ||
                   device_back(d, t, "discard-enable", k->discard_set && !k->discard ? "0" : "1") ||
                   (k->untrusted && device_front_key(d, t, "trusted", "0")) || device_front_key(d, t, "virtual-device", id) ||
                   device_front_key(d, t, "device-type", k->cdrom ? "cdrom" : "disk")
               ? -1
               : 0;
}

/* The number a front end gets for a name such as xvda1 (xen/io/blkif.h, "virtual-device"); 0: not understood. */
unsigned vdev_number(const char *name)
{
    unsigned disk = 0, part = 0, letters = 0;
    const char *s = name;
    char family[4] = "";

    for (unsigned i = 0; i < 3 && *s; i++) {
        family[i] = *s++;
        family[i + 1] = 0;
        if (!strcmp(family, "xvd") || !strcmp(family, "hd") || !strcmp(family, "sd"))
            break;
    }
    for (; islower((unsigned char)*s) && letters < 4; s++, letters++)
        disk = disk * 26 + (unsigned)(*s - 'a') + 1;
    if (!letters || letters > 3)
        return 0;
    disk--;
    if (isdigit((unsigned char)*s))
        part = (unsigned)strtoul(s, (char **)&s, 10);
    if (*s)
        return 0;
    if (!strcmp(family, "xvd"))
        return disk < 16 && part < 16 ? 202u << 8 | disk << 4 | part : disk < 1u << 20 && part < 256 ? 1u << 28 | disk << 8 | part : 0;
    if (!strcmp(family, "sd"))
        return disk < 16 && part < 16 ? 8u << 8 | disk << 4 | part : 0;
    if (!strcmp(family, "hd"))
        return disk < 4 && part < 64 ? (disk < 2 ? 3u : 22u) << 8 | (disk & 1) << 6 | part : 0;
    return 0;
}

/* ---- which back end ---- */

/* xl's own script for files and block devices does what is done here. */
static bool scripted(const struct pxl_disk *k)
{
    return k->script && strcmp(k->script, "block");
}

static bool kernels(const struct device *d)
{
    const struct pxl_disk *k = d->disk;

    if (scripted(k))
        return k->backendtype != PXL_BACKEND_QDISK && k->backendtype != PXL_BACKEND_PXBACKD;
    /* What only one of the two can do decides where nothing was said. */
    return k->backendtype == PXL_BACKEND_PHY ||
           (k->backendtype == PXL_BACKEND_ANY && k->format == PXL_RAW && (d->qemu || !pxl_backend_daemon()));
}

/* LIMIT: what else may be wrong with it, qemu-nbd finds out when the guest connects: pxbackd's log and the device's error say so. */
static int qcow2_check(struct device *d)
{
    static const char magic[] = "QFI\xfb";
    char first[4] = "";
    int fd = open(d->disk->target, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? pread(fd, first, sizeof(first), 0) : -1;
    int err = errno;

    if (fd >= 0)
        close(fd);
    if (n < 0)
        return pxl_fail(d->p, fd >= 0 ? "read" : "open", err, NULL, "open %s", d->disk->target);
    return n == 4 && !memcmp(first, magic, 4) ? 0
           : pxl_fail(d->p, NULL, EINVAL, "format=raw, or qemu-img convert -O qcow2", "open %s: it is no qcow2 image", d->disk->target);
}

int disk_choose(struct device *d)
{
    const struct pxl_disk *k = d->disk;
    struct stat st;

    d->id = vdev_number(k->vdev);
    if (!d->id)
        return pxl_fail(d->p, NULL, EINVAL, "names are xvda, xvdb1, sda, hdc", "number the disk %s", k->vdev);
    if (k->format != PXL_RAW && k->format != PXL_QCOW2)
        return pxl_fail(d->p, NULL, EOPNOTSUPP, k->format == PXL_EMPTY ? "leave the empty drive out" : "qemu-img convert makes one",
                        "open %s: back ends here read raw and qcow2 images", k->target ? k->target : "an empty drive");
    if (!k->target || !*k->target)
        return pxl_fail(d->p, NULL, EINVAL, NULL, "open the disk %s: it has no target", k->vdev);
    d->kind = kernels(d) ? KIND_VBD : KIND_QDISK;
    if (d->kind == KIND_VBD && k->format != PXL_RAW)
        return pxl_fail(d->p, NULL, EOPNOTSUPP, "backendtype=qdisk", "open %s: the kernel's back end reads raw images only", k->target);
    if (d->kind == KIND_QDISK && !pxl_backend_daemon())
        return pxl_fail(d->p, NULL, ENOENT, k->format == PXL_RAW ? "start pxbackd, or backendtype=phy" : "start pxbackd",
                        "find pxbackd for %s: it does not run", k->target);
    if (d->kind == KIND_QDISK && d->qemu && d->hot)
        return pxl_fail(d->p, NULL, EOPNOTSUPP, "backendtype=phy, with a raw image",
                        "attach %s through pxbackd: the domain's QEMU, which it has for p9= or vfb=, would open it too", k->target);
    if (k->backend_domain && strcmp(k->backend_domain, "0") && strcmp(k->backend_domain, "Domain-0"))
        return pxl_fail(d->p, NULL, EOPNOTSUPP, "leave backend= out", "use the back end of %s: they are in Domain-0", k->backend_domain);
    if (scripted(k)) { /* what the target is, the script knows */
        script_path(k->script, d->script, sizeof(d->script));
        return d->kind == KIND_VBD ? 0 : pxl_fail(d->p, NULL, EOPNOTSUPP, "backendtype=phy", "run %s: pxbackd opens files and block devices", k->script);
    }
    if (stat(k->target, &st))
        return pxl_fail(d->p, "stat", errno, NULL, "find %s", k->target);
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return pxl_fail(d->p, NULL, ENOTBLK, NULL, "use %s: it is neither a file nor a block device", k->target);
    return k->format == PXL_QCOW2 ? qcow2_check(d) : 0;
}

/* ---- loops, for the kernel's ---- */

/* A file becomes a block device through a loop of its own; device_drop() takes it away. */
static int loop_make(struct device *d)
{
    struct loop_config config = {.info.lo_flags = d->disk->readonly ? LO_FLAGS_READ_ONLY : 0};
    int file = open(d->disk->target, (d->disk->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    int number, loop = -1, rc = -1;

    if (file < 0 || control < 0) {
        rc = pxl_fail(d->p, "open", errno, control < 0 ? "modprobe loop" : NULL, "use %s as a disk", d->disk->target);
        goto out;
    }
    config.fd = (uint32_t)file;
    snprintf((char *)config.info.lo_file_name, sizeof(config.info.lo_file_name), LOOP_MARK "%s", d->uuid);
    if (d->disk->direct_io)
        config.info.lo_flags |= LO_FLAGS_DIRECT_IO;
    /* Another program may take the free one first: then there is a next one. */
    do {
        if (loop >= 0)
            close(loop);
        number = ioctl(control, LOOP_CTL_GET_FREE);
        snprintf(d->node, sizeof(d->node), "/dev/loop%d", number);
        loop = number >= 0 ? open(d->node, O_RDWR | O_CLOEXEC) : -1;
        rc = loop >= 0 ? ioctl(loop, LOOP_CONFIGURE, &config) : -1;
    } while (rc && loop >= 0 && errno == EBUSY);
    if (rc)
        rc = pxl_fail(d->p, "LOOP_CONFIGURE", errno, NULL, "make %s a block device", d->disk->target);
    if (loop >= 0)
        close(loop);
out:
    if (file >= 0)
        close(file);
    if (control >= 0)
        close(control);
    return rc;
}

int disk_open(struct device *d)
{
    struct stat st;

    if (*d->script)
        return 0;
    snprintf(d->node, sizeof(d->node), "%s", d->disk->target);
    if (stat(d->disk->target, &st))
        return pxl_fail(d->p, "stat", errno, NULL, "find %s", d->disk->target);
    if (S_ISREG(st.st_mode)) {
        if (loop_make(d))
            return -1;
        if (stat(d->node, &st))
            return pxl_fail(d->p, "stat", errno, NULL, "find %s", d->node);
    } else if (strlen(d->disk->target) >= sizeof(d->node)) {
        return pxl_fail(d->p, NULL, ENAMETOOLONG, NULL, "use %s", d->disk->target);
    }
    snprintf(d->numbers, sizeof(d->numbers), "%x:%x", major(st.st_rdev), minor(st.st_rdev));
    return 0;
}

/* Of its name as much as `mark` has. */
static bool loop_is(int fd, const char *mark)
{
    struct loop_info64 info;

    return !ioctl(fd, LOOP_GET_STATUS64, &info) && !strncmp((char *)info.lo_file_name, mark, strlen(mark));
}

void loop_clear(const char *node)
{
    int fd = !strncmp(node, "/dev/loop", 9) ? open(node, O_RDWR | O_CLOEXEC) : -1;

    if (fd < 0)
        return;
    if (loop_is(fd, LOOP_MARK))
        ioctl(fd, LOOP_CLR_FD, 0); /* the kernel does it when its last user is gone */
    close(fd);
}

static bool node_used(struct pxl *p, uint32_t domid, const char *node)
{
    char path[64];
    unsigned n = 0;
    bool used = false;
    char **list;

    snprintf(path, sizeof(path), "/local/domain/0/backend/vbd/%u", domid);
    list = store_list(p, path, &n);
    for (unsigned i = 0; list && i < n && !used; i++) {
        char *params = store_read(p, XBT_NULL, "%s/%s/params", path, list[i]);

        used = params && !strcmp(params, node);
        free(params);
    }
    free(list);
    return used;
}

void loops_sweep(struct pxl *p, const char *uuid, uint32_t keep)
{
    char node[32], mark[64];

    snprintf(mark, sizeof(mark), LOOP_MARK "%.36s", uuid);
    for (unsigned i = 0; i < LOOPS_MOST; i++) {
        int fd;

        snprintf(node, sizeof(node), "/dev/loop%u", i);
        fd = open(node, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return; /* they are numbered without gaps */
        if (loop_is(fd, mark) && (keep == DOMID_INVALID || !node_used(p, keep, node)))
            loop_clear(node);
        close(fd);
    }
}
