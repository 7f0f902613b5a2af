/* SPDX-License-Identifier: MIT */
/* What there is: domains, their vCPUs, the host. */
#include "internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <xen/version.h>

static void info_from(struct pxl_dominfo *o, const xen_domctl_getdomaininfo_t *i)
{
    o->domid = i->domain;
    memcpy(o->uuid, i->handle, 16);
    o->running = i->flags & XEN_DOMINF_running;
    o->blocked = i->flags & XEN_DOMINF_blocked;
    o->paused = i->flags & XEN_DOMINF_paused;
    o->shutdown = i->flags & XEN_DOMINF_shutdown;
    o->dying = i->flags & XEN_DOMINF_dying;
    o->shutdown_reason = o->shutdown ? (int)(i->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask) : -1;
    o->memory = i->tot_pages << 2;
    o->max_memory = i->max_pages << 2;
    o->cpu_time = i->cpu_time;
    o->vcpus_online = i->nr_online_vcpus;
    o->vcpus_max = i->max_vcpu_id + 1;
    o->cpupool = i->cpupool;
    o->outstanding = i->outstanding_pages;
}

static void name_put(struct pxl_dominfo *o, const char *name)
{
    /* snprintf() was a third of a list of a thousand. */
    if (!memccpy(o->name, name ? name : o->domid ? "(null)" : "Domain-0", 0, sizeof(o->name) - 1))
        o->name[sizeof(o->name) - 1] = 0;
}

static void name_path(void *arg, unsigned i, char *path, size_t size)
{
    const struct pxl_dominfo *list = arg;

    snprintf(path, size, "/local/domain/%u/name", list[i].domid);
}

static void name_take(void *arg, unsigned i, char *text)
{
    struct pxl_dominfo *list = arg;

    name_put(&list[i], text);
}

struct naming {
    struct pxl_dominfo *list;
    unsigned n, next;      /* the store names them nearly in the list's order: where it goes on */
};

static int by_domid(const void *key, const void *element)
{
    uint32_t k = *(const uint32_t *)key, e = ((const struct pxl_dominfo *)element)->domid;

    return k < e ? -1 : k > e;
}

static bool domid_read(const char *text, uint32_t *domid)
{
    uint32_t v = 0;

    for (; *text >= '0' && *text <= '9' && v < DOMID_FIRST_RESERVED; text++)
        v = v * 10 + (uint32_t)(*text - '0');
    *domid = v;
    return !*text;
}

static void name_give(void *arg, const char *child, const char *text)
{
    struct naming *g = arg;
    struct pxl_dominfo *d;
    uint32_t domid;

    if (!domid_read(child, &domid))
        return;
    d = g->next < g->n && g->list[g->next].domid == domid ? &g->list[g->next]
                                                          : bsearch(&domid, g->list, g->n, sizeof(*d), by_domid);
    if (!d)
        return;
    name_put(d, text);
    g->next = (unsigned)(d - g->list) + 1;
}

static int names_get(struct pxl *p, struct pxl_dominfo *list, unsigned n)
{
    struct naming g = {list, n, 0};

    if (!(p->flags & PXL_NO_STORE)) {
        /* Of many all at once where the store can; those that are then without a name may have an odd one. */
        if (n <= 2 || store_values(p, "/local/domain", "name", name_give, &g))
            return store_read_many(p, n, name_path, name_take, list);
        for (unsigned i = 0; i < n; i++)
            if (!*list[i].name && store_read_many(p, 1, name_path, name_take, &list[i]))
                return -1;
        return 0;
    }
    for (unsigned i = 0; i < n; i++)
        name_put(&list[i], NULL);
    return 0;
}

int pxl_domains(struct pxl *p, struct pxl_dominfo **list, unsigned *n)
{
    static xen_domctl_getdomaininfo_t batch[HV_LIST_MAX];
    uint32_t first = 0;
    int got;

    fault_clear(p);
    *list = NULL;
    *n = 0;
    do {
        struct pxl_dominfo *more;

        got = hv_list(p, first, batch);
        if (got < 0)
            goto failed;
        more = realloc(*list, (*n + (unsigned)got + 1) * sizeof(*more));
        if (!more) {
            pxl_fail(p, "malloc", ENOMEM, NULL, "list the domains");
            goto failed;
        }
        *list = more;
        memset(more + *n, 0, (unsigned)got * sizeof(*more));
        for (int i = 0; i < got; i++) {
            info_from(&more[(*n)++], &batch[i]);
            first = batch[i].domain + 1u;
        }
    } while (got == HV_LIST_MAX);
    if (!names_get(p, *list, *n))
        return 0;
failed:
    free(*list);
    *list = NULL;
    return -1;
}

