/* SPDX-License-Identifier: MIT */
/*
 * A domain, from its configuration to its first instruction. Each step that made something has its undoing in
 * abandon(), which is right after any of them; who is killed on the way leaves a note that pxl_sweep() finds (making.h).
 */
#include "internal.h"
#include "bootloader.h"
#include "device.h"
#include "ended.h"
#include "making.h"
#include "names.h"
#include "platform.h"
#include "qemu.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

struct creation {
    struct pxl *p;
    const struct pxl_config *c;    /* with what the boot loader found */
    const struct pxl_config *kept; /* as it is written down: it looks again when the domain reboots */
    const char *name;
    struct making *making;
    uint32_t domid;
    uint8_t uuid[16];
    char uuid_text[37];
    struct build b;
    unsigned max_vcpus;
    uint64_t max_kib;
    bool exists;
    char (*macs)[18]; /* what each interface got */
};

void uuid_print(char out[37], const uint8_t u[16])
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    unsigned k = 0;

    for (unsigned i = 0; i < 36; i++) {
        if (form[i] == '-') {
            out[i] = '-';
            continue;
        }
        out[i] = "0123456789abcdef"[k & 1 ? u[k / 2] & 15 : u[k / 2] >> 4];
        k++;
    }
    out[36] = 0;
}

void uuid_make(uint8_t u[16])
{
    if (getrandom(u, 16, 0) != 16)
        abort();
    u[6] = (u[6] & 15) | 0x40; /* RFC 4122, version 4 */
    u[8] = (u[8] & 63) | 0x80;
}

static void uuid_choose(struct creation *n)
{
    memcpy(n->uuid, n->c->uuid, 16);
    if (!n->c->uuid_set || n->name != n->c->name)
        uuid_make(n->uuid);
    uuid_print(n->uuid_text, n->uuid);
}

/* ---- the hypervisor's part ---- */

static int domain_make(struct creation *n)
{
    const struct pxl_config *c = n->c;
    struct xen_domctl_createdomain *k;
    xen_domctl_t *d;
    unsigned grants = c->max_grant_version > 0 ? (unsigned)c->max_grant_version : 0;

    if (hv_host(n->p))
        return -1;
    if (!grants)
        grants = n->p->capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v2 ? 2 : 1;
    d = domctl_new(n->p, XEN_DOMCTL_createdomain, DOMID_INVALID);
    d->domain = 0xffff; /* choose one */
    k = &d->u.createdomain;
    memcpy(k->handle, n->uuid, 16);
    k->max_vcpus = n->max_vcpus;
    k->max_evtchn_port = c->max_event_channels ? c->max_event_channels : 1023;
    k->max_grant_frames = c->max_grant_frames;
    k->max_maptrack_frames = c->max_maptrack_frames;
    k->grant_opts = XEN_DOMCTL_GRANT_version(grants);
    if (domctl_run(n->p, "domctl createdomain"))
        return -1;
    n->domid = d->domain;
    n->exists = true;
    return 0;
}

static int affinity_set(struct creation *n)
{
    for (unsigned v = 0; v < n->max_vcpus; v++) {
        const struct pxl_vcpu_list *h = &n->c->cpus, *s = &n->c->cpus_soft;
        const uint64_t *hard = h->n ? h->mask[v < h->n ? v : h->n - 1] : NULL;
        const uint64_t *soft = s->n ? s->mask[v < s->n ? v : s->n - 1] : NULL;

        if ((hard || soft) && pxl_vcpu_pin(n->p, n->domid, (int)v, hard, soft))
            return -1;
    }
    return 0;
}

static int limits_set(struct creation *n)
{
    xen_domctl_t *d = domctl_new(n->p, XEN_DOMCTL_max_vcpus, n->domid);

    d->u.max_vcpus.max = n->max_vcpus;
    if (domctl_run(n->p, "domctl max_vcpus"))
        return -1;
    d = domctl_new(n->p, XEN_DOMCTL_max_mem, n->domid);
    d->u.max_mem.max_memkb = n->max_kib + 1024; /* as xl: room for what the hypervisor counts */
    if (domctl_run(n->p, "domctl max_mem"))
        return -1;
    if (memory_map_set(n->p, n->domid, n->c, n->max_kib) || platform_set(n->p, n->domid, n->c))
        return -1;
    if (n->c->cpu_weight || n->c->cap) {
        struct pxl_sched s;

        if (pxl_sched_get(n->p, n->domid, &s))
            return -1;
        s.weight = n->c->cpu_weight ? n->c->cpu_weight : s.weight;
        s.cap = n->c->cap;
        if (pxl_sched_set(n->p, n->domid, &s))
            return -1;
    }
    return affinity_set(n);
}

