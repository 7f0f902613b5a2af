/* SPDX-License-Identifier: MIT */
#include "device.h"
#include "qemu.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

#define BACKEND_WAIT_MS 10000

const char *const device_kinds[NR_KINDS] = {"vbd", "qdisk", "vif", "qnic", "console", "9pfs", "vfb", "vkbd"};
const char *const device_fronts[NR_KINDS] = {"vbd", "vbd", "vif", "vif", "console", "9pfs", "vfb", "vkbd"};

/* ---- the two folders ---- */

int device_back(struct device *d, xs_transaction_t t, const char *key, const char *value)
{
    return store_write(d->p, t, value, BACK "/%s", device_kinds[d->kind], d->domid, d->id, key);
}

int device_front_key(struct device *d, xs_transaction_t t, const char *key, const char *value)
{
    return store_write(d->p, t, value, FRONT "/%s", d->domid, device_fronts[d->kind], d->id, key);
}

/* A device that is there already, by either driver. */
static int taken(struct device *d, xs_transaction_t t)
{
    for (unsigned i = 0; i < 2; i++) {
        unsigned kind = i ? device_other_kind(d->kind) : d->kind;
        char *front = store_read(d->p, t, BACK "/frontend", device_kinds[kind], d->domid, d->id);

        free(front);
        if (front)
            return pxl_fail(d->p, NULL, EEXIST, d->disk ? "pxl block-list shows them" : "pxl network-list shows them",
                            "domain %u has a %s %u already", d->domid, device_kinds[kind], d->id);
    }
    return d->p->fault ? -1 : 0;
}

static int keys_common(struct device *d, xs_transaction_t t)
{
    char back_path[96], front_path[96], id[16], state[2] = {'0' + XenbusStateInitialising, 0};
    struct pxl *p = d->p;

    snprintf(back_path, sizeof(back_path), BACK, device_kinds[d->kind], d->domid, d->id);
    snprintf(front_path, sizeof(front_path), FRONT, d->domid, device_fronts[d->kind], d->id);
    snprintf(id, sizeof(id), "%u", d->domid);
    /* What a guest made of the folder of a device that it had before is not to be believed. */
    if (d->hot && (taken(d, t) || store_remove(p, t, "%s", front_path) || store_remove(p, t, "%s", back_path)))
        return -1;
    return store_mkdir(p, t, back_path, 0, (int)d->domid) || store_mkdir(p, t, front_path, d->hot ? 0 : d->domid, d->hot ? -1 : 0) ||
                   (d->hot && device_back(d, t, MAKING, "1")) || device_front_key(d, t, "backend", back_path) ||
                   device_front_key(d, t, "backend-id", "0") || device_front_key(d, t, "state", state) ||
                   device_back(d, t, "frontend", front_path) || device_back(d, t, "frontend-id", id) ||
                   device_back(d, t, "online", "1")
               ? -1
               : 0;
}

static int device_keys(struct pxl *p, xs_transaction_t t, void *arg)
{
    struct device *d = arg;
    char state[2] = {'0' + XenbusStateInitialising, 0};
    int rc;

    (void)p;
    if (keys_common(d, t) || (*d->script && device_back(d, t, SCRIPT, d->script)))
        return -1;
    switch (d->kind) {
    case KIND_VBD:
    case KIND_QDISK: rc = disk_keys(d, t); break;
    case KIND_VIF:
    case KIND_QNIC: rc = vif_keys(d, t); break;
    case KIND_CHANNEL: rc = channel_keys(d, t); break;
    case KIND_9PFS: rc = p9_keys(d, t); break;
    case KIND_VFB: rc = vfb_keys(d, t); break;
    default: rc = 0; /* a keyboard has none */
    }
    return rc || device_back(d, t, "state", state) ? -1 : 0;
}

/* ---- what the back end does ---- */

static bool complains(struct pxl *p, uint32_t domid, unsigned kind, unsigned id)
{
    char *status = store_read(p, XBT_NULL, BACK "/hotplug-status", device_kinds[kind], domid, id);
    bool error = status && !strcmp(status, "error");

    free(status);
    return error;
}

int device_wait(struct pxl *p, uint32_t domid, unsigned kind, unsigned id, int least, int timeout_ms, int *state)
{
    int64_t end = now_ms() + timeout_ms, left;
    struct wire w = {.fd = -1};
    char path[96], event[128];
    int rc;

    /* All of its folder: it may say by other keys that it will not come. */
    snprintf(path, sizeof(path), BACK, device_kinds[kind], domid, id);
    rc = store_watch(p, &w, path);
    while (!rc) {
        char *text = store_read(p, XBT_NULL, "%s/state", path);

        *state = text ? atoi(text) : 0;
        free(text);
        if (!text || *state >= least || p->fault || complains(p, domid, kind, id))
            break;
        left = end - now_ms();
        if (left <= 0 || wire_event(&w, (int)left, event, sizeof(event)) == 0) {
            errno = ETIMEDOUT;
            rc = -1;
        }
    }
    wire_close(&w);
    return rc || p->fault ? -1 : 0;
}

