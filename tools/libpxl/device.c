/* SPDX-License-Identifier: MIT */
#include "device.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

#define BACK "/local/domain/0/backend/%s/%u/%u"
#define FRONT "/local/domain/%u/device/%s/%u"
#define LOOP_MARK "pxl:" /* and the UUID, as the name of a loop */
#define LOOPS_MOST 4096
#define BACKEND_WAIT_MS 10000

/* One device's two folders, made together. */
struct device {
    struct pxl *p;
    const char *kind;    /* "vbd", "vif" */
    uint32_t domid;
    unsigned id;
    const char *uuid;
    const struct pxl_disk *disk;
    const struct pxl_vif *vif;
    char node[64];       /* vbd: the block device */
    char numbers[24];    /* vbd: its numbers */
    char mac[18];
};

static int back(struct device *d, xs_transaction_t t, const char *key, const char *value)
{
    return store_write(d->p, t, value, BACK "/%s", d->kind, d->domid, d->id, key);
}

static int front(struct device *d, xs_transaction_t t, const char *key, const char *value)
{
    return store_write(d->p, t, value, FRONT "/%s", d->domid, d->kind, d->id, key);
}

static int vbd_keys(struct device *d, xs_transaction_t t)
{
    char id[16];

    snprintf(id, sizeof(id), "%u", d->id);
    return back(d, t, "params", d->node) || back(d, t, "type", "phy") || back(d, t, "physical-device", d->numbers) ||
                   back(d, t, "physical-device-path", d->node) || back(d, t, "mode", d->disk->readonly ? "r" : "w") ||
                   back(d, t, "device-type", d->disk->cdrom ? "cdrom" : "disk") || back(d, t, "dev", d->disk->vdev) ||
                   back(d, t, "removable", "0") || back(d, t, "bootable", "1") ||
                   back(d, t, "discard-enable", d->disk->discard_set && !d->disk->discard ? "0" : "1") ||
                   (d->disk->untrusted && front(d, t, "trusted", "0")) || front(d, t, "virtual-device", id) || front(d, t, "device-type", d->disk->cdrom ? "cdrom" : "disk")
               ? -1
               : 0;
}

static int vif_keys(struct device *d, xs_transaction_t t)
{
    const struct pxl_vif *v = d->vif;
    char text[48];

    snprintf(text, sizeof(text), "%u", d->id);
    if (back(d, t, "handle", text) || front(d, t, "handle", text) || back(d, t, "mac", d->mac) || front(d, t, "mac", d->mac) ||
        back(d, t, "bridge", v->bridge ? v->bridge : "") || back(d, t, "type", "vif") || back(d, t, "hotplug-status", "") ||
        back(d, t, "script", v->script ? v->script : "")) /* xen-netback does not start without the key */
        return -1;
    if (v->ip && back(d, t, "ip", v->ip))
        return -1;
    if (v->rate_bytes) {
        unsigned us = v->rate_interval_us ? v->rate_interval_us : 50000;

        snprintf(text, sizeof(text), "%lu,%u", v->rate_bytes * us / 1000000, us);
        if (back(d, t, "rate", text))
            return -1;
    }
    snprintf(text, sizeof(text), "%u", v->mtu);
    return v->mtu && (back(d, t, "mtu", text) || front(d, t, "mtu", text)) ? -1 : 0;
}

static int device_keys(struct pxl *p, xs_transaction_t t, void *arg)
{
    struct device *d = arg;
    char back_path[96], front_path[96], id[16], state[2] = {'0' + XenbusStateInitialising, 0};

    snprintf(back_path, sizeof(back_path), BACK, d->kind, d->domid, d->id);
    snprintf(front_path, sizeof(front_path), FRONT, d->domid, d->kind, d->id);
    snprintf(id, sizeof(id), "%u", d->domid);
    return store_mkdir(p, t, back_path, 0, (int)d->domid) || store_mkdir(p, t, front_path, d->domid, 0) ||
                   front(d, t, "backend", back_path) || front(d, t, "backend-id", "0") || front(d, t, "state", state) ||
                   back(d, t, "frontend", front_path) || back(d, t, "frontend-id", id) || back(d, t, "online", "1") ||
                   (d->disk ? vbd_keys(d, t) : vif_keys(d, t)) || back(d, t, "state", state)
               ? -1
               : 0;
}