static int port_make(struct creation *n, uint32_t *port)
{
    struct evtchn_alloc_unbound op = {.dom = (domid_t)n->domid, .remote_dom = 0};

    if (evtchn_op(n->p, EVTCHNOP_alloc_unbound, &op, sizeof(op), "event_channel_op alloc_unbound") < 0)
        return -1;
    *port = op.port;
    return 0;
}

/* ---- the store's part ---- */

static int number(struct creation *n, xs_transaction_t t, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%lu", value);
    return store_write(n->p, t, text, "/local/domain/%u/%s", n->domid, key);
}

static int word(struct creation *n, xs_transaction_t t, const char *key, const char *value)
{
    return store_write(n->p, t, value, "/local/domain/%u/%s", n->domid, key);
}

static int folders(struct creation *n, xs_transaction_t t)
{
    /* What the guest may write itself. */
    static const char *const own[] = {"control/shutdown", "control/feature-poweroff", "control/feature-reboot",
                                      "control/feature-suspend", "control/sysrq", "data", "drivers", "feature", "attr",
                                      "error"};
    char path[128];

    snprintf(path, sizeof(path), "/local/domain/%u", n->domid);
    if (store_mkdir(n->p, t, path, 0, (int)n->domid))
        return -1;
    for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        snprintf(path, sizeof(path), "/local/domain/%u/%s", n->domid, own[i]);
        if (store_mkdir(n->p, t, path, n->domid, -1))
            return -1;
    }
    /* For the toolstack inside of it that such a domain may have, as xl makes them. */
    for (unsigned i = 0; i < 2 && n->c->driver_domain; i++) {
        snprintf(path, sizeof(path), "/local/domain/%u/%s", n->domid, i ? "device-model" : "libxl");
        if (store_mkdir(n->p, t, path, n->domid, -1))
            return -1;
    }
    snprintf(path, sizeof(path), "/vm/%s", n->uuid_text);
    return store_mkdir(n->p, t, path, 0, (int)n->domid);
}

static int vcpu_keys(struct creation *n, xs_transaction_t t)
{
    for (unsigned v = 0; v < n->max_vcpus; v++)
        if (store_write(n->p, t, v < n->c->vcpus ? "online" : "offline", "/local/domain/%u/cpu/%u/availability", n->domid, v))
            return -1;
    return 0;
}

static int keys_write(struct pxl *p, xs_transaction_t t, void *arg)
{
    struct creation *n = arg;
    char vm[48], start[32];
    struct timespec now;

    snprintf(vm, sizeof(vm), "/vm/%s", n->uuid_text);
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(start, sizeof(start), "%ld.%02ld", now.tv_sec, now.tv_nsec / 10000000);
    return names_take(p, t, n->name, n->domid) || folders(n, t) || word(n, t, "vm", vm) || word(n, t, "name", n->name) || number(n, t, "domid", n->domid) ||
                   store_write(p, t, n->name, "%s/name", vm) || store_write(p, t, n->uuid_text, "%s/uuid", vm) ||
                   store_write(p, t, start, "%s/start_time", vm) ||
                   number(n, t, "memory/static-max", n->max_kib) || number(n, t, "memory/target", n->c->memory << 10) ||
                   number(n, t, "memory/videoram", 0) || word(n, t, "control/platform-feature-multiprocessor-suspend", "1") ||
                   word(n, t, "control/platform-feature-xs_reset_watches", "1") ||
                   number(n, t, "store/ring-ref", n->b.store_mfn) || number(n, t, "store/port", n->b.store_port) ||
                   number(n, t, "console/ring-ref", n->b.console_mfn) || number(n, t, "console/port", n->b.console_port) ||
                   word(n, t, "console/type", "xenconsoled") || word(n, t, "console/limit", "1048576") ||
                   word(n, t, "console/output", "pty") || vcpu_keys(n, t)
               ? -1
               : 0;
}