int pxl_domain(struct pxl *p, uint32_t domid, struct pxl_dominfo *o)
{
    xen_domctl_getdomaininfo_t info;

    fault_clear(p);
    if (hv_domaininfo(p, domid, &info))
        return pxl_wrap(p, "look at domain %u", domid);
    memset(o, 0, sizeof(*o));
    info_from(o, &info);
    return names_get(p, o, 1);
}

/* ---- vCPUs ---- */

/* A bitmap the hypervisor reads or writes: in the part of the array from `at` on. */
static uint8_t *mask_at(struct pxl *p, unsigned at)
{
    return (uint8_t *)bounce_array(p, 1024) + at * 128;
}

static int affinity_get(struct pxl *p, uint32_t domid, struct pxl_vcpuinfo *v)
{
    xen_domctl_t *d = domctl_new(p, XEN_DOMCTL_getvcpuaffinity, domid);
    uint8_t *hard = mask_at(p, 0), *soft = mask_at(p, 1);

    memset(hard, 0, 256);
    d->u.vcpuaffinity.vcpu = v->vcpu;
    d->u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
    set_xen_guest_handle_raw(d->u.vcpuaffinity.cpumap_hard.bitmap, hard);
    set_xen_guest_handle_raw(d->u.vcpuaffinity.cpumap_soft.bitmap, soft);
    d->u.vcpuaffinity.cpumap_hard.nr_bits = d->u.vcpuaffinity.cpumap_soft.nr_bits = p->nr_cpus;
    if (domctl_run(p, "domctl getvcpuaffinity"))
        return -1;
    memcpy(v->hard, hard, sizeof(v->hard));
    memcpy(v->soft, soft, sizeof(v->soft));
    return 0;
}

int pxl_vcpus(struct pxl *p, uint32_t domid, struct pxl_vcpuinfo **list, unsigned *n)
{
    xen_domctl_getdomaininfo_t info;
    unsigned nr;

    fault_clear(p);
    *list = NULL;
    if (hv_host(p) || hv_domaininfo(p, domid, &info))
        return -1;
    nr = info.max_vcpu_id + 1;
    *list = calloc(nr, sizeof(**list));
    if (!*list)
        return pxl_fail(p, "malloc", ENOMEM, NULL, "list the vCPUs of domain %u", domid);
    for (*n = 0; *n < nr; (*n)++) {
        struct pxl_vcpuinfo *v = &(*list)[*n];
        xen_domctl_t *d = domctl_new(p, XEN_DOMCTL_getvcpuinfo, domid);

        v->vcpu = d->u.getvcpuinfo.vcpu = *n;
        if (domctl_run(p, "domctl getvcpuinfo"))
            break;
        v->online = d->u.getvcpuinfo.online;
        v->running = d->u.getvcpuinfo.running;
        v->blocked = d->u.getvcpuinfo.blocked;
        v->cpu_time = d->u.getvcpuinfo.cpu_time;
        v->cpu = v->online ? (int)d->u.getvcpuinfo.cpu : -1;
        if (affinity_get(p, domid, v))
            break;
    }
    if (*n == nr)
        return 0;
    free(*list);
    *list = NULL;
    return -1;
}

