/* SPDX-License-Identifier: MIT */
/* Which domains there are. Columns as xl's. */
#include "command.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void uuid_text(char out[37], const uint8_t *u)
{
    snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1], u[2], u[3], u[4], u[5],
             u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
}

static const char *const reasons[] = {"poweroff", "reboot", "suspend", "crash", "watchdog", "soft-reset"};

static bool crashed(const struct pxl_dominfo *d)
{
    return d->shutdown && (d->shutdown_reason == 3 || d->shutdown_reason == 4);
}

static void json_row(struct call *c, const struct pxl_dominfo *d)
{
    char uuid[37];
    struct pxl_config config;

    uuid_text(uuid, d->uuid);
    js_open(c);
    js_text(c, "name", d->name);
    js_number(c, "domid", d->domid);
    js_text(c, "uuid", uuid);
    js_number(c, "memory_kib", d->memory);
    js_number(c, "max_memory_kib", d->max_memory);
    js_number(c, "vcpus", d->vcpus_online);
    js_number(c, "max_vcpus", d->vcpus_max);
    js_number(c, "cpu_time_ns", d->cpu_time);
    js_bool(c, "running", d->running);
    js_bool(c, "blocked", d->blocked);
    js_bool(c, "paused", d->paused);
    js_bool(c, "shutdown", d->shutdown);
    js_bool(c, "crashed", crashed(d));
    js_bool(c, "dying", d->dying);
    if (d->shutdown && d->shutdown_reason < 6)
        js_text(c, "shutdown_reason", reasons[d->shutdown_reason]);
    pxl_config_init(&config);
    if (option(c, "long") && !pxl_domain_config(c->p, d->domid, &config)) {
        char *text = pxl_config_to_json(&config);

        js_raw(c, "config", text ? text : "{}");
        free(text);
    }
    pxl_config_free(&config);
    js_close(c);
}

/* printf() of a row costs more than all else of it: a thousand rows are put together by hand, and written at once. */
struct text {
    char *start, *at;
    size_t room;
};

#define ROW_MOST 256

static bool row_begin(struct text *t)
{
    size_t used = (size_t)(t->at - t->start);
    char *more;

    if (t->start && t->room - used >= ROW_MOST)
        return true;
    more = realloc(t->start, t->room * 2 + 4 * ROW_MOST);
    if (!more)
        return false;
    t->start = more;
    t->at = more + used;
    t->room = t->room * 2 + 4 * ROW_MOST;
    return true;
}

/* Both put a field over blanks, which are there already, and return its end. */
static char *left(char *at, const char *s, unsigned width)
{
    size_t n = strlen(s);

    memcpy(at, s, n);
    return at + (n < width ? width : n);
}

static char *right(char *at, uint64_t value, unsigned width)
{
    unsigned n = 1;
    char *end;

    for (uint64_t v = value; v > 9; v /= 10)
        n++;
    end = at + (n < width ? width : n);
    for (char *digit = end; n--; value /= 10)
        *--digit = (char)('0' + value % 10);
    return end;
}

static void verbose_part(struct text *t, const struct pxl_dominfo *d)
{
    char uuid[37];

    uuid_text(uuid, d->uuid);
    t->at += sprintf(t->at, " %s ", uuid);
    t->at += d->shutdown ? sprintf(t->at, "%8x", (unsigned)d->shutdown_reason) : sprintf(t->at, "%8s", "-");
    t->at += sprintf(t->at, " %16s", "-");
}

static void text_row(struct text *t, const struct pxl_dominfo *d, bool verbose)
{
    uint64_t tenths = (d->cpu_time + 50000000) / 100000000;
    char *at;

    if (!row_begin(t))
        return;
    memset(t->at, ' ', ROW_MOST);
    at = left(t->at, d->name, 40);
    at = right(at, d->domid, 6);
    at = right(at, (d->memory + d->outstanding * 4) / 1024, 6);
    at = right(at, d->vcpus_online, 6) + 5;
    *at++ = d->running ? 'r' : '-';
    *at++ = d->blocked ? 'b' : '-';
    *at++ = d->paused ? 'p' : '-';
    *at++ = d->shutdown && !crashed(d) ? 's' : '-';
    *at++ = crashed(d) ? 'c' : '-';
    *at++ = d->dying ? 'd' : '-';
    at = right(at, tenths / 10, 8);
    *at++ = '.';
    *at++ = (char)('0' + tenths % 10);
    t->at = at;
    if (verbose)
        verbose_part(t, d);
    *t->at++ = '\n';
}

static bool wanted(struct call *c, uint32_t domid, const uint32_t *some, int n)
{
    for (int i = 0; i < n; i++)
        if (some[i] == domid)
            return true;
    return !c->argc;
}