/* As it was made: with the name, the UUID and the MACs it got, which stay when it reboots. */
static int keep(struct creation *n)
{
    struct pxl_config c = *n->kept;
    int rc;

    c.name = (char *)n->name;
    memcpy(c.uuid, n->uuid, sizeof(c.uuid));
    c.uuid_set = true;
    c.vifs = calloc(c.nr_vifs + 1, sizeof(*c.vifs));
    if (!c.vifs)
        return pxl_fail(n->p, "calloc", errno, NULL, "keep the configuration");
    for (unsigned i = 0; i < c.nr_vifs; i++) {
        c.vifs[i] = n->c->vifs[i];
        c.vifs[i].mac = n->macs[i];
    }
    rc = pxl_domain_config_set(n->p, n->domid, &c);
    free(c.vifs);
    return rc;
}

static int quota_set(struct creation *n)
{
    int rc = store_quota(n->p, n->domid, n->c->xenstore_quota > UINT32_MAX ? UINT32_MAX : (uint32_t)n->c->xenstore_quota);

    if (rc > 0)
        pxl_log(n->p, 0, "warning: xenstore_quota=%ld has no effect: this store has one quota for all domains (xenstored --quota)",
                n->c->xenstore_quota);
    return rc < 0 ? pxl_wrap(n->p, "set its quota in the store") : 0;
}

/* Where pxconsoled runs, nothing of the first millisecond may be lost. A domain without console is better than none. */
static void console_connect(struct creation *n)
{
    if (!pxl_console_ready(n->p, n->domid, n->b.console_port, n->b.console_mfn))
        return;
    pxl_log(n->p, 0, "the console daemon does not take the console of domain %u", n->domid);
    fault_clear(n->p);
}

/* ---- in order ---- */

/* Keeps the fault that is there: it is the one that matters. */
static void abandon(struct creation *n)
{
    struct pxl_fault *fault = n->p->fault;

    n->p->fault = NULL;
    if (n->exists) {
        domctl_new(n->p, XEN_DOMCTL_destroydomain, n->domid);
        domctl_run(n->p, "domctl destroydomain");
        domain_forget(n->p, n->domid);
    }
    making_name(n->p, n->making, NULL, 0);
    fault_clear(n->p);
    n->p->fault = fault;
}

static const char *cmdline_of(const struct pxl_config *c, char **made)
{
    if (c->cmdline)
        return c->cmdline;
    if (asprintf(made, "%s%s%s%s", c->root ? "root=" : "", c->root ? c->root : "", c->root && c->extra ? " " : "",
                 c->extra ? c->extra : "") < 0)
        *made = NULL;
    return *made ? *made : "";
}

static int create_steps(struct creation *n, const struct pxl_create_options *o)
{
    struct pxl *p = n->p;

    if (making_name(p, n->making, n->uuid_text, DOMID_INVALID) || domain_make(n) ||
        making_name(p, n->making, n->uuid_text, n->domid))
        return pxl_wrap(p, "make a domain");
    if (limits_set(n))
        return pxl_wrap(p, "set its limits");
    n->b.domid = n->domid;
    if (port_make(n, &n->b.store_port) || port_make(n, &n->b.console_port))
        return pxl_wrap(p, "give it event channels");
    if (build_domain(p, &n->b))
        return pxl_wrap(p, "build its memory");
    if (store_change(p, keys_write, n))
        return pxl_wrap(p, "write its part of the store");
    if (devices_add(p, n->domid, n->name, n->uuid_text, n->c, n->macs))
        return pxl_wrap(p, "give it its devices");
    if (keep(n))
        return -1;
    if (store_introduce(p, n->domid, n->b.store_mfn, n->b.store_port))
        return pxl_wrap(p, "connect it to the store");
    if (n->c->xenstore_quota > 0 && quota_set(n))
        return -1;
    console_connect(n);
    /* From here on it is whole (making.h). */
    if (!o->paused && pxl_unpause(p, n->domid))
        return -1;
    return making_name(p, n->making, NULL, 0);
}

