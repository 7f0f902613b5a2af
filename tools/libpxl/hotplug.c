/* SPDX-License-Identifier: MIT */
/* Devices of a domain that runs: attached and detached, and so in its kept configuration. */
#include "config.h"
#include "device.h"
#include "making.h"
#include "qemu.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

#define CONFIG_LOCK PXL_RUN "/configurations.lock"
#define VIFS_MOST 1024

static int domain_living(struct pxl *p, uint32_t domid, char uuid[37])
{
    xen_domctl_getdomaininfo_t info;

    if (domid == 0)
        return pxl_fail(p, NULL, EINVAL, NULL, "change devices of domain 0: it has the machine's");
    if (hv_domaininfo(p, domid, &info))
        return -1;
    if (info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown))
        return pxl_fail(p, NULL, EINVAL, "pxl destroy removes it", "change devices of domain %u: it has ended", domid);
    uuid_print(uuid, info.handle);
    return 0;
}

/* ---- the kept configuration ---- */

static int lock_configurations(struct pxl *p)
{
    int fd = open(CONFIG_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 || flock(fd, LOCK_EX)) {
        pxl_fail(p, "flock", errno, NULL, "lock " CONFIG_LOCK);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

static bool same_disk(const struct pxl_disk *a, const struct pxl_device *g)
{
    return a->vdev && vdev_number(a->vdev) == g->devid;
}

static bool same_vif(const struct pxl_vif *a, const struct pxl_device *g)
{
    return a->mac && !strcasecmp(a->mac, g->name);
}

static bool is_vif(const struct pxl_device *d)
{
    return !strcmp(d->kind, device_kinds[KIND_VIF]) || !strcmp(d->kind, device_kinds[KIND_QNIC]);
}

static void config_take_out(struct pxl_config *c, const struct pxl_device *gone)
{
    for (unsigned i = 0; !is_vif(gone) && i < c->nr_disks; i++) {
        if (!same_disk(&c->disks[i], gone))
            continue;
        pxl_disk_free(&c->disks[i]);
        memmove(&c->disks[i], &c->disks[i + 1], (c->nr_disks - i - 1) * sizeof(*c->disks));
        c->nr_disks--;
        return;
    }
    for (unsigned i = 0; is_vif(gone) && i < c->nr_vifs; i++) {
        if (!same_vif(&c->vifs[i], gone))
            continue;
        pxl_vif_free(&c->vifs[i]);
        memmove(&c->vifs[i], &c->vifs[i + 1], (c->nr_vifs - i - 1) * sizeof(*c->vifs));
        c->nr_vifs--;
        return;
    }
}

/* Takes out what is gone, puts in what is new: as text, so that nothing is shared. */
static int config_change(struct pxl *p, struct pxl_config *c, const struct pxl_device *gone, const char *disk, const char *vif)
{
    if (gone)
        config_take_out(c, gone);
    if (disk) {
        c->disks = realloc(c->disks, (c->nr_disks + 1) * sizeof(*c->disks));
        return c->disks ? pxl_disk_parse(p, &c->disks[c->nr_disks++], disk) : -1;
    }
    if (vif) {
        c->vifs = realloc(c->vifs, (c->nr_vifs + 1) * sizeof(*c->vifs));
        return c->vifs ? pxl_vif_parse(p, &c->vifs[c->nr_vifs++], vif) : -1;
    }
    return 0;
}

/* A domain that another tool made has none: nothing is kept then. */
static int keep(struct pxl *p, uint32_t domid, const struct pxl_device *gone, const char *disk, const char *vif)
{
    struct pxl_config c;
    int lock = lock_configurations(p), rc;

    if (lock < 0)
        return -1;
    pxl_config_init(&c);
    rc = pxl_domain_config(p, domid, &c);
    if (rc && p->fault && p->fault->err == ENOENT) {
        fault_clear(p);
        rc = 0;
    } else if (!rc) {
        rc = config_change(p, &c, gone, disk, vif) || pxl_domain_config_set(p, domid, &c);
    }
    pxl_config_free(&c);
    close(lock);
    return rc ? -1 : 0;
}

/* ---- attach ---- */

/* Keeps the fault that is there: it is the one that matters. */
static void undo(struct device *d)
{
    struct pxl_fault *fault = d->p->fault;
    char id[12];

    if (!fault || !d->made) /* another device may have its number: that one stays */
        return;
    d->p->fault = NULL;
    snprintf(id, sizeof(id), "%u", d->id);
    device_drop(d->p, d->domid, d->kind, id);
    fault_clear(d->p);
    d->p->fault = fault;
}

static void tell(const struct device *d, struct pxl_device *made)
{
    *made = (struct pxl_device){.domid = d->domid, .devid = d->id, .state = XenbusStateInitialising,
                                .back_state = XenbusStateInitWait, .evtchn = -1, .ring_ref = {-1, -1}};
    snprintf(made->kind, sizeof(made->kind), "%s", device_kinds[d->kind]);
    snprintf(made->backend, sizeof(made->backend), BACK, device_kinds[d->kind], d->domid, d->id);
    snprintf(made->name, sizeof(made->name), "%s", d->disk ? d->disk->vdev : d->mac);
}

/* The one that is numbered by the domain's other interfaces: the next free number, while others may take it. */
static int make_numbered(struct device *d)
{
    int rc = -1;

    for (d->id = 0; d->id < VIFS_MOST; d->id++) {
        fault_clear(d->p);
        rc = device_make(d);
        if (!rc || d->made || !d->p->fault || d->p->fault->err != EEXIST)
            return rc;
    }
    return rc;
}

static int attach(struct device *d, struct making *m)
{
    struct pxl *p = d->p;
    char *spec = NULL;
    int rc;

    if (making_devices(p, m, d->uuid, d->domid))
        return -1;
    rc = d->disk ? device_make(d) : make_numbered(d);
    if (rc) {
        undo(d);
        return -1;
    }
    if (d->disk) {
        spec = disk_print(d->disk);
        rc = keep(p, d->domid, NULL, spec, NULL);
    } else {
        struct pxl_vif v = *d->vif;

        v.mac = d->mac;
        spec = vif_print(&v);
        rc = keep(p, d->domid, NULL, NULL, spec);
    }
    free(spec);
    if (!rc)
        rc = device_show(d);
    if (rc)
        undo(d);
    return rc ? -1 : 0;
}

static int attach_noted(struct device *d, struct pxl_device *made)
{
    struct making m;
    unsigned removed;
    char uuid[37];
    int rc;

    pxl_sweep(d->p, &removed);
    if (domain_living(d->p, d->domid, uuid) || making_begin(d->p, &m))
        return -1;
    d->uuid = uuid;
    d->hot = true;
    d->qemu = qemu_has(d->domid);
    d->p->injecting = getenv("PXL_FAIL_AT");
    rc = attach(d, &m);
    d->p->injecting = false;
    making_end(&m);
    if (!rc)
        tell(d, made);
    return rc;
}

int pxl_disk_attach(struct pxl *p, uint32_t domid, const struct pxl_disk *disk, struct pxl_device *made)
{
    struct device d = {.p = p, .domid = domid, .disk = disk};

    fault_clear(p);
    return attach_noted(&d, made) ? pxl_wrap(p, "attach the disk %s to domain %u", disk->vdev, domid) : 0;
}

int pxl_vif_attach(struct pxl *p, uint32_t domid, const struct pxl_vif *vif, struct pxl_device *made)
{
    struct device d = {.p = p, .domid = domid, .vif = vif};

    fault_clear(p);
    return attach_noted(&d, made) ? pxl_wrap(p, "attach an interface to domain %u", domid) : 0;
}

/* ---- detach ---- */

static int closing_keys(struct pxl *p, xs_transaction_t t, void *arg)
{
    const struct pxl_device *g = arg;
    char *now = store_read(p, t, "%s/state", g->backend);
    char state[2] = {'0' + XenbusStateClosing, 0};
    bool closed = now && atoi(now) == XenbusStateClosed;

    if (!now)
        return p->fault ? -1 : pxl_fail(p, NULL, ENOENT, NULL, "find %s", g->backend);
    free(now);
    if (closed) /* an earlier call that was not waited for */
        return 0;
    return store_write(p, t, "0", "%s/online", g->backend) || store_write(p, t, state, "%s/state", g->backend) ? -1 : 0;
}

static unsigned kind_number(const char *kind)
{
    unsigned k = 0;

    while (k < NR_KINDS - 1 && strcmp(device_kinds[k], kind))
        k++;
    return k;
}

static int front_state(struct pxl *p, const struct pxl_device *g)
{
    char *text = store_read(p, XBT_NULL, FRONT "/state", g->domid, is_vif(g) ? "vif" : "vbd", g->devid);
    bool good = text && *text >= '0' && *text <= '9' && !text[1]; /* the guest's words */
    int state = good ? *text - '0' : 0;

    free(text);
    return state;
}

/* The back end closes when the front end has: a guest that uses the device may never do that. */
static int close_politely(struct pxl *p, struct pxl_device *g, int timeout_ms)
{
    int state = g->back_state;

    if (store_change(p, closing_keys, g))
        return -1;
    if (!device_wait(p, g->domid, kind_number(g->kind), g->devid, XenbusStateClosed, timeout_ms, &state))
        return 0;
    if (p->fault)
        return -1;
    device_complaint(p, g->domid, kind_number(g->kind), g->devid);
    return pxl_fail(p, NULL, ETIMEDOUT, "end its use in the guest (umount, ip link set down), or --force",
                    "wait until domain %u lets go of %s %s: after %d s its front end has state %d and the back end %d; it stays asked to",
                    g->domid, g->kind, g->name, timeout_ms / 1000, front_state(p, g), state);
}

static bool meant(const struct pxl_device *d, const char *what, bool vif)
{
    char *end;
    unsigned long number = strtoul(what, &end, 0);

    if (*what >= '0' && *what <= '9' && !*end)
        return d->devid == number;
    return vif ? !strcasecmp(d->name, what) : vdev_number(what) && vdev_number(what) == d->devid;
}

static int find(struct pxl *p, uint32_t domid, const char *what, bool vif, struct pxl_device *gone)
{
    struct pxl_device *list;
    unsigned n, i;

    if (vif ? pxl_vifs(p, domid, &list, &n) : pxl_disks(p, domid, &list, &n))
        return -1;
    for (i = 0; i < n && !meant(&list[i], what, vif); i++)
        ;
    if (i < n) {
        *gone = list[i];
        gone->target = gone->mode = gone->ip = NULL;
    }
    pxl_devices_free(list, n);
    return i < n ? 0 : pxl_fail(p, NULL, ENODEV, vif ? "pxl network-list shows them" : "pxl block-list shows them",
                                "find %s %s of domain %u", vif ? "interface" : "disk", what, domid);
}

static int detach(struct pxl *p, uint32_t domid, const char *what, bool vif, bool force, int timeout_ms, struct pxl_device *gone)
{
    char id[12];

    fault_clear(p);
    if (find(p, domid, what, vif, gone) || (!force && close_politely(p, gone, timeout_ms)))
        return pxl_wrap(p, "detach the %s %s of domain %u", vif ? "interface" : "disk", what, domid);
    snprintf(id, sizeof(id), "%u", gone->devid);
    device_drop(p, domid, kind_number(gone->kind), id);
    if (!p->fault)
        keep(p, domid, gone, NULL, NULL);
    return p->fault ? pxl_wrap(p, "remove the %s %s of domain %u", vif ? "interface" : "disk", what, domid) : 0;
}

int pxl_disk_detach(struct pxl *p, uint32_t domid, const char *what, bool force, int timeout_ms, struct pxl_device *gone)
{
    return detach(p, domid, what, false, force, timeout_ms, gone);
}

int pxl_vif_detach(struct pxl *p, uint32_t domid, const char *what, bool force, int timeout_ms, struct pxl_device *gone)
{
    return detach(p, domid, what, true, force, timeout_ms, gone);
}
