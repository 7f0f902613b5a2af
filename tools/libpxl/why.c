/* SPDX-License-Identifier: MIT */
/* Why a domain is as it is, or how it ended: what the hypervisor, its log, the keeper's notes and the console say together. */
#include "internal.h"
#include "qemu.h"
#include "ended.h"
#include <ctype.h>
#include <errno.h>
#include <philoxen.h>
#include <stdlib.h>
#include <string.h>

#define REFUSALS_MOST 64
#define LOG_LINES 20

void pxl_why_free(struct pxl_why *w)
{
    free(w->refusal);
    free(w->console.text);
    free(w->log);
    *w = (struct pxl_why){0};
}

/* ---- the hypervisor ---- */

/* Only Philoxen has it: there it says its version, elsewhere ENOSYS. */
static bool has_philoxen_op(struct pxl *p)
{
    return xencall2(p->call, __HYPERVISOR_philoxen_op, PHXOP_version, 0) >= PHX_VERSION;
}

static void refusals_put(struct pxl_why *w, const struct phx_refusal *list, unsigned n)
{
    free(w->refusal);
    w->refusal = calloc(n + 1, sizeof(*w->refusal));
    for (w->nr_refusals = 0; w->refusal && w->nr_refusals < n; w->nr_refusals++) {
        struct pxl_refusal *r = &w->refusal[w->nr_refusals];
        const struct phx_refusal *f = &list[w->nr_refusals];

        r->seq = f->seq;
        r->time = f->time;
        r->vcpu = f->vcpu;
        r->sub = f->sub;
        r->err = -f->err;
        snprintf(r->call, sizeof(r->call), "%.*s", (int)sizeof(f->name), f->name);
        snprintf(r->text, sizeof(r->text), "%.*s", (int)sizeof(f->text), f->text);
    }
}

static void refusals_get(struct pxl *p, struct pxl_why *w)
{
    struct phx_refusals *a = (void *)p->bounce->argument;
    struct phx_refusal *list = bounce_array(p, REFUSALS_MOST * sizeof(*list));

    *a = (struct phx_refusals){.domid = w->domid, .room = REFUSALS_MOST, .buffer = (uint64_t)list};
    if (xencall2(p->call, __HYPERVISOR_philoxen_op, PHXOP_refusals, (uint64_t)a) >= 0)
        refusals_put(w, list, a->count < REFUSALS_MOST ? a->count : REFUSALS_MOST);
}

/* The newest end of that number. */
static bool obituary_get(struct pxl *p, struct pxl_why *w)
{
    struct phx_obituary *o = bounce_array(p, sizeof(*o));

    memset(o, 0, sizeof(*o));
    while (xencall2(p->call, __HYPERVISOR_philoxen_op, PHXOP_obituary, (uint64_t)o) >= 0) {
        if (o->domid != w->domid) {
            o->before = o->seq;
            continue;
        }
        w->ended = true;
        w->reason = o->code == PHX_DESTROYED ? -1 : (int)o->code;
        snprintf(w->text, sizeof(w->text), "%.*s", (int)sizeof(o->text), o->text);
        refusals_put(w, o->refusal, o->nr_refusals < PHX_LAST_WORDS ? o->nr_refusals : PHX_LAST_WORDS);
        return true;
    }
    return false;
}

/* ---- the hypervisor's log ---- */

/* "d3", "d3v0", "Dom3", "dom 3", "Domain 3" as a word of the line. */
static bool line_names(const char *line, size_t n, uint32_t domid)
{
    static const char *const before[] = {"domain ", "dom ", "dom", "d"};
    char word[24];

    for (unsigned k = 0; k < sizeof(before) / sizeof(before[0]); k++) {
        int length = snprintf(word, sizeof(word), "%s%u", before[k], domid);

        for (size_t i = 0; i + (size_t)length <= n; i++) {
            char next = i + (size_t)length < n ? line[i + (size_t)length] : 0;

            if (!strncasecmp(line + i, word, (size_t)length) && (!i || !isalnum((unsigned char)line[i - 1])) &&
                (next == 'v' || !isalnum((unsigned char)next)))
                return true;
        }
    }
    return false;
}