/* In one line, whatever bytes it has. */
static void say(struct pxl *p, const char *who, char *text)
{
    if (text && *text) {
        for (char *c = text; *c; c++)
            *c = isprint((unsigned char)*c) ? *c : ' ';
        pxl_fail(p, NULL, 0, NULL, "%s: %.200s", who, text);
    }
    free(text);
}

void device_complaint(struct pxl *p, uint32_t domid, unsigned kind, unsigned id)
{
    static const struct {
        const char *path, *who;
    } places[] = {{BACK "/error", "its back end says"},
                  {"/local/domain/0/error/backend/%s/%u/%u/error", "the kernel's driver says"},
                  {BACK "/hotplug-error", "what connects it says"}};

    for (unsigned i = 0; i < 3; i++) {
        const struct pxl_fault *had = p->fault;
        char *text;

        p->fault = NULL;
        text = store_read(p, XBT_NULL, places[i].path, device_kinds[kind], domid, id);
        fault_clear(p);
        p->fault = (struct pxl_fault *)had;
        say(p, places[i].who, text);
    }
}

static const char *driver_hint(unsigned kind)
{
    switch (kind) {
    case KIND_VBD: return "modprobe xen-blkback";
    case KIND_VIF: return "modprobe xen-netback";
    case KIND_9PFS:
    case KIND_VFB:
    case KIND_VKBD: return "its QEMU's log in /var/log/pxl may say why";
    default: return "is pxbackd running?";
    }
}

/* Ready for a front end. */
static int device_ready(struct device *d)
{
    int state = 0;

    if (device_wait(d->p, d->domid, d->kind, d->id, XenbusStateInitWait, BACKEND_WAIT_MS, &state)) {
        if (d->p->fault)
            return pxl_wrap(d->p, "wait for the back end of %s %u", device_kinds[d->kind], d->id);
        device_complaint(d->p, d->domid, d->kind, d->id);
        if (d->p->fault)
            return pxl_wrap(d->p, "wait for the back end of %s %u, %d s", device_kinds[d->kind], d->id, BACKEND_WAIT_MS / 1000);
        return pxl_fail(d->p, NULL, ETIMEDOUT, driver_hint(d->kind),
                        "wait for the back end of %s %u: no driver took it within %d s", device_kinds[d->kind], d->id,
                        BACKEND_WAIT_MS / 1000);
    }
    if (state >= XenbusStateInitWait && state <= XenbusStateConnected && !complains(d->p, d->domid, d->kind, d->id))
        return d->p->fault ? -1 : 0;
    device_complaint(d->p, d->domid, d->kind, d->id);
    if (d->p->fault)
        return pxl_wrap(d->p, "start %s %u", device_kinds[d->kind], d->id);
    return pxl_fail(d->p, NULL, ENXIO, "dmesg in Dom0, or pxbackd's log, may say why",
                    "start %s %u: its back end gave up (state %d)", device_kinds[d->kind], d->id, state);
}

/* ---- all of them ---- */

static int channel_choose(struct device *d)
{
    return pxl_backend_daemon() ? 0 : pxl_fail(d->p, NULL, ENOENT, "start pxbackd, or leave channel= out", "find pxbackd: it does not run");
}

static int device_begin(struct device *d)
{
    if (d->disk ? disk_choose(d) || (d->kind == KIND_VBD && disk_open(d))
        : d->vif ? vif_choose(d) : d->kind == KIND_CHANNEL && channel_choose(d))
        return -1;
    d->made = !store_change(d->p, device_keys, d);
    if (d->made)
        return 0;
    loop_clear(d->node);
    return -1;
}

/* The kernel's driver of disks waits for what a script makes; that of interfaces makes what a script is for. */
static int device_complete(struct device *d)
{
    if (d->kind == KIND_VBD && *d->script && script_run(d->p, d->domid, d->kind, d->id, d->script, true))
        return -1;
    if (device_ready(d))
        return -1;
    if (d->kind != KIND_VIF)
        return 0;
    return *d->script ? script_run(d->p, d->domid, d->kind, d->id, d->script, true) : vif_connect(d);
}

int device_make(struct device *d)
{
    return device_begin(d) || device_complete(d) ? -1 : 0;
}

static int named(struct device *d, int rc)
{
    if (!rc)
        return 0;
    if (d->disk)
        return pxl_wrap(d->p, "add the disk %s", d->disk->vdev);
    return pxl_wrap(d->p, "add the %s %u", d->vif ? "interface" : d->kind == KIND_CHANNEL ? "channel" : device_kinds[d->kind], d->id);
}

