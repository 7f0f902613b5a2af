/* SPDX-License-Identifier: MIT */
/* The host, its log, and who uses it. */
#include "command.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct row {
    const char *key;
    char value[1100];
};

/* xl's names and order. */
static unsigned rows_fill(struct row *r, const struct pxl_hostinfo *h)
{
    unsigned n = 0;

#define ROW(name, ...) (r[n].key = (name), snprintf(r[n].value, sizeof(r[n].value), __VA_ARGS__), n++)
    ROW("host", "%s", h->host);
    ROW("release", "%s", h->release);
    ROW("version", "%s", h->version);
    ROW("machine", "%s", h->machine);
    ROW("nr_cpus", "%u", h->nr_cpus);
    ROW("max_cpu_id", "%u", h->max_cpu_id);
    ROW("nr_nodes", "%u", h->nr_nodes);
    ROW("cores_per_socket", "%u", h->cores_per_socket);
    ROW("threads_per_core", "%u", h->threads_per_core);
    ROW("cpu_mhz", "%u.%03u", h->cpu_khz / 1000, h->cpu_khz % 1000);
    ROW("hw_caps", "%08x:%08x:%08x:%08x:%08x:%08x:%08x:%08x", h->hw_caps[0], h->hw_caps[1], h->hw_caps[2], h->hw_caps[3],
        h->hw_caps[4], h->hw_caps[5], h->hw_caps[6], h->hw_caps[7]);
    ROW("virt_caps", "%s", h->virt_caps);
    ROW("total_memory", "%lu", h->total_kib >> 10);
    ROW("free_memory", "%lu", (h->free_kib - h->outstanding_kib) >> 10);
    ROW("sharing_freed_memory", "%lu", h->sharing_freed >> 10);
    ROW("sharing_used_memory", "%lu", h->sharing_used >> 10);
    ROW("outstanding_claims", "%lu", h->outstanding_kib >> 10);
    ROW("free_cpus", "0");
    ROW("xen_major", "%u", h->xen_major);
    ROW("xen_minor", "%u", h->xen_minor);
    ROW("xen_extra", "%s", h->xen_extra);
    ROW("xen_version", "%u.%u%s", h->xen_major, h->xen_minor, h->xen_extra);
    ROW("xen_caps", "%s", h->xen_caps);
    ROW("xen_scheduler", "%s", h->xen_scheduler);
    ROW("xen_pagesize", "%lu", h->pagesize);
    ROW("platform_params", "virt_start=0x%lx", h->virt_start);
    ROW("xen_changeset", "%s", h->xen_changeset);
    ROW("xen_commandline", "%s", h->xen_commandline);
    ROW("cc_compiler", "%s", h->cc_compiler);
    ROW("cc_compile_by", "%s", h->cc_compile_by);
    ROW("cc_compile_domain", "%s", h->cc_compile_domain);
    ROW("cc_compile_date", "%s", h->cc_compile_date);
    ROW("build_id", "%s", h->build_id);
    ROW("xend_config_format", "4");
#undef ROW
    return n;
}

int cmd_info(struct call *c)
{
    static struct row rows[40];
    struct pxl_hostinfo h;
    unsigned n;

    if (pxl_host(c->p, &h))
        return failed(c);
    n = rows_fill(rows, &h);
    if (c->json)
        js_open(c);
    for (unsigned i = 0; i < n; i++) {
        if (c->json)
            js_text(c, rows[i].key, rows[i].value);
        else
            printf("%-23s: %s\n", rows[i].key, rows[i].value);
    }
    if (c->json) {
        js_bool(c, "philoxen", h.philoxen);
        js_close(c);
    }
    return 0;
}

int cmd_dmesg(struct call *c)
{
    char *text;
    size_t size;
    FILE *f;
    int rc;

    if (!c->json)
        return pxl_dmesg(c->p, stdout, option(c, "clear")) ? failed(c) : 0;
    f = open_memstream(&text, &size);
    if (!f)
        return 1;
    rc = pxl_dmesg(c->p, f, option(c, "clear"));
    fclose(f);
    if (!rc)
        js_text(c, NULL, text);
    free(text);
    return rc ? failed(c) : 0;
}

