/* SPDX-License-Identifier: MIT */
/* sysctl: what the machine is. One node; sockets, cores and threads by CPUID. */
#include "core/control.h"
#include "core/e820.h"
#include "core/emul_port.h"
#include "core/memory.h"
#include "core/sched.h"
#include "hypercall/cpu_policy.h"
#include "lib/string.h"

#define NODE_DISTANCE_SELF 10u
#define DEVICES_MAX 65536u

/* ---- topology ---- */

/* LIMIT: CPUs are taken to be numbered thread by thread, core by core, as APIC ids are without holes. */
static void topology(unsigned *cores, unsigned *threads)
{
    struct cpuid_leaf l1, l4 = {0}, e8 = {0}, max;
    unsigned logical;

    port_cpuid(1, 0, &l1);
    port_cpuid(0, 0, &max);
    logical = l1.d >> FEATURE_HTT % 32 & 1 ? l1.b >> 16 & 0xff : 1;
    *cores = 1;
    if (cpu_vendor == VENDOR_INTEL && max.a >= 4) {
        port_cpuid(4, 0, &l4);
        *cores = (l4.a >> 26) + 1;
    } else if (cpu_vendor == VENDOR_AMD) {
        port_cpuid(0x80000000, 0, &max);
        if (max.a >= 0x80000008)
            port_cpuid(0x80000008, 0, &e8);
        *cores = (e8.c & 0xff) + 1;
        if (cpu_family >= 0x17 && max.a >= 0x8000001e) { /* counts threads there */
            struct cpuid_leaf e1e;

            port_cpuid(0x8000001e, 0, &e1e);
            *cores = max(*cores / ((e1e.b >> 8 & 0xff) + 1), 1u);
        }
    }
    *threads = max(logical / *cores, 1u);
}

static unsigned nr_cpus(void)
{
    return 64 - (unsigned)__builtin_clzll(cpus_online);
}

long sysctl_cputopo(struct sysctl_call *c, struct xen_sysctl *op)
{
    struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
    unsigned n = nr_cpus(), cores, threads;
    gva_t at = door_handle(t->cputopo);
    long rc = 0;

    topology(&cores, &threads);
    if (at)
        n = min(n, t->num_cpus);
    for (unsigned i = 0; at && !rc && i < n; i++) {
        struct xen_sysctl_cputopo x = {i / threads % cores, i / (threads * cores), 0};

        if (!(cpus_online & BIT(i)))
            x = (struct xen_sysctl_cputopo){XEN_INVALID_CORE_ID, XEN_INVALID_SOCKET_ID, XEN_INVALID_NODE_ID};
        rc = door_out_obj(c->v, at + i * sizeof(x), x);
    }
    t->num_cpus = n;
    c->answer = !rc;
    return rc;
}

/* ---- memory ---- */

static uint64_t ram_pages(void)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < machine_e820.count; i++)
        if (machine_e820.e[i].type == E820_RAM)
            bytes += machine_e820.e[i].size;
    return bytes >> PAGE_SHIFT;
}

long sysctl_numainfo(struct sysctl_call *c, struct xen_sysctl *op)
{
    struct xen_sysctl_numainfo *n = &op->u.numainfo;
    struct xen_sysctl_meminfo mem = {max_mfn << PAGE_SHIFT, heap_free_frames() << PAGE_SHIFT};
    gva_t info = door_handle(n->meminfo), distances = door_handle(n->distance);
    uint32_t nodes = info || distances ? min(n->num_nodes, 1u) : 1, distance = NODE_DISTANCE_SELF;
    long rc = 0;

    if (nodes && info)
        rc = door_out_obj(c->v, info, mem);
    if (nodes && distances && !rc)
        rc = door_out_obj(c->v, distances, distance);
    n->num_nodes = nodes;
    c->answer = !rc;
    return rc;
}

long sysctl_availheap(struct sysctl_call *c, struct xen_sysctl *op)
{
    struct xen_sysctl_availheap *a = &op->u.availheap;
    unsigned top = a->max_bitwidth ? min(a->max_bitwidth, 64u) : 64;

    /* LIMIT: free memory is not counted by address: of a limited range nothing is said to be free. */
    a->avail_bytes = a->node > 0 || a->min_bitwidth > PAGE_SHIFT || (top < 64 && max_mfn << PAGE_SHIFT > BIT(top))
                         ? 0 : heap_free_frames() << PAGE_SHIFT;
    c->answer = true;
    return 0;
}

/* ---- the machine as a whole ---- */

long sysctl_physinfo(struct sysctl_call *c, struct xen_sysctl *op)
{
    static const uint8_t words[] = {0, 1, 2, 3, 4, 5, 6, 7};
    const struct cpuid_policy *host = cpuid_policy_system(CPUID_POLICY_HOST);
    struct xen_sysctl_physinfo *p = &op->u.physinfo;
    unsigned cores, threads;

    topology(&cores, &threads);
    memset(p, 0, sizeof(*p));
    p->threads_per_core = threads;
    p->cores_per_socket = cores;
    p->nr_cpus = (uint32_t)__builtin_popcountll(cpus_online);
    p->max_cpu_id = nr_cpus() - 1;
    p->nr_nodes = 1;
    p->cpu_khz = control_tsc_khz();
    p->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1;
    p->total_pages = ram_pages();
    p->free_pages = heap_free_frames();
    p->outstanding_pages = memory_claimed();
    p->max_mfn = max_mfn - 1;
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
        p->hw_cap[i] = cpuid_policy_word(host, words[i]);
    c->answer = true;
    return 0;
}