/* ---- disks ---- */

/* The number a front end gets for a name such as xvda1 (xen/io/blkif.h, "virtual-device"); 0: not understood. */
static unsigned vdev_number(const char *name)
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
    for (; islower((unsigned char)*s); s++, letters++)
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

/* A file becomes a block device through a loop of its own; devices_remove() takes it away. */
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

static int disk_prepare(struct device *d)
{
    struct stat st;

    d->id = vdev_number(d->disk->vdev);
    if (!d->id)
        return pxl_fail(d->p, NULL, EINVAL, "names are xvda, xvdb1, sda, hdc", "add a disk as %s", d->disk->vdev);
    if (d->disk->format != PXL_RAW && d->disk->format != PXL_EMPTY)
        return pxl_fail(d->p, NULL, EOPNOTSUPP, "format=raw; qemu-img convert makes one",
                        "add the disk %s: only raw images have a back end here", d->disk->vdev);
    if (!d->disk->target || stat(d->disk->target, &st))
        return pxl_fail(d->p, "stat", errno, NULL, "add the disk %s from %s", d->disk->vdev,
                        d->disk->target ? d->disk->target : "(nothing)");
    if (S_ISREG(st.st_mode)) {
        if (loop_make(d) || stat(d->node, &st))
            return -1;
    } else if (S_ISBLK(st.st_mode)) {
        snprintf(d->node, sizeof(d->node), "%s", d->disk->target);
    } else {
        return pxl_fail(d->p, NULL, ENOTBLK, NULL, "add the disk %s: %s is neither a file nor a block device", d->disk->vdev,
                        d->disk->target);
    }
    snprintf(d->numbers, sizeof(d->numbers), "%x:%x", major(st.st_rdev), minor(st.st_rdev));
    return 0;
}

/* ---- network ---- */

static void mac_choose(struct device *d)
{
    uint8_t r[3];

    if (d->vif->mac) {
        snprintf(d->mac, sizeof(d->mac), "%s", d->vif->mac);
        return;
    }
    if (getrandom(r, 3, 0) != 3)
        abort();
    /* Xen's block of addresses. */
    snprintf(d->mac, sizeof(d->mac), "00:16:3e:%02x:%02x:%02x", r[0] & 0x7f, r[1], r[2]);
}

/* Until the back end has made its network interface. */
static int backend_wait(struct device *d)
{
    struct wire w = {.fd = -1};
    char path[96], event[128];
    int now = 0;

    snprintf(path, sizeof(path), BACK "/state", d->kind, d->domid, d->id);
    if (store_watch(d->p, &w, path))
        return pxl_wrap(d->p, "wait for the back end of %s %u", d->kind, d->id);
    do {
        char *state = store_read(d->p, XBT_NULL, "%s", path);

        now = state ? atoi(state) : 0;
        free(state);
    } while (now < XenbusStateInitWait && wire_event(&w, BACKEND_WAIT_MS, event, sizeof(event)) > 0);
    wire_close(&w);
    if (now > XenbusStateConnected)
        return pxl_fail(d->p, NULL, ENXIO, "dmesg in Dom0 says what its driver missed",
                        "start %s %u: its back end gave up (state %d)", d->kind, d->id, now);
    if (now < XenbusStateInitWait)
        return pxl_fail(d->p, NULL, ETIMEDOUT, d->vif ? "modprobe xen-netback" : "modprobe xen-blkback",
                        "wait for the back end of %s %u: no driver took it", d->kind, d->id);
    return 0;
}

