/* SPDX-License-Identifier: MIT */
#include "platform.h"
#include "config.h"
#include "cpuid.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEAVES_MOST 512

/* ---- cpuid ---- */

static const xen_cpuid_leaf_t *leaf_find(const xen_cpuid_leaf_t *list, unsigned n, uint32_t leaf, uint32_t subleaf)
{
    for (unsigned i = 0; i < n; i++)
        if (list[i].leaf == leaf && (list[i].subleaf == NO_SUBLEAF || list[i].subleaf == (subleaf == NO_SUBLEAF ? 0 : subleaf)))
            return &list[i];
    return NULL;
}

static uint32_t *leaf_register(const xen_cpuid_leaf_t *l, unsigned reg)
{
    uint32_t *const at[] = {(uint32_t *)&l->a, (uint32_t *)&l->b, (uint32_t *)&l->c, (uint32_t *)&l->d};

    return at[reg];
}

/* A copy of the host's leaves. */
static xen_cpuid_leaf_t *host_leaves(struct pxl *p, unsigned *n)
{
    xen_cpuid_leaf_t *array = bounce_array(p, LEAVES_MOST * sizeof(*array)), *copy;
    xen_sysctl_t *s = sysctl_new(p, XEN_SYSCTL_get_cpu_policy);

    s->u.cpu_policy.index = XEN_SYSCTL_cpu_policy_host;
    s->u.cpu_policy.nr_leaves = LEAVES_MOST;
    set_xen_guest_handle_raw(s->u.cpu_policy.leaves, array);
    if (sysctl_run(p, "sysctl get_cpu_policy"))
        return NULL;
    *n = s->u.cpu_policy.nr_leaves;
    copy = malloc((*n + 1) * sizeof(*copy));
    if (copy)
        memcpy(copy, array, *n * sizeof(*copy));
    else
        pxl_fail(p, "malloc", ENOMEM, NULL, "read the host's CPUID");
    return copy;
}

static int policy_set(struct pxl *p, uint32_t domid, unsigned n)
{
    xen_cpuid_leaf_t *array = bounce_array(p, LEAVES_MOST * sizeof(*array));
    xen_domctl_t *d = domctl_new(p, XEN_DOMCTL_set_cpu_policy, domid);

    d->u.cpu_policy.nr_leaves = n;
    set_xen_guest_handle_raw(d->u.cpu_policy.leaves, array);
    if (!domctl_run(p, "domctl set_cpu_policy"))
        return 0;
    if (d->u.cpu_policy.err_leaf != ~0u)
        return pxl_wrap(p, "change leaf 0x%x (subleaf 0x%x) of its CPUID", d->u.cpu_policy.err_leaf, d->u.cpu_policy.err_subleaf);
    return pxl_wrap(p, "change its CPUID");
}

static int cpuid_set(struct pxl *p, uint32_t domid, const struct pxl_config *c)
{
    xen_cpuid_leaf_t *array = bounce_array(p, LEAVES_MOST * sizeof(*array)), *host = NULL;
    struct cpuid_change *list;
    unsigned n, nr_host = 0, nr;
    xen_domctl_t *d;
    int rc = cpuid_parse(p, &c->cpuid, &list, &n);

    if (!rc && n)
        rc = (host = host_leaves(p, &nr_host)) ? 0 : -1;
    if (!rc && n) {
        d = domctl_new(p, XEN_DOMCTL_get_cpu_policy, domid);
        d->u.cpu_policy.nr_leaves = LEAVES_MOST;
        set_xen_guest_handle_raw(d->u.cpu_policy.leaves, array);
        rc = domctl_run(p, "domctl get_cpu_policy");
        nr = rc ? 0 : d->u.cpu_policy.nr_leaves;
        for (unsigned i = 0; i < n && !rc; i++) {
            const xen_cpuid_leaf_t *own = leaf_find(array, nr, list[i].leaf, list[i].subleaf);
            const xen_cpuid_leaf_t *of = leaf_find(host, nr_host, list[i].leaf, list[i].subleaf);

            if (!own) {
                rc = pxl_fail(p, NULL, EINVAL, NULL, "change leaf 0x%x of its CPUID: guests here have none such", list[i].leaf);
                break;
            }
            *leaf_register(own, list[i].reg) =
                cpuid_apply(&list[i], *leaf_register(own, list[i].reg), of ? *leaf_register(of, list[i].reg) : 0);
        }
        if (!rc)
            rc = policy_set(p, domid, nr);
    }
    free(list);
    free(host);
    return rc;
}