int cmd_list(struct call *c)
{
    bool own_json = option(c, "long") && !c->json, verbose = option(c, "verbose");
    struct pxl_dominfo *list;
    struct text t = {0};
    uint32_t *some = calloc((unsigned)c->argc + 1, sizeof(*some));
    unsigned n;
    int rc = some ? 0 : 1;

    for (int i = 0; i < c->argc && !rc; i++)
        rc = domain_arg(c, i, &some[i]);
    if (!rc && pxl_domains(c->p, &list, &n))
        rc = failed(c);
    if (rc) {
        free(some);
        return rc;
    }
    if (own_json) {
        c->json = yajl_gen_alloc(NULL);
        yajl_gen_config(c->json, yajl_gen_beautify, 1);
    }
    if (c->json)
        js_list(c, NULL);
    else
        printf("%-40s %5s %5s %5s\tState\tTime(s)%s\n", "Name", "ID", "Mem", "VCPUs",
               verbose ? "   UUID                            Reason-Code\tSecurity Label" : "");
    for (unsigned i = 0; i < n; i++)
        if (wanted(c, list[i].domid, some, c->argc))
            c->json ? json_row(c, &list[i]) : text_row(&t, &list[i], verbose);
    if (c->json)
        js_list_end(c);
    fwrite(t.start, 1, (size_t)(t.at - t.start), stdout);
    free(t.start);
    free(list);
    free(some);
    return 0;
}

int cmd_vm_list(struct call *c)
{
    struct pxl_dominfo *list;
    char uuid[37];
    unsigned n;

    if (pxl_domains(c->p, &list, &n))
        return failed(c);
    if (c->json)
        js_list(c, NULL);
    else
        printf("%-36s  %-5s %s\n", "UUID", "ID", "name");
    for (unsigned i = 0; i < n; i++) {
        uuid_text(uuid, list[i].uuid);
        if (c->json)
            json_row(c, &list[i]);
        else
            printf("%s  %u    %-30s\n", uuid, list[i].domid, list[i].name);
    }
    if (c->json)
        js_list_end(c);
    free(list);
    return 0;
}

int cmd_domid(struct call *c)
{
    uint32_t domid;

    if (domain_arg(c, 0, &domid))
        return 1;
    if (c->json)
        yajl_gen_integer(c->json, domid);
    else
        printf("%u\n", domid);
    return 0;
}

int cmd_domname(struct call *c)
{
    struct pxl_dominfo d;
    uint64_t id;
    int rc = number_arg(c, 0, &id);

    if (rc)
        return rc;
    if (pxl_domain(c->p, (uint32_t)id, &d))
        return failed(c);
    if (c->json)
        js_text(c, NULL, d.name);
    else
        puts(d.name);
    return 0;
}

int cmd_rename(struct call *c)
{
    uint32_t domid;

    if (domain_arg(c, 0, &domid))
        return 1;
    if (pxl_rename(c->p, domid, c->argv[1]))
        return failed(c);
    if (c->json)
        js_text(c, NULL, c->argv[1]);
    return 0;
}

/* "2 days,  3:04:05"; short: without the seconds. */
static void uptime_text(char *out, size_t size, time_t up, bool brief)
{
    char days[32] = "";

    if (up >= 86400)
        snprintf(days, sizeof(days), "%ld day%s, ", up / 86400, up >= 2 * 86400 ? "s" : "");
    if (brief)
        snprintf(out, size, "%s%2ld:%02ld", days, up / 3600 % 24, up / 60 % 60);
    else
        snprintf(out, size, "%s%2ld:%02ld:%02ld", days, up / 3600 % 24, up / 60 % 60, up % 60);
}

static int uptime_row(struct call *c, const struct pxl_dominfo *d)
{
    char text[64], clock[16];
    time_t now = time(NULL);
    int64_t up;

    if (pxl_uptime(c->p, d->domid, &up))
        return failed(c);
    uptime_text(text, sizeof(text), up, option(c, "short"));
    if (c->json) {
        js_open(c);
        js_text(c, "name", d->name);
        js_number(c, "domid", d->domid);
        js_number(c, "seconds", (uint64_t)up);
        js_close(c);
    } else if (option(c, "short")) {
        strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&now));
        printf(" %s up %s, %s (%u)\n", clock, text, d->name, d->domid);
    } else {
        printf("%-33s %4u %s\n", d->name, d->domid, text);
    }
    return 0;
}

int cmd_uptime(struct call *c)
{
    struct pxl_dominfo *list, one;
    uint32_t domid;
    unsigned n = 0;
    int rc = 0;

    if (c->json)
        js_list(c, NULL);
    else if (!option(c, "short"))
        printf("%-33s %4s %s\n", "Name", "ID", "Uptime");
    if (!c->argc) {
        if (pxl_domains(c->p, &list, &n))
            return failed(c);
        for (unsigned i = 0; i < n && !rc; i++)
            rc = uptime_row(c, &list[i]);
        free(list);
    }
    for (int i = 0; i < c->argc && !rc; i++) {
        rc = domain_arg(c, i, &domid);
        if (!rc)
            rc = pxl_domain(c->p, domid, &one) ? failed(c) : uptime_row(c, &one);
    }
    if (c->json && !rc)
        js_list_end(c);
    return rc;
}