static bool inject;

static int create_one(struct pxl *p, const struct pxl_config *c, const struct pxl_config *kept, const struct pxl_create_options *o,
                      const char *name, const struct pxl_image *image, struct making *making, uint32_t *domid)
{
    struct creation n = {.p = p, .c = c, .kept = kept, .name = name, .making = making};
    uint32_t taken;
    char *cmdline = NULL;
    int rc;

    /* The index knows all domains while the keeper runs; without it there may be some of other tools'. */
    if (!names_find(p, name, &taken) || (!pxl_keeper_ready() && !names_search(p, name, &taken)))
        return pxl_fail(p, NULL, EEXIST, "another name=, or pxl rename", "create %s: domain %u has that name", name, taken);
    if (p->fault)
        return pxl_wrap(p, "create %s", name);
    n.max_vcpus = c->maxvcpus ? c->maxvcpus : c->vcpus;
    n.max_kib = (c->maxmem ? c->maxmem : c->memory) << 10;
    n.b = (struct build){.image = image, .ramdisk = c->ramdisk, .cmdline = cmdline_of(c, &cmdline),
                         .nr_pages = c->memory << 8, .max_pages = n.max_kib >> 2, .vcpus = n.max_vcpus};
    n.macs = calloc(c->nr_vifs + 1, sizeof(*n.macs));
    if (!n.macs)
        abort();
    uuid_choose(&n);
    p->injecting = inject;
    rc = create_steps(&n, o);
    p->injecting = false;
    free(n.macs);
    free(cmdline);
    if (rc) {
        abandon(&n);
        failed_note(p, name);
        return pxl_wrap(p, "create %s", name);
    }
    *domid = n.domid;
    if (o->created)
        o->created(o->arg, n.domid, name);
    return 0;
}

static int create_all(struct pxl *p, const struct pxl_config *c, const struct pxl_config *kept, const struct pxl_create_options *o,
                      struct making *making, uint32_t *domid)
{
    struct pxl_image *image = pxl_image_open(p, c->kernel, c != kept); /* what a boot loader copied has no other use */
    char name[80];
    int rc = 0;

    if (!image)
        return pxl_wrap(p, "create %s", c->name);
    if (!o->count)
        rc = create_one(p, c, kept, o, c->name, image, making, domid);
    for (unsigned i = 1; i <= o->count && !rc; i++) {
        snprintf(name, sizeof(name), "%.52s-%u", c->name, i);
        rc = create_one(p, c, kept, o, name, image, making, domid);
    }
    pxl_image_close(image);
    return rc;
}

static int create_by_bootloader(struct pxl *p, const struct pxl_config *c, const struct pxl_create_options *o, struct making *making,
                                uint32_t *domid)
{
    struct pxl_config found = *c;
    struct boot boot;
    char folder[sizeof(making->path) + 8];
    int rc;

    snprintf(folder, sizeof(folder), "%s" BOOT_FOLDER, making->path);
    rc = boot_find(p, c, folder, &boot);
    if (rc) {
        pxl_wrap(p, "create %s", c->name);
    } else {
        found.kernel = boot.kernel;
        found.ramdisk = boot.ramdisk;
        found.cmdline = boot.cmdline;
        rc = create_all(p, &found, c, o, making, domid);
    }
    boot_free(&boot);
    return rc;
}

int pxl_create(struct pxl *p, const struct pxl_config *c, const struct pxl_create_options *o, uint32_t *domid)
{
    struct making making;
    unsigned removed;
    int rc;

    inject = getenv("PXL_FAIL_AT");
    pxl_sweep(p, &removed);
    if (pxl_config_check(p, c) || qemu_find(p, c))
        return pxl_wrap(p, "create %s", c->name ? c->name : "a domain without name");
    if (making_begin(p, &making))
        return pxl_wrap(p, "create %s", c->name);
    rc = c->bootloader && *c->bootloader ? create_by_bootloader(p, c, o, &making, domid) : create_all(p, c, c, o, &making, domid);
    making_end(&making);
    return rc;
}
