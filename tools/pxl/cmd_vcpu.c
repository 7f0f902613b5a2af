/* SPDX-License-Identifier: MIT */
/* vCPUs, memory, scheduling. */
#include "command.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void vcpu_row(struct call *c, const struct pxl_dominfo *d, const struct pxl_vcpuinfo *v, unsigned nr_cpus)
{
    char hard[512], soft[512];

    pxl_cpumask_print(hard, sizeof(hard), v->hard, nr_cpus);
    pxl_cpumask_print(soft, sizeof(soft), v->soft, nr_cpus);
    if (c->json) {
        js_open(c);
        js_text(c, "name", d->name);
        js_number(c, "domid", d->domid);
        js_number(c, "vcpu", v->vcpu);
        js_bool(c, "online", v->online);
        if (v->online)
            js_number(c, "cpu", (uint64_t)v->cpu);
        js_bool(c, "running", v->running);
        js_bool(c, "blocked", v->blocked);
        js_number(c, "cpu_time_ns", v->cpu_time);
        js_text(c, "hard_affinity", hard);
        js_text(c, "soft_affinity", soft);
        js_close(c);
        return;
    }
    printf("%-32s %5u %5u", d->name, d->domid, v->vcpu);
    if (v->online)
        printf("%5d %3c%c- ", v->cpu, v->running ? 'r' : '-', v->blocked ? 'b' : '-');
    else
        printf("%5c %3c%cp ", '-', '-', '-');
    printf("%9.1f  %s / %s\n", (double)v->cpu_time / 1e9, hard, soft);
}

/* Of a list of all domains one may be gone by now, which is no failure. */
static bool has_gone(const struct call *c)
{
    bool gone = false;

    for (const struct pxl_fault *f = c->argc ? NULL : pxl_fault(c->p); f; f = f->cause)
        gone |= f->err == ESRCH;
    return gone;
}

static int vcpus_of(struct call *c, const struct pxl_dominfo *d, unsigned nr_cpus)
{
    struct pxl_vcpuinfo *list;
    unsigned n;

    if (pxl_vcpus(c->p, d->domid, &list, &n))
        return has_gone(c) ? 0 : failed(c);
    for (unsigned i = 0; i < n; i++)
        vcpu_row(c, d, &list[i], nr_cpus);
    free(list);
    return 0;
}

int cmd_vcpu_list(struct call *c)
{
    struct pxl_dominfo *list = NULL, one;
    struct pxl_hostinfo h;
    uint32_t domid;
    unsigned n = 0;
    int rc = 0;

    if (pxl_host(c->p, &h) || (!c->argc && pxl_domains(c->p, &list, &n)))
        return failed(c);
    if (c->json)
        js_list(c, NULL);
    else
        printf("%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU", "State", "Time(s)", "Affinity (Hard / Soft)");
    for (unsigned i = 0; i < n && !rc; i++)
        rc = vcpus_of(c, &list[i], h.nr_cpus);
    free(list);
    for (int i = 0; i < c->argc && !rc; i++) {
        rc = domain_arg(c, i, &domid);
        if (!rc)
            rc = pxl_domain(c->p, domid, &one) ? failed(c) : vcpus_of(c, &one, h.nr_cpus);
    }
    if (c->json && !rc)
        js_list_end(c);
    return rc;
}

int cmd_vcpu_pin(struct call *c)
{
    uint64_t hard[16], soft[16], vcpu = 0;
    bool has_hard = strcmp(c->argv[2], "-"), has_soft = c->argc > 3 && strcmp(c->argv[3], "-");
    uint32_t domid;
    int rc = 0;

    if (strcmp(c->argv[1], "all"))
        rc = number_arg(c, 1, &vcpu);
    if (rc || domain_arg(c, 0, &domid))
        return rc ? rc : 1;
    if ((has_hard && pxl_cpumask_parse(c->p, c->argv[2], hard)) || (has_soft && pxl_cpumask_parse(c->p, c->argv[3], soft)))
        return failed(c);
    return done(c, pxl_vcpu_pin(c->p, domid, strcmp(c->argv[1], "all") ? (int)vcpu : -1, has_hard ? hard : NULL, has_soft ? soft : NULL));
}