/* The i-th of the configuration, in the order of their back ends: QEMU's are the last. */
static void device_nth(struct device *d, const struct pxl_config *c, unsigned i)
{
    if (i < c->nr_disks) {
        d->disk = &c->disks[i];
        return;
    }
    i -= c->nr_disks;
    if (i < c->nr_vifs) {
        d->vif = &c->vifs[i];
        d->id = i;
        return;
    }
    i -= c->nr_vifs;
    if (i < c->nr_channels) {
        d->kind = KIND_CHANNEL;
        d->words = &c->channels[i];
        d->id = i + 1; /* number 0 is the console */
        return;
    }
    i -= c->nr_channels;
    if (i < c->nr_p9s) {
        d->kind = KIND_9PFS;
        d->words = &c->p9s[i];
        d->id = i;
        return;
    }
    i -= c->nr_p9s;
    d->kind = i & 1 ? KIND_VKBD : KIND_VFB;
    d->words = &c->vfbs[i / 2];
    d->id = i / 2;
}

/* First all of them are told to their back ends, then each is waited for. */
int devices_add(struct pxl *p, uint32_t domid, const char *name, const char *uuid, const struct pxl_config *c, char (*macs)[18])
{
    unsigned own = c->nr_disks + c->nr_vifs + c->nr_channels, n = own + c->nr_p9s + 2 * c->nr_vfbs;
    struct device *all = calloc(n + 1, sizeof(*all));
    int rc = 0;

    if (!all)
        return pxl_fail(p, "calloc", errno, NULL, "note %u devices", n);
    for (unsigned i = 0; i < n && !rc; i++) {
        struct device *d = &all[i];

        *d = (struct device){.p = p, .domid = domid, .uuid = uuid, .qemu = n > own};
        device_nth(d, c, i);
        rc = named(d, device_begin(d));
        if (!rc && d->vif)
            memcpy(macs[d->id], d->mac, sizeof(d->mac));
    }
    for (unsigned i = 0; i < n && !rc; i++) {
        if (i == own)
            rc = qemu_start(p, domid, name, c);
        if (!rc)
            rc = named(&all[i], device_complete(&all[i]));
    }
    free(all);
    return rc;
}

static int own_front(struct pxl *p, xs_transaction_t t, void *arg)
{
    const struct device *d = arg;
    char path[96], key[192];
    unsigned n = 0;
    int rc = 0;
    char **keys;

    snprintf(path, sizeof(path), FRONT, d->domid, device_fronts[d->kind], d->id);
    keys = store_list(p, path, &n); /* Dom0's alone until now: nobody changes them */
    for (unsigned i = 0; keys && i < n && !rc; i++) {
        snprintf(key, sizeof(key), "%s/%s", path, keys[i]);
        rc = store_own(p, t, key, d->domid, 0);
    }
    free(keys);
    return rc || store_own(p, t, path, d->domid, 0) ||
           store_remove(p, t, BACK "/" MAKING, device_kinds[d->kind], d->domid, d->id) ? -1 : 0;
}

int device_show(struct device *d)
{
    return store_change(d->p, own_front, d);
}

void device_drop(struct pxl *p, uint32_t domid, unsigned kind, const char *id)
{
    const char *front = device_fronts[kind];
    char *node;

    if (kind == KIND_VBD || kind == KIND_VIF)
        script_end(p, domid, kind, id);
    node = kind == KIND_VBD ? store_read(p, XBT_NULL, "/local/domain/0/backend/vbd/%u/%s/params", domid, id) : NULL;

    if (node)
        loop_clear(node);
    free(node);
    store_remove(p, XBT_NULL, "/local/domain/%u/device/%s/%s", domid, front, id);
    store_remove(p, XBT_NULL, "/local/domain/0/backend/%s/%u/%s", device_kinds[kind], domid, id);
    store_remove(p, XBT_NULL, "/libxl/%u/device/%s/%s", domid, front, id); /* xl's note */
}

/* The domain's devices of each kind, those that are half made alone or all; the folder of a kind goes with the last. */
static void drop_each(struct pxl *p, uint32_t domid, bool half_made)
{
    for (unsigned k = 0; k < NR_KINDS; k++) {
        char path[64];
        unsigned n = 0;
        char **list;

        snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", device_kinds[k], domid);
        list = store_list(p, path, &n);
        for (unsigned i = 0; list && i < n; i++) {
            char *making = half_made ? store_read(p, XBT_NULL, "%s/%s/" MAKING, path, list[i]) : NULL;

            if (making || !half_made)
                device_drop(p, domid, k, list[i]);
            free(making);
        }
        if (list && !half_made)
            store_remove(p, XBT_NULL, "%s", path);
        free(list);
    }
}

void devices_remove(struct pxl *p, uint32_t domid)
{
    qemu_end(domid);
    drop_each(p, domid, false);
}

/* ---- what killed ones left ---- */

void devices_sweep(struct pxl *p, const char *uuid, uint32_t keep)
{
    loops_sweep(p, uuid, keep);
}

void devices_sweep_hot(struct pxl *p, const char *uuid, uint32_t domid)
{
    drop_each(p, domid, true);
    devices_sweep(p, uuid, domid);
}