static void log_get(struct pxl *p, struct pxl_why *w)
{
    char *all = NULL;
    size_t size = 0, starts[LOG_LINES], ends[LOG_LINES];
    FILE *f = open_memstream(&all, &size);
    unsigned n = 0;

    if (!f)
        return;
    pxl_dmesg(p, f, false);
    fclose(f);
    for (size_t at = 0; at < size;) {
        size_t length = strcspn(all + at, "\n");

        if (line_names(all + at, length, w->domid)) {
            starts[n % LOG_LINES] = at;
            ends[n++ % LOG_LINES] = at + length;
        }
        at += length + 1;
    }
    f = open_memstream(&w->log, &size);
    for (unsigned i = n > LOG_LINES ? n - LOG_LINES : 0; f && i < n; i++)
        fprintf(f, "%.*s\n", (int)(ends[i % LOG_LINES] - starts[i % LOG_LINES]), all + starts[i % LOG_LINES]);
    if (f)
        fclose(f);
    free(all);
}

/* ---- together ---- */

static bool number_of(const char *s, uint32_t *domid)
{
    *domid = (uint32_t)strtoul(s, NULL, 10);
    return *s && !s[strspn(s, "0123456789")] && *domid < DOMID_FIRST_RESERVED;
}

static void living(struct pxl *p, struct pxl_why *w, const struct pxl_dominfo *d)
{
    struct pxl_ended e;

    snprintf(w->name, sizeof(w->name), "%s", d->name);
    w->alive = true;
    w->info = *d;
    w->ended = d->shutdown;
    w->reason = d->shutdown_reason;
    w->qemu_ended = qemu_ended(w->domid, w->qemu, sizeof(w->qemu));
    /* One that ended is told of as it will be when it is gone. */
    if (d->shutdown && !pxl_ended(p, d->name, &e) && e.domid == w->domid) {
        w->when = e.when;
        snprintf(w->action, sizeof(w->action), "%s", e.action);
    }
    if (w->philoxen && !(d->shutdown && obituary_get(p, w)))
        refusals_get(p, w);
}

static int dead(struct pxl *p, struct pxl_why *w, const char *what)
{
    struct pxl_ended e = {0};
    bool noted = !pxl_ended(p, what, &e);

    w->never = failed_find(what, &w->when, w->text, sizeof(w->text)) && w->when >= e.when;
    if (w->never) {
        snprintf(w->name, sizeof(w->name), "%s", what);
        return 0;
    }
    *w->text = 0;
    if (noted) {
        w->domid = e.domid;
        w->ended = true;
        w->reason = e.reason;
        w->when = e.when;
        snprintf(w->name, sizeof(w->name), "%s", e.name);
        snprintf(w->action, sizeof(w->action), "%s", e.action);
    } else if (!number_of(what, &w->domid)) {
        return pxl_fail(p, NULL, ESRCH, "pxl list shows those that live", "find a domain %s, living or dead", what);
    }
    if (!(w->philoxen && obituary_get(p, w)) && !noted)
        return pxl_fail(p, NULL, ESRCH, "pxl list shows those that live", "find a domain %s, living or dead", what);
    return 0;
}

int pxl_why(struct pxl *p, const char *name_or_id, struct pxl_why *w)
{
    struct pxl_dominfo d;
    char key[16];

    memset(w, 0, sizeof(*w));
    w->reason = -1;
    w->philoxen = has_philoxen_op(p);
    if (!pxl_find(p, name_or_id, &w->domid) && !pxl_domain(p, w->domid, &d))
        living(p, w, &d);
    else if (dead(p, w, name_or_id))
        return pxl_wrap(p, "say why");
    if (w->never) {
        fault_clear(p);
        return 0;
    }
    log_get(p, w);
    snprintf(key, sizeof(key), "%u", w->domid);
    if (w->alive ? pxl_console_history(p, key, &w->console) : pxl_console_dead(p, key, &w->console))
        memset(&w->console, 0, sizeof(w->console));
    fault_clear(p);
    return 0;
}