int cmd_vcpu_set(struct call *c)
{
    uint32_t domid;
    uint64_t n;
    int rc = number_arg(c, 1, &n);

    if (rc || domain_arg(c, 0, &domid))
        return rc ? rc : 1;
    return done(c, pxl_vcpu_set(c->p, domid, n > 8192 ? 8193 : (unsigned)n));
}

/* MiB, unless a letter says otherwise: b, k, m, g, t. */
static int size_arg(struct call *c, int i, uint64_t *kib)
{
    char *end;
    uint64_t n = strtoull(c->argv[i], &end, 10);
    static const char letters[] = "bkmgt";
    const char *letter = *end ? strchr(letters, *end | 32) : letters + 2;

    if (end == c->argv[i] || !letter || (*end && end[1]))
        return usage_error(c, "a size is wanted: 512, 512m, 1g");
    *kib = letter == letters ? n >> 10 : n << 10 * (letter - letters - 1);
    return 0;
}

static int memory(struct call *c, int (*set)(struct pxl *p, uint32_t domid, uint64_t kib))
{
    uint32_t domid;
    uint64_t kib = 0;
    int rc = size_arg(c, 1, &kib);

    if (rc || domain_arg(c, 0, &domid))
        return rc ? rc : 1;
    return done(c, set(c->p, domid, kib));
}

int cmd_mem_set(struct call *c)
{
    return memory(c, pxl_mem_set);
}

int cmd_mem_max(struct call *c)
{
    return memory(c, pxl_mem_max);
}

/* ---- scheduling ---- */

static int sched_row(struct call *c, const struct pxl_dominfo *d)
{
    struct pxl_sched s;

    if (pxl_sched_get(c->p, d->domid, &s))
        return failed(c);
    if (c->json) {
        js_open(c);
        js_text(c, "name", d->name);
        js_number(c, "domid", d->domid);
        js_number(c, "weight", s.weight);
        js_number(c, "cap", s.cap);
        js_close(c);
    } else {
        printf("%-33s %4u %6u %4u\n", d->name, d->domid, s.weight, s.cap);
    }
    return 0;
}

static int sched_set(struct call *c, uint32_t domid)
{
    const char *weight = option(c, "weight"), *cap = option(c, "cap");
    struct pxl_sched s;

    if (pxl_sched_get(c->p, domid, &s))
        return failed(c);
    if (weight)
        s.weight = (unsigned)strtoul(weight, NULL, 10);
    if (cap)
        s.cap = (unsigned)strtoul(cap, NULL, 10);
    if (s.weight < 1 || s.weight > 65535 || s.cap > 65535)
        return usage_error(c, "weights are 1 to 65535, caps 0 to 65535");
    return pxl_sched_set(c->p, domid, &s) ? failed(c) : 0;
}

static int sched_params(struct call *c)
{
    int us = option(c, "ratelimit_us") ? atoi(option(c, "ratelimit_us")) : -1;

    if (pxl_sched_ratelimit(c->p, &us))
        return failed(c);
    if (c->json) {
        js_open(c);
        js_number(c, "ratelimit_us", (uint64_t)us);
        js_close(c);
    } else {
        printf("Cpupool Pool-0: ratelimit=%dus\n", us);
    }
    return 0;
}

int cmd_sched_credit2(struct call *c)
{
    const char *domain = option(c, "domain");
    struct pxl_dominfo *list, one;
    uint32_t domid = 0;
    unsigned n;
    int rc = 0;

    if (option(c, "schedparam"))
        return sched_params(c);
    if (domain && pxl_find(c->p, domain, &domid))
        return failed(c);
    if (option(c, "weight") || option(c, "cap")) {
        if (!domain)
            return usage_error(c, "--domain says whose"), 1;
        rc = sched_set(c, domid);
        if (!rc && c->json)
            yajl_gen_null(c->json);
        return rc;
    }
    if (c->json)
        js_list(c, NULL);
    else if (!domain && sched_params(c))
        return 1;
    if (!c->json)
        printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
    if (domain) {
        rc = pxl_domain(c->p, domid, &one) ? failed(c) : sched_row(c, &one);
    } else {
        if (pxl_domains(c->p, &list, &n))
            return failed(c);
        for (unsigned i = 0; i < n && !rc; i++)
            rc = sched_row(c, &list[i]);
        free(list);
    }
    if (c->json && !rc)
        js_list_end(c);
    return rc;
}