static int pin_one(struct pxl *p, uint32_t domid, unsigned vcpu, const uint64_t *hard, const uint64_t *soft)
{
    xen_domctl_t *d = domctl_new(p, XEN_DOMCTL_setvcpuaffinity, domid);
    uint8_t *h = mask_at(p, 0), *s = mask_at(p, 1);

    d->u.vcpuaffinity.vcpu = vcpu;
    d->u.vcpuaffinity.flags = (hard ? XEN_VCPUAFFINITY_HARD : 0) | (soft ? XEN_VCPUAFFINITY_SOFT : 0);
    if (hard)
        memcpy(h, hard, 128);
    if (soft)
        memcpy(s, soft, 128);
    set_xen_guest_handle_raw(d->u.vcpuaffinity.cpumap_hard.bitmap, h);
    set_xen_guest_handle_raw(d->u.vcpuaffinity.cpumap_soft.bitmap, s);
    d->u.vcpuaffinity.cpumap_hard.nr_bits = d->u.vcpuaffinity.cpumap_soft.nr_bits = p->nr_cpus;
    return domctl_run(p, "domctl setvcpuaffinity");
}

int pxl_vcpu_pin(struct pxl *p, uint32_t domid, int vcpu, const uint64_t *hard, const uint64_t *soft)
{
    xen_domctl_getdomaininfo_t info;
    unsigned first = vcpu < 0 ? 0 : (unsigned)vcpu, last = first;

    if (hv_host(p))
        return -1;
    if (vcpu < 0) {
        if (hv_domaininfo(p, domid, &info))
            return -1;
        last = info.max_vcpu_id;
    }
    for (unsigned v = first; v <= last; v++)
        if (pin_one(p, domid, v, hard, soft))
            return pxl_wrap(p, "pin vCPU %u of domain %u", v, domid);
    return 0;
}

int pxl_vcpu_set(struct pxl *p, uint32_t domid, unsigned online)
{
    xen_domctl_getdomaininfo_t info;

    fault_clear(p);
    if (hv_domaininfo(p, domid, &info))
        return -1;
    if (!online || online > info.max_vcpu_id + 1)
        return pxl_fail(p, NULL, EINVAL, "maxvcpus= in the configuration", "give domain %u %u vCPUs: it can have 1 to %u",
                        domid, online, info.max_vcpu_id + 1);
    for (unsigned v = 0; v <= info.max_vcpu_id; v++)
        if (store_write(p, XBT_NULL, v < online ? "online" : "offline", "/local/domain/%u/cpu/%u/availability", domid, v))
            return -1;
    return 0;
}

/* ---- memory, scheduling ---- */

int pxl_mem_max(struct pxl *p, uint32_t domid, uint64_t kib)
{
    char text[24], *target = store_read(p, XBT_NULL, "/local/domain/%u/memory/target", domid);
    uint64_t least = target ? strtoull(target, NULL, 10) : 0;
    xen_domctl_t *d = domctl_new(p, XEN_DOMCTL_max_mem, domid);

    free(target);
    fault_clear(p);
    if (kib < least)
        return pxl_fail(p, NULL, EINVAL, "pxl mem-set first", "limit domain %u to %lu KiB: its target is %lu", domid, kib, least);
    d->u.max_mem.max_memkb = kib + 1024;
    if (domctl_run(p, "domctl max_mem"))
        return pxl_wrap(p, "set the memory limit of domain %u", domid);
    snprintf(text, sizeof(text), "%lu", kib);
    return store_write(p, XBT_NULL, text, "/local/domain/%u/memory/static-max", domid);
}

int pxl_mem_set(struct pxl *p, uint32_t domid, uint64_t kib)
{
    char text[24], *max = store_read(p, XBT_NULL, "/local/domain/%u/memory/static-max", domid);
    uint64_t most = max ? strtoull(max, NULL, 10) : UINT64_MAX;

    free(max);
    if (kib > most)
        return pxl_fail(p, NULL, EINVAL, "pxl mem-max", "give domain %u %lu KiB: its limit is %lu", domid, kib, most);
    if (domid) {
        xen_domctl_t *d = domctl_new(p, XEN_DOMCTL_max_mem, domid);

        d->u.max_mem.max_memkb = kib + 1024;
        if (domctl_run(p, "domctl max_mem"))
            return pxl_wrap(p, "set the memory of domain %u", domid);
    }
    snprintf(text, sizeof(text), "%lu", kib);
    return store_write(p, XBT_NULL, text, "/local/domain/%u/memory/target", domid);
}

static xen_domctl_t *sched_op(struct pxl *p, uint32_t domid, uint32_t cmd)
{
    xen_domctl_t *d = domctl_new(p, XEN_DOMCTL_scheduler_op, domid);

    d->u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
    d->u.scheduler_op.cmd = cmd;
    return d;
}