int cmd_debug_keys(struct call *c)
{
    if (pxl_debug_keys(c->p, c->argv[0]))
        return failed(c);
    if (c->json)
        yajl_gen_null(c->json);
    return 0;
}

/* ---- top ---- */

struct sample {
    uint32_t domid;
    uint64_t cpu_time;
};

static struct {
    struct sample *s;
    unsigned n;
    double at;
} last;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t time_before(uint32_t domid)
{
    for (unsigned i = 0; i < last.n; i++)
        if (last.s[i].domid == domid)
            return last.s[i].cpu_time;
    return 0;
}

static struct pxl_dominfo *sorted;
static double *share;

static int by_share(const void *a, const void *b)
{
    double x = share[*(const unsigned *)a], y = share[*(const unsigned *)b];

    return x < y ? 1 : x > y ? -1 : 0;
}

static int top_once(struct call *c)
{
    struct pxl_dominfo *list;
    double t = now();
    unsigned n, *order;

    if (pxl_domains(c->p, &list, &n))
        return failed(c);
    share = calloc(n + 1, sizeof(*share));
    order = calloc(n + 1, sizeof(*order));
    if (!share || !order)
        return 1;
    for (unsigned i = 0; i < n; i++) {
        order[i] = i;
        share[i] = last.n ? 100 * (double)(list[i].cpu_time - time_before(list[i].domid)) / 1e9 / (t - last.at) : 0;
    }
    sorted = list;
    qsort(order, n, sizeof(*order), by_share);
    if (c->json)
        js_list(c, NULL);
    else
        printf("%-20s %5s %6s %10s %6s %10s %5s\n", "NAME", "ID", "STATE", "CPU(sec)", "CPU(%)", "MEM(k)", "VCPUS");
    for (unsigned k = 0; k < n; k++) {
        const struct pxl_dominfo *d = &list[order[k]];

        if (c->json) {
            js_open(c);
            js_text(c, "name", d->name);
            js_number(c, "domid", d->domid);
            js_number(c, "cpu_time_ns", d->cpu_time);
            js_number(c, "cpu_permille", (uint64_t)(share[order[k]] * 10));
            js_number(c, "memory_kib", d->memory);
            js_close(c);
        } else {
            printf("%-20.20s %5u %c%c%c%c%c%c %10.0f %6.1f %10lu %5u\n", d->name, d->domid, d->running ? 'r' : '-',
                   d->blocked ? 'b' : '-', d->paused ? 'p' : '-', d->shutdown ? 's' : '-', '-', d->dying ? 'd' : '-',
                   (double)d->cpu_time / 1e9, share[order[k]], d->memory, d->vcpus_online);
        }
    }
    if (c->json)
        js_list_end(c);
    last.s = realloc(last.s, (n + 1) * sizeof(*last.s));
    for (unsigned i = 0; i < n && last.s; i++)
        last.s[i] = (struct sample){list[i].domid, list[i].cpu_time};
    last.n = last.s ? n : 0;
    last.at = t;
    free(share);
    free(order);
    free(list);
    return 0;
}

#define CTRL_C 3

int cmd_top(struct call *c)
{
    bool batch = option(c, "batch") || c->json || !isatty(1);
    double delay = option(c, "delay") ? strtod(option(c, "delay"), NULL) : 3;
    unsigned long n = option(c, "iterations") ? strtoul(option(c, "iterations"), NULL, 10) : 0;

    if (c->json)
        n = 1; /* one object */
    if (delay <= 0 || delay > 3600)
        return usage_error(c, "a delay between 0 and 3600 seconds");
    if (!batch)
        terminal_keys(false);
    for (unsigned long i = 1;; i++) {
        struct pollfd in = {.fd = 0, .events = POLLIN};
        char key;
        int rc;

        if (!batch)
            fputs("\033[H\033[2J", stdout);
        rc = top_once(c);
        fflush(stdout);
        if (rc || i == n)
            return rc;
        if (poll(&in, batch ? 0 : 1, (int)(delay * 1000)) > 0 && (read(0, &key, 1) != 1 || key == 'q' || key == CTRL_C))
            return 0;
    }
}