/* The script's work of other toolstacks: the interface joins its bridge and goes up. */
static int vif_connect(struct device *d)
{
    char key[96];
    struct ifreq r = {0};
    int s, rc = 0;

    if (backend_wait(d))
        return -1;
    s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(r.ifr_name, sizeof(r.ifr_name), "vif%u.%u", d->domid, d->id);
    if (d->vif->bridge) {
        struct ifreq b = {0};

        snprintf(b.ifr_name, sizeof(b.ifr_name), "%s", d->vif->bridge);
        b.ifr_ifindex = (int)if_nametoindex(r.ifr_name);
        if (ioctl(s, SIOCBRADDIF, &b))
            rc = pxl_fail(d->p, "SIOCBRADDIF", errno, "ip link add NAME type bridge makes one",
                          "put %s on the bridge %s", r.ifr_name, d->vif->bridge);
    }
    if (!rc && (ioctl(s, SIOCGIFFLAGS, &r) || (r.ifr_flags |= IFF_UP, ioctl(s, SIOCSIFFLAGS, &r))))
        rc = pxl_fail(d->p, "SIOCSIFFLAGS", errno, NULL, "switch on %s", r.ifr_name);
    close(s);
    snprintf(key, sizeof(key), BACK "/hotplug-status", d->kind, d->domid, d->id);
    return rc ? rc : store_write(d->p, XBT_NULL, "connected", "%s", key);
}

static void loop_clear(const char *node)
{
    int fd = !strncmp(node, "/dev/loop", 9) ? open(node, O_RDWR | O_CLOEXEC) : -1;

    if (fd < 0)
        return;
    ioctl(fd, LOOP_CLR_FD, 0); /* the kernel does it when its last user is gone */
    close(fd);
}

/* ---- all ---- */

int devices_add(struct pxl *p, uint32_t domid, const char *uuid, const struct pxl_config *c)
{
    for (unsigned i = 0; i < c->nr_disks; i++) {
        struct device d = {.p = p, .kind = "vbd", .domid = domid, .uuid = uuid, .disk = &c->disks[i]};

        if (disk_prepare(&d))
            return -1;
        if (store_change(p, device_keys, &d)) {
            loop_clear(d.node);
            return -1;
        }
    }
    for (unsigned i = 0; i < c->nr_vifs; i++) {
        struct device d = {.p = p, .kind = "vif", .domid = domid, .id = i, .vif = &c->vifs[i]};

        mac_choose(&d);
        if (store_change(p, device_keys, &d) || vif_connect(&d))
            return -1;
    }
    return 0;
}

static void loop_drop(struct pxl *p, uint32_t domid, const char *id)
{
    char *node = store_read(p, XBT_NULL, "/local/domain/0/backend/vbd/%u/%s/params", domid, id);

    if (node)
        loop_clear(node);
    free(node);
}

void devices_sweep(const char *uuid)
{
    char node[32], mark[64];

    snprintf(mark, sizeof(mark), LOOP_MARK "%.36s", uuid);
    for (unsigned i = 0; i < LOOPS_MOST; i++) {
        struct loop_info64 info;
        int fd;

        snprintf(node, sizeof(node), "/dev/loop%u", i);
        fd = open(node, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return; /* they are numbered without gaps */
        if (!ioctl(fd, LOOP_GET_STATUS64, &info) && !strncmp((char *)info.lo_file_name, mark, sizeof(info.lo_file_name)))
            loop_clear(node);
        close(fd);
    }
}

void devices_remove(struct pxl *p, uint32_t domid)
{
    static const char *const kinds[] = {"vbd", "vif"};

    for (unsigned k = 0; k < 2; k++) {
        char path[64];
        unsigned n = 0;
        char **list;

        snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", kinds[k], domid);
        list = store_list(p, path, &n);
        for (unsigned i = 0; list && i < n; i++) {
            if (k == 0)
                loop_drop(p, domid, list[i]);
            store_remove(p, XBT_NULL, "%s/%s", path, list[i]);
        }
        if (list)
            store_remove(p, XBT_NULL, "%s", path);
        free(list);
    }
}