int pxl_sched_get(struct pxl *p, uint32_t domid, struct pxl_sched *s)
{
    xen_domctl_t *d = sched_op(p, domid, XEN_DOMCTL_SCHEDOP_getinfo);

    if (domctl_run(p, "domctl scheduler_op getinfo"))
        return pxl_wrap(p, "read the scheduling of domain %u", domid);
    s->weight = d->u.scheduler_op.u.credit2.weight;
    s->cap = d->u.scheduler_op.u.credit2.cap;
    return 0;
}

int pxl_sched_set(struct pxl *p, uint32_t domid, const struct pxl_sched *s)
{
    xen_domctl_t *d = sched_op(p, domid, XEN_DOMCTL_SCHEDOP_putinfo);

    d->u.scheduler_op.u.credit2.weight = (uint16_t)s->weight;
    d->u.scheduler_op.u.credit2.cap = (uint16_t)s->cap;
    return domctl_run(p, "domctl scheduler_op putinfo") ? pxl_wrap(p, "set the scheduling of domain %u", domid) : 0;
}

int pxl_sched_ratelimit(struct pxl *p, int *us)
{
    xen_sysctl_t *s = sysctl_new(p, XEN_SYSCTL_scheduler_op);

    s->u.scheduler_op.cpupool_id = 0;
    s->u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
    s->u.scheduler_op.cmd = *us < 0 ? XEN_SYSCTL_SCHEDOP_getinfo : XEN_SYSCTL_SCHEDOP_putinfo;
    if (*us >= 0)
        s->u.scheduler_op.u.sched_credit2.ratelimit_us = (unsigned)*us;
    if (sysctl_run(p, "sysctl scheduler_op"))
        return -1;
    *us = (int)s->u.scheduler_op.u.sched_credit2.ratelimit_us;
    return 0;
}

/* ---- the host ---- */

static int version_get(struct pxl *p, unsigned cmd, void *out, size_t size)
{
    int rc;

    memset(p->bounce->argument, 0, size);
    rc = xencall2(p->call, __HYPERVISOR_xen_version, cmd, out ? (uint64_t)p->bounce->argument : 0);
    if (out)
        memcpy(out, p->bounce->argument, size);
    return rc;
}

static void build_id_get(struct pxl *p, struct pxl_hostinfo *h)
{
    xen_build_id_t *id = (void *)p->bounce->argument;
    unsigned most = sizeof(h->build_id) / 2 - 1;
    int n;

    memset(id, 0, sizeof(*id) + most);
    id->len = most;
    n = xencall2(p->call, __HYPERVISOR_xen_version, XENVER_build_id, (uint64_t)id);
    for (int i = 0; i < n && i < (int)most; i++)
        snprintf(h->build_id + 2 * i, 3, "%02x", id->buf[i]);
}

static void version_fill(struct pxl *p, struct pxl_hostinfo *h)
{
    struct xen_compile_info compile;
    int version = version_get(p, XENVER_version, NULL, 0);
    struct xen_platform_parameters platform;

    h->xen_major = (unsigned)version >> 16;
    h->xen_minor = (unsigned)version & 0xffff;
    version_get(p, XENVER_extraversion, h->xen_extra, sizeof(h->xen_extra));
    version_get(p, XENVER_capabilities, h->xen_caps, sizeof(h->xen_caps));
    version_get(p, XENVER_changeset, h->xen_changeset, sizeof(h->xen_changeset));
    version_get(p, XENVER_commandline, h->xen_commandline, sizeof(h->xen_commandline));
    version_get(p, XENVER_platform_parameters, &platform, sizeof(platform));
    h->virt_start = platform.virt_start;
    h->pagesize = (uint64_t)version_get(p, XENVER_pagesize, NULL, 0);
    version_get(p, XENVER_compile_info, &compile, sizeof(compile));
    memcpy(h->cc_compiler, compile.compiler, sizeof(h->cc_compiler));
    memcpy(h->cc_compile_by, compile.compile_by, sizeof(compile.compile_by));
    memcpy(h->cc_compile_domain, compile.compile_domain, sizeof(compile.compile_domain));
    memcpy(h->cc_compile_date, compile.compile_date, sizeof(compile.compile_date));
    build_id_get(p, h);
    h->philoxen = strstr(h->xen_extra, "philoxen");
}

