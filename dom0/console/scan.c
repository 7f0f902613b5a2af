/* SPDX-License-Identifier: MIT */
/* Which domains there are, and where their consoles are: by the hypervisor's list, and by the store. */
#define _GNU_SOURCE
#include "daemon.h"
#include "guest.h"
#include "log.h"
#include "storelink.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned generation; /* of the last look at all domains */

/* Domains without a console, whose part of the store is watched: xl writes it after the introduction. */
struct expected {
    unsigned id, generation;
    LIST_ENTRY(expected) all;
};
static LIST_HEAD(, expected) expected = LIST_HEAD_INITIALIZER(expected);
static struct expected *expected_by_id[NR_DOMIDS];

static char *store_read(unsigned id, const char *key)
{
    struct xs_handle *store = storelink();
    char path[64];
    unsigned n;

    snprintf(path, sizeof(path), "/local/domain/%u/console/%s", id, key);
    return store ? xs_read(store, XBT_NULL, path, &n) : NULL;
}

static uint64_t store_number(unsigned id, const char *key)
{
    char *text = store_read(id, key);
    uint64_t value = text ? strtoull(text, NULL, 10) : 0;

    free(text);
    return value;
}

/* LIMIT: only the first console; those of device/console/N are for device models.
 * ENOENT: it is not built yet, or its console is another program's (a device model's). */
static int take_by_store(const struct hv_domain *d)
{
    uint64_t port = store_number(d->id, "port");
    char *type;
    bool other;

    if (!port)
        return ENOENT;
    type = store_read(d->id, "type");
    other = type && strcmp(type, "xenconsoled");
    free(type);
    return other ? ENOENT : guest_connect(d, store_number(d->id, "ring-ref"), (uint32_t)port);
}

static void expect_watch(const struct expected *e, bool on)
{
    struct xs_handle *store = storelink();
    char path[64];

    snprintf(path, sizeof(path), "/local/domain/%u/console", e->id);
    if (store && on)
        xs_watch(store, path, GUESTS_WATCH);
    else if (store)
        xs_unwatch(store, path, GUESTS_WATCH);
}

static void expect(unsigned id)
{
    struct expected *e = expected_by_id[id];

    if (!e) {
        e = calloc(1, sizeof(*e));
        if (!e)
            return;
        e->id = id;
        expected_by_id[id] = e;
        LIST_INSERT_HEAD(&expected, e, all);
        expect_watch(e, true);
    }
    e->generation = generation;
}

static void expect_no_more(unsigned id)
{
    struct expected *e = expected_by_id[id];

    if (!e)
        return;
    expect_watch(e, false);
    LIST_REMOVE(e, all);
    expected_by_id[id] = NULL;
    free(e);
}

static bool same(const struct guest *g, const struct hv_domain *d)
{
    return !memcmp(g->uuid, d->uuid, sizeof(g->uuid));
}

int guest_take(unsigned id, uint64_t frame, uint32_t port)
{
    struct hv_domain d;
    int rc;

    if (!id || id >= NR_DOMIDS || hv_domains(id, &d, 1) != 1 || d.id != id || d.dying)
        return ESRCH;
    if (guest_of(id) && same(guest_of(id), &d))
        return 0;
    if (guest_of(id))
        guest_end(guest_of(id)); /* the number has a new life */
    rc = port ? guest_connect(&d, frame, port) : take_by_store(&d);
    if (!rc)
        expect_no_more(id);
    return rc;
}

void guests_watch_event(const char *path)
{
    unsigned id;

    if (sscanf(path, "/local/domain/%u/console", &id) == 1 && id < NR_DOMIDS && expected_by_id[id])
        guest_take(id, 0, 0);
}

void guests_store_new(void)
{
    const struct expected *e;

    LIST_FOREACH(e, &expected, all)
        expect_watch(e, true);
    guests_publish();
}

static void scan_one(const struct hv_domain *d)
{
    struct guest *g = guest_of(d->id);

    if (g && (d->dying || !same(g, d))) {
        guest_end(g);
        g = NULL;
    }
    if (!g && !d->dying && take_by_store(d))
        expect(d->id);
    else if (!g)
        expect_no_more(d->id);
    else if (d->shutdown != g->shutdown && d->shutdown)
        guest_wait(g); /* its last words may have come without an event */
    if (g)
        g->shutdown = d->shutdown;
    if (guest_of(d->id))
        guest_of(d->id)->generation = generation;
}

void guests_scan(void)
{
    static struct hv_domain list[HV_BATCH];
    struct expected *e, *next_expected;
    struct guest *g, *next;
    unsigned first = 1;
    int n;

    generation++;
    do {
        n = hv_domains(first, list, HV_BATCH);
        if (n < 0) {
            log_line(LOG_ERROR, "cannot list the domains: %s", strerror(errno));
            return;
        }
        for (int i = 0; i < n; i++) {
            if (list[i].id < NR_DOMIDS)
                scan_one(&list[i]);
            first = list[i].id + 1;
        }
    } while (n == HV_BATCH);
    for (g = TAILQ_FIRST(&guests); g; g = next) {
        next = TAILQ_NEXT(g, all);
        if (g->generation != generation)
            guest_end(g);
    }
    for (e = LIST_FIRST(&expected); e; e = next_expected) {
        next_expected = LIST_NEXT(e, all);
        if (e->generation != generation)
            expect_no_more(e->id);
    }
}