long sysctl_cpuinfo(struct sysctl_call *c, struct xen_sysctl *op)
{
    struct xen_sysctl_getcpuinfo *g = &op->u.getcpuinfo;
    unsigned n = min(nr_cpus(), g->max_cpus);
    long rc = 0;

    for (unsigned i = 0; !rc && i < n; i++) {
        struct xen_sysctl_cpuinfo info = {sched_idle_ns(i)};

        rc = door_out_obj(c->v, door_handle(g->info) + i * sizeof(info), info);
    }
    g->nr_cpus = n;
    c->answer = !rc;
    return rc;
}

/* Of each device it is only known that its node is not. */
long sysctl_pcitopo(struct sysctl_call *c, struct xen_sysctl *op)
{
    struct xen_sysctl_pcitopoinfo *t = &op->u.pcitopoinfo;
    gva_t devs = door_handle(t->devs), nodes = door_handle(t->nodes);
    uint32_t n = min(t->num_devs, DEVICES_MAX), none = XEN_INVALID_NODE_ID;

    if (!devs || !nodes)
        return refuse(c->v->domain, EINVAL, BAD_POINTER, devs, sizeof(struct physdev_pci_device), 0);
    for (uint32_t i = 0; i < n; i++) {
        struct physdev_pci_device dev;

        if (door_in_obj(c->v, dev, devs + i * sizeof(dev)) || door_out_obj(c->v, nodes + i * sizeof(none), none))
            return -EFAULT;
    }
    t->num_devs = n;
    c->answer = true;
    return 0;
}

/* ---- CPU policies ---- */

/* By the tools' numbers: raw, host, then for PV and HVM what is possible and what is default. Without HVM
 * the tools still ask for its features: there are none. */
static const struct cpuid_policy *policy_by_index(uint32_t index, bool *known)
{
    static const int8_t which[] = {
        [XEN_SYSCTL_cpu_policy_raw] = CPUID_POLICY_HOST,         [XEN_SYSCTL_cpu_policy_host] = CPUID_POLICY_HOST,
        [XEN_SYSCTL_cpu_policy_pv_max] = CPUID_POLICY_MAX,       [XEN_SYSCTL_cpu_policy_hvm_max] = -1,
        [XEN_SYSCTL_cpu_policy_pv_default] = CPUID_POLICY_GUEST, [XEN_SYSCTL_cpu_policy_hvm_default] = -1,
    };

    *known = index < ARRAY_SIZE(which);
    return *known && which[index] >= 0 ? cpuid_policy_system((enum cpuid_system_policy)which[index]) : NULL;
}

long sysctl_cpu_policy(struct sysctl_call *c, struct xen_sysctl *op)
{
    struct xen_sysctl_cpu_policy *s = &op->u.cpu_policy;
    bool known;
    const struct cpuid_policy *p = policy_by_index(s->index, &known);
    long rc;

    if (s->_rsvd || !p)
        return refuse(c->v->domain, s->_rsvd || !known ? EINVAL : EOPNOTSUPP, UNKNOWN_SUBOP, s->index, 0, 0);
    rc = policy_leaves_out(c->v, p, door_handle(s->leaves), &s->nr_leaves);
    if (!rc)
        rc = policy_msrs_out(c->v, door_handle(s->msrs), &s->nr_msrs);
    c->answer = true;
    return rc;
}

long sysctl_featureset(struct sysctl_call *c, struct xen_sysctl *op)
{
    static const uint8_t index[] = {
        [XEN_SYSCTL_cpu_featureset_raw] = XEN_SYSCTL_cpu_policy_raw,
        [XEN_SYSCTL_cpu_featureset_host] = XEN_SYSCTL_cpu_policy_host,
        [XEN_SYSCTL_cpu_featureset_pv] = XEN_SYSCTL_cpu_policy_pv_default,
        [XEN_SYSCTL_cpu_featureset_hvm] = XEN_SYSCTL_cpu_policy_hvm_default,
        [XEN_SYSCTL_cpu_featureset_pv_max] = XEN_SYSCTL_cpu_policy_pv_max,
        [XEN_SYSCTL_cpu_featureset_hvm_max] = XEN_SYSCTL_cpu_policy_hvm_max,
    };
    struct xen_sysctl_cpu_featureset *f = &op->u.cpu_featureset;
    uint32_t words[POLICY_FEATURE_WORDS], n = min(f->nr_features, (uint32_t)POLICY_FEATURE_WORDS);
    const struct cpuid_policy *p;
    bool known, cut = f->nr_features < POLICY_FEATURE_WORDS;
    long rc;

    c->answer = true;
    if (!door_handle(f->features)) {
        f->nr_features = POLICY_FEATURE_WORDS;
        return 0;
    }
    p = f->index < ARRAY_SIZE(index) ? policy_by_index(index[f->index], &known) : NULL;
    if (!p)
        return refuse(c->v->domain, f->index < ARRAY_SIZE(index) ? EOPNOTSUPP : EINVAL, UNKNOWN_SUBOP, f->index, 0, 0);
    cpupolicy_features(p, words);
    rc = door_out(c->v, door_handle(f->features), words, n * sizeof(words[0]));
    f->nr_features = n;
    return rc ? rc : cut ? refuse(c->v->domain, ENOBUFS, POLICY_SIZE, n, POLICY_FEATURE_WORDS, 0) : 0;
}