/* ---- the clock ---- */

static int tsc_set(struct pxl *p, uint32_t domid, const char *mode)
{
    int number = tsc_mode_number(mode);
    xen_domctl_t *d;

    if (number == 0)
        return 0;
    d = domctl_new(p, XEN_DOMCTL_settscinfo, domid);
    d->u.tsc_info.tsc_mode = (uint32_t)number;
    if (!domctl_run(p, "domctl settscinfo"))
        return 0;
    if (p->fault->err != EINVAL && p->fault->err != EOPNOTSUPP)
        return -1;
    fault_clear(p);
    pxl_log(p, 0, "warning: tsc_mode=\"%s\" has no effect: this hypervisor lets guests read the TSC itself", mode);
    return 0;
}

int platform_set(struct pxl *p, uint32_t domid, const struct pxl_config *c)
{
    return (c->cpuid.n && cpuid_set(p, domid, c)) || (c->tsc_mode && tsc_set(p, domid, c->tsc_mode)) ? -1 : 0;
}

/* ---- the map of its memory ---- */

#define E820_RAM 1
#define E820_RESERVED 2
#define E820_MOST 128
#define FIRST_MIB (1ul << 20)
#define FOUR_GIB (1ul << 32)

/* struct e820entry of the public interface. */
struct __attribute__((packed)) region {
    uint64_t at, size;
    uint32_t type;
};

/* What of the host's map is no RAM, above the first MiB (where a PV guest has RAM whatever the host has). */
static int host_holes(struct pxl *p, struct region *out, unsigned *n)
{
    struct region *host = bounce_array(p, E820_MOST * sizeof(*host));
    struct xen_memory_map map = {.nr_entries = E820_MOST};

    set_xen_guest_handle_raw(map.buffer, host);
    if (memory_op(p, XENMEM_machine_memory_map, &map, sizeof(map), "memory_op machine_memory_map") < 0)
        return -1;
    *n = 0;
    for (unsigned i = 0; i < map.nr_entries && i < E820_MOST; i++)
        if (host[i].type != E820_RAM && host[i].at >= FIRST_MIB && host[i].size)
            out[(*n)++] = host[i];
    return 0;
}

static int by_address(const void *a, const void *b)
{
    const struct region *x = a, *y = b;

    return x->at < y->at ? -1 : x->at > y->at;
}

/* RAM up to the first hole, the host's holes, and what does not fit below them from 4 GiB on, or behind the last of them. */
static unsigned map_host(struct region *map, const struct region *holes, unsigned n, uint64_t size)
{
    uint64_t low = n && holes[0].at < size ? holes[0].at & ~4095ul : size, end = FOUR_GIB;
    unsigned k = 0;

    map[k++] = (struct region){0, low, E820_RAM};
    for (unsigned i = 0; i < n && k < E820_MOST - 1; i++) {
        map[k++] = holes[i];
        end = holes[i].at + holes[i].size > end ? holes[i].at + holes[i].size : end;
    }
    if (size > low)
        map[k++] = (struct region){(end + 4095) & ~4095ul, size - low, E820_RAM};
    return k;
}

int memory_map_set(struct pxl *p, uint32_t domid, const struct pxl_config *c, uint64_t max_kib)
{
    struct xen_foreign_memory_map map = {.domid = (domid_t)domid, .map = {.nr_entries = 1}};
    struct region all[E820_MOST] = {{0, max_kib << 10, E820_RAM}}, holes[E820_MOST], *array;
    unsigned n;

    if (c->e820_host) {
        if (host_holes(p, holes, &n))
            return -1;
        qsort(holes, n, sizeof(*holes), by_address);
        map.map.nr_entries = map_host(all, holes, n, max_kib << 10);
    }
    array = bounce_array(p, sizeof(all));
    memcpy(array, all, sizeof(all));
    set_xen_guest_handle_raw(map.map.buffer, array);
    return memory_op(p, XENMEM_set_memory_map, &map, sizeof(map), "memory_op set_memory_map") < 0 ? -1 : 0;
}
