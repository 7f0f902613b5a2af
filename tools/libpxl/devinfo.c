/* SPDX-License-Identifier: MIT */
/* The devices that a domain has. */
#include "device.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define DAEMON_LOCK PXL_RUN "/backend/lock"

/* A daemon has its lock as long as it lives. */
bool pxl_backend_daemon(void)
{
    int fd = open(DAEMON_LOCK, O_RDONLY | O_CLOEXEC);
    bool locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;

    if (fd >= 0)
        close(fd);
    return locked;
}

/* ---- what the store says of them ---- */

enum { FRONT_STATE, FRONT_EVTCHN, FRONT_RING, FRONT_RING2, BACK_STATE, BACK_NAME, BACK_TARGET, BACK_MODE, BACK_IP, NR_KEYS };

static const char *const keys[2][NR_KEYS] = {
    {"state", "event-channel", "ring-ref", "", "state", "dev", "params", "mode", "ip"},
    {"state", "event-channel", "tx-ring-ref", "rx-ring-ref", "state", "mac", "bridge", "mode", "ip"},
};

struct listing {
    struct pxl_device *list;
    unsigned n;
    bool vifs;
    unsigned at; /* of the answers, which come in the order of the questions */
};

static void key_path(void *arg, unsigned i, char *path, size_t size)
{
    const struct listing *l = arg;
    const struct pxl_device *d = &l->list[i / NR_KEYS];
    unsigned k = i % NR_KEYS;
    const char *key = keys[l->vifs][k];

    if (k < BACK_STATE)
        snprintf(path, size, FRONT "/%s", d->domid, l->vifs ? "vif" : "vbd", d->devid, *key ? key : "state");
    else
        snprintf(path, size, "%s/%s", d->backend, key);
}

/* A guest may have written anything there. */
static int number_of(const char *text, int otherwise)
{
    char *end;
    long v;

    if (!text || *text < '0' || *text > '9')
        return otherwise;
    errno = 0;
    v = strtol(text, &end, 10);
    return *end || errno || v > INT32_MAX ? otherwise : (int)v;
}

static void key_value(void *arg, unsigned i, char *text)
{
    struct listing *l = arg;
    struct pxl_device *d = &l->list[i / NR_KEYS];

    switch (i % NR_KEYS) {
    case FRONT_STATE: d->state = number_of(text, 0); break;
    case FRONT_EVTCHN: d->evtchn = number_of(text, -1); break;
    case FRONT_RING: d->ring_ref[0] = number_of(text, -1); break;
    case FRONT_RING2: d->ring_ref[1] = l->vifs ? number_of(text, -1) : -1; break;
    case BACK_STATE: d->back_state = number_of(text, 0); break;
    case BACK_NAME: snprintf(d->name, sizeof(d->name), "%s", text ? text : ""); break;
    case BACK_TARGET: d->target = text ? strdup(text) : NULL; break;
    case BACK_MODE: d->mode = text ? strdup(text) : NULL; break;
    default: d->ip = text && *text && l->vifs ? strdup(text) : NULL; break;
    }
}

static int by_id(const void *a, const void *b)
{
    const struct pxl_device *x = a, *y = b;

    return x->devid < y->devid ? -1 : x->devid > y->devid;
}

static void kind_list(struct pxl *p, struct listing *l, uint32_t domid, unsigned kind)
{
    char path[64];
    unsigned n = 0;
    char **ids;

    snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", device_kinds[kind], domid);
    ids = store_list(p, path, &n);
    l->list = ids ? realloc(l->list, (l->n + n + 1) * sizeof(*l->list)) : l->list;
    if (ids && !l->list)
        abort();
    for (unsigned i = 0; ids && i < n; i++) {
        int id = number_of(ids[i], -1);
        struct pxl_device *d = &l->list[l->n];

        if (id < 0)
            continue;
        *d = (struct pxl_device){.domid = domid, .devid = (unsigned)id};
        snprintf(d->kind, sizeof(d->kind), "%s", device_kinds[kind]);
        snprintf(d->backend, sizeof(d->backend), BACK, device_kinds[kind], domid, d->devid);
        l->n++;
    }
    free(ids);
}

static int list(struct pxl *p, uint32_t domid, bool vifs, struct pxl_device **out, unsigned *n)
{
    struct listing l = {.vifs = vifs};
    unsigned first = vifs ? KIND_VIF : KIND_VBD;

    fault_clear(p);
    kind_list(p, &l, domid, first);
    kind_list(p, &l, domid, device_other_kind(first));
    *out = NULL;
    *n = 0;
    if (l.n && store_read_many(p, l.n * NR_KEYS, key_path, key_value, &l)) {
        pxl_devices_free(l.list, l.n);
        return pxl_wrap(p, "list the devices of domain %u", domid);
    }
    if (l.n)
        qsort(l.list, l.n, sizeof(*l.list), by_id);
    *out = l.list;
    *n = l.n;
    return 0;
}

int pxl_disks(struct pxl *p, uint32_t domid, struct pxl_device **out, unsigned *n)
{
    return list(p, domid, false, out, n);
}

int pxl_vifs(struct pxl *p, uint32_t domid, struct pxl_device **out, unsigned *n)
{
    return list(p, domid, true, out, n);
}

void pxl_devices_free(struct pxl_device *list, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        free(list[i].target);
        free(list[i].mode);
        free(list[i].ip);
    }
    free(list);
}