static void caps_text(char *out, size_t size, uint32_t caps)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {{XEN_SYSCTL_PHYSCAP_pv, "pv"}, {XEN_SYSCTL_PHYSCAP_hvm, "hvm"}, {XEN_SYSCTL_PHYSCAP_directio, "directio"},
                 {XEN_SYSCTL_PHYSCAP_hap, "hap"}, {XEN_SYSCTL_PHYSCAP_shadow, "shadow"},
                 {XEN_SYSCTL_PHYSCAP_gnttab_v1, "gnttab-v1"}, {XEN_SYSCTL_PHYSCAP_gnttab_v2, "gnttab-v2"}};
    size_t at = 0;

    out[0] = 0;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]) && at < size; i++)
        if (caps & names[i].bit)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at ? " " : "", names[i].name);
}

int pxl_host(struct pxl *p, struct pxl_hostinfo *h)
{
    struct utsname u;
    xen_sysctl_t *s;

    fault_clear(p);
    memset(h, 0, sizeof(*h));
    s = sysctl_new(p, XEN_SYSCTL_physinfo);
    if (sysctl_run(p, "sysctl physinfo"))
        return pxl_wrap(p, "ask about the host");
    h->nr_cpus = s->u.physinfo.nr_cpus;
    h->max_cpu_id = s->u.physinfo.max_cpu_id;
    h->nr_nodes = s->u.physinfo.nr_nodes;
    h->cores_per_socket = s->u.physinfo.cores_per_socket;
    h->threads_per_core = s->u.physinfo.threads_per_core;
    h->cpu_khz = s->u.physinfo.cpu_khz;
    memcpy(h->hw_caps, s->u.physinfo.hw_cap, sizeof(h->hw_caps));
    caps_text(h->virt_caps, sizeof(h->virt_caps), s->u.physinfo.capabilities);
    h->total_kib = s->u.physinfo.total_pages << 2;
    h->free_kib = s->u.physinfo.free_pages << 2;
    h->outstanding_kib = s->u.physinfo.outstanding_pages << 2;
    if (!uname(&u)) {
        snprintf(h->host, sizeof(h->host), "%s", u.nodename);
        snprintf(h->release, sizeof(h->release), "%s", u.release);
        snprintf(h->version, sizeof(h->version), "%s", u.version);
        snprintf(h->machine, sizeof(h->machine), "%s", u.machine);
    }
    strcpy(h->xen_scheduler, "credit2");
    version_fill(p, h);
    return 0;
}

int pxl_dmesg(struct pxl *p, FILE *f, bool clear)
{
    uint32_t index = 0;

    fault_clear(p);
    for (;;) {
        xen_sysctl_t *s = sysctl_new(p, XEN_SYSCTL_readconsole);
        char *buffer = bounce_array(p, 32768);

        s->u.readconsole.clear = clear;
        s->u.readconsole.incremental = 1;
        s->u.readconsole.index = index;
        s->u.readconsole.count = 32768;
        set_xen_guest_handle_raw(s->u.readconsole.buffer, buffer);
        if (sysctl_run(p, "sysctl readconsole"))
            return pxl_wrap(p, "read the hypervisor's log");
        if (!s->u.readconsole.count)
            return 0;
        index = s->u.readconsole.index;
        fwrite(buffer, 1, s->u.readconsole.count, f);
    }
}

int pxl_debug_keys(struct pxl *p, const char *keys)
{
    xen_sysctl_t *s = sysctl_new(p, XEN_SYSCTL_debug_keys);
    size_t n = strlen(keys);
    char *buffer = bounce_array(p, n + 1);

    fault_clear(p);
    if (!buffer)
        return pxl_fail(p, NULL, E2BIG, NULL, "send %zu debug keys", n);
    memcpy(buffer, keys, n + 1);
    set_xen_guest_handle_raw(s->u.debug_keys.keys, buffer);
    s->u.debug_keys.nr_keys = (uint32_t)n;
    return sysctl_run(p, "sysctl debug_keys") ? pxl_wrap(p, "send debug keys") : 0;
}
