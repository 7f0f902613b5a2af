/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "xenbus.h"
#include "clock.h"
#include "hv.h"
#include "log.h"
#include "store.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096u
#define TURNS_A_ROUND 8 /* each asks the store several times, and disks and cards wait meanwhile */
#define SCAN_PAUSE_MS 50
#define NR_DOMIDS 0x7ff0u
#define FIRST_RELEASED "@releaseDomain"

TAILQ_HEAD(device_list, device);
static struct device_list table[BUCKETS]; /* by domid */
static struct device_list line = TAILQ_HEAD_INITIALIZER(line);
static const struct kind *const *kinds;
static bool scan_wanted;
static uint64_t last_scan;

void xenbus_kinds(const struct kind *const *list)
{
    kinds = list;
    for (unsigned i = 0; i < BUCKETS; i++)
        TAILQ_INIT(&table[i]);
}

const char *device_name(const struct device *d)
{
    static char name[48];

    snprintf(name, sizeof(name), "%s %u/%u", d->kind->name, d->domid, d->id);
    return name;
}

static void device_queue(struct device *d)
{
    if (d->queued)
        return;
    d->queued = true;
    TAILQ_INSERT_TAIL(&line, d, turn);
}

static struct device *device_find(const struct kind *k, unsigned domid, unsigned id)
{
    struct device *d;

    TAILQ_FOREACH(d, &table[domid % BUCKETS], all)
        if (d->kind == k && d->domid == domid && d->id == id)
            return d;
    return NULL;
}

static struct device *device_make(const struct kind *k, unsigned domid, unsigned id)
{
    struct device *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->kind = k;
    d->domid = domid;
    d->id = id;
    snprintf(d->back, sizeof(d->back), "/local/domain/%u/backend/%s/%u/%u", store_own_domid(), k->name, domid, id);
    TAILQ_INSERT_TAIL(&table[domid % BUCKETS], d, all);
    return d;
}

static void front_watch(struct device *d, bool on)
{
    char path[96], token[64];

    snprintf(path, sizeof(path), "%s/state", d->front);
    snprintf(token, sizeof(token), "%s/%u/%u", d->kind->name, d->domid, d->id);
    if (on)
        d->watched = store_watch(path, token);
    else if (d->watched)
        store_unwatch(path, token);
}

static void device_free(struct device *d)
{
    if (d->queued)
        TAILQ_REMOVE(&line, d, turn);
    front_watch(d, false);
    TAILQ_REMOVE(&table[d->domid % BUCKETS], d, all);
    free(d);
}

/* ---- what is written ---- */

static void error_say(struct device *d, int err, const char *why)
{
    char path[128], text[400];

    snprintf(text, sizeof(text), "%d %s", -err, why);
    log_line(LOG_ERROR, "%s: %s", device_name(d), why);
    snprintf(path, sizeof(path), "/local/domain/%u/error/backend/%s/%u/%u/error", store_own_domid(), d->kind->name, d->domid, d->id);
    if (d->gone)
        return;
    store_write(path, text);
    key_write(d, "hotplug-error", "%s", why);
}

static void error_clear(struct device *d)
{
    char path[128];

    snprintf(path, sizeof(path), "/local/domain/%u/error/backend/%s/%u/%u", store_own_domid(), d->kind->name, d->domid, d->id);
    store_remove(path);
}

void device_fail(struct device *d, int err, const char *format, ...)
{
    char why[300];
    va_list args;
    size_t n;

    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    n = strlen(why);
    if (err)
        snprintf(why + n, sizeof(why) - n, ": %s", strerror(err));
    d->failed = true;
    error_say(d, err, why);
}

static void state_set(struct device *d, enum xenbus_state state)
{
    char path[96], text[2] = {(char)('0' + state), 0};

    if (d->state == state || d->gone)
        return;
    snprintf(path, sizeof(path), "%s/state", d->back);
    if (store_write_there(path, text))
        d->state = state;
    else if (store_is_there())
        device_queue(d); /* the folder is gone: seen at its next turn */
}

void device_announce(struct device *d)
{
    char path[96];

    snprintf(path, sizeof(path), "%s/state", d->back);
    if (d->phase == DEVICE_SERVED && d->state == XenbusStateConnected && !d->gone)
        store_write_there(path, "4");
}

static void device_leave(struct device *d)
{
    d->phase = DEVICE_LEAVING;
    d->kind->disconnect(d);
}

void device_kill(struct device *d, const char *format, ...)
{
    char why[300];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    d->failed = true;
    error_say(d, EINVAL, why);
    if (d->phase != DEVICE_SERVED)
        return;
    state_set(d, XenbusStateClosing);
    device_leave(d);
}

void device_settled(struct device *d)
{
    d->phase = DEVICE_WAITING;
    log_line(LOG_DETAIL, "%s: disconnected", device_name(d));
    device_queue(d);
}

void device_again(struct device *d)
{
    device_queue(d);
}

/* ---- the machine ---- */

/* Ends what there is of it. True: nothing is left of it but the folder. */
static bool device_down(struct device *d)
{
    if (d->phase == DEVICE_SERVED)
        device_leave(d);
    if (d->phase == DEVICE_WAITING) {
        d->kind->close(d);
        d->data = NULL;
        d->phase = DEVICE_FOUND;
    }
    return d->phase == DEVICE_FOUND;
}

static bool device_up(struct device *d)
{
    d->takeover = d->state == XenbusStateConnected;
    if (d->failed)
        return false;
    if (d->kind->open(d)) {
        d->failed = true;
        key_write(d, "hotplug-status", "error");
        state_set(d, XenbusStateClosed);
        return false;
    }
    d->phase = DEVICE_WAITING;
    if (!d->takeover)
        state_set(d, XenbusStateInitWait);
    return true;
}

static void device_connect(struct device *d)
{
    int err;

    if (d->failed)
        return;
    err = d->kind->connect(d);
    if (err == EAGAIN)
        return;
    if (err) {
        d->failed = true;
        state_set(d, XenbusStateClosing);
        if (device_down(d))
            state_set(d, XenbusStateClosed);
        return;
    }
    log_line(LOG_DETAIL, "%s: %s", device_name(d), d->takeover ? "taken over" : "connected");
    d->takeover = false;
    d->phase = DEVICE_SERVED;
    error_clear(d);
    state_set(d, XenbusStateConnected);
}

/* One step for a front end that is in that state, `before` when it was looked at last. */
static void device_step(struct device *d, enum xenbus_state front, enum xenbus_state before, bool online)
{
    bool up = front == XenbusStateInitialised || front == XenbusStateConnected;

    if (d->phase == DEVICE_LEAVING)
        return;
    if (d->phase == DEVICE_SERVED && !d->failed && (front == XenbusStateClosing || (up && !online))) {
        state_set(d, XenbusStateClosing); /* it may be in use yet, a mounted disk for one: served until the guest lets it go */
        return;
    }
    if (!online || d->failed || front == XenbusStateClosed || front == XenbusStateUnknown || front == XenbusStateClosing ||
        front > XenbusStateClosed) {
        if (device_down(d))
            state_set(d, XenbusStateClosed);
        return;
    }
    if (d->phase == DEVICE_SERVED) {
        if (!up || (front == XenbusStateInitialised && before == XenbusStateConnected))
            device_leave(d); /* it began anew */
        return;
    }
    /* What was closed is not opened by a guest that is still connected to it. */
    if (d->phase == DEVICE_FOUND &&
        ((front == XenbusStateConnected && d->state >= XenbusStateClosing) || !device_up(d)))
        return;
    if (up)
        device_connect(d);
    else
        state_set(d, XenbusStateInitWait);
}

static enum xenbus_state state_read(struct device *d, bool front)
{
    uint64_t state;

    return key_number(d, front, "state", XenbusStateUnknown, XenbusStateReconfigured, &state) ? (enum xenbus_state)state
                                                                                          : XenbusStateUnknown;
}

/* The front end's folder, once; false: the device is not complete yet, or not what it says. */
static bool front_find(struct device *d)
{
    uint64_t id;
    char *path;

    if (d->front[0])
        return true;
    path = key_read(d, false, "frontend");
    if (!path || strlen(path) >= sizeof(d->front) || !key_number(d, false, "frontend-id", NR_DOMIDS, NR_DOMIDS, &id) ||
        id != d->domid) {
        free(path);
        return false;
    }
    snprintf(d->front, sizeof(d->front), "%s", path);
    free(path);
    front_watch(d, true);
    return true;
}

static void device_turn(struct device *d)
{
    enum xenbus_state back = state_read(d, false), front, before = d->front_state;
    const struct kind *kind;
    unsigned domid, id;
    uint64_t online;

    if (!store_is_there())
        return; /* all devices get a turn when it is back */
    /* The folder was removed, or another one is in its place. */
    if (back == XenbusStateUnknown || (back == XenbusStateInitialising && d->state > XenbusStateInitialising))
        d->gone = true;
    if (d->gone) {
        if (!device_down(d))
            return;
        error_clear(d);
        if (back == XenbusStateUnknown && d->state != XenbusStateUnknown) /* not one that is just being written */
            store_remove(d->back); /* a key that was written at the moment when it was removed made it anew */
        kind = d->kind;
        domid = d->domid;
        id = d->id;
        device_free(d);
        if (back != XenbusStateUnknown && (d = device_make(kind, domid, id)))
            device_queue(d);
        return;
    }
    if (!front_find(d))
        return;
    if (d->state == XenbusStateUnknown || (back == XenbusStateClosing && d->state != XenbusStateClosed))
        d->state = back;
    front = d->dead ? XenbusStateUnknown : state_read(d, true);
    if (!key_number(d, false, "online", 1, 1, &online))
        online = 0;
    if (front != before && front == XenbusStateInitialising && before != XenbusStateUnknown)
        d->failed = false; /* it begins anew */
    d->front_state = front;
    device_step(d, front, before, online && (back != XenbusStateClosing || d->phase == DEVICE_FOUND));
}

/* ---- events of the store ---- */

static void devices_find(const struct kind *k)
{
    char path[96];
    unsigned nr_domains = 0, nr = 0;
    char **domains, **ids;

    snprintf(path, sizeof(path), "/local/domain/%u/backend/%s", store_own_domid(), k->name);
    domains = store_list(path, &nr_domains);
    for (unsigned i = 0; domains && i < nr_domains; i++) {
        snprintf(path, sizeof(path), "/local/domain/%u/backend/%s/%.10s", store_own_domid(), k->name, domains[i]);
        ids = store_list(path, &nr);
        for (unsigned j = 0; ids && j < nr; j++) {
            unsigned domid = (unsigned)strtoul(domains[i], NULL, 10), id = (unsigned)strtoul(ids[j], NULL, 10);
            struct device *d = device_find(k, domid, id);

            if (domid < NR_DOMIDS && (d || (d = device_make(k, domid, id))))
                device_queue(d);
        }
        free(ids);
    }
    free(domains);
}

static void domain_queue(const struct kind *k, unsigned domid)
{
    struct device *d;

    TAILQ_FOREACH(d, &table[domid % BUCKETS], all)
        if (d->kind == k && d->domid == domid)
            device_queue(d);
}

/* Below backend/KIND: "", "/DOMID", "/DOMID/ID" or "/DOMID/ID/KEY". */
static void back_event(const struct kind *k, const char *rest)
{
    unsigned domid, id;
    int n = 0;
    struct device *d;

    if (!*rest) {
        devices_find(k);
        return;
    }
    if (sscanf(rest, "/%u/%u%n", &domid, &id, &n) < 2) {
        if (sscanf(rest, "/%u", &domid) == 1 && domid < NR_DOMIDS)
            domain_queue(k, domid);
        return;
    }
    if (domid >= NR_DOMIDS)
        return;
    rest += n;
    d = device_find(k, domid, id);
    if (!d && !(d = device_make(k, domid, id)))
        return;
    for (unsigned i = 0; *rest == '/' && k->keys && k->keys[i]; i++) {
        if (strcmp(k->keys[i], rest + 1))
            continue;
        d->failed = d->failed && d->phase != DEVICE_FOUND;
        if (d->phase != DEVICE_FOUND)
            k->changed(d, k->keys[i]);
        device_queue(d);
    }
    if (!*rest || !strcmp(rest, "/state") || !strcmp(rest, "/online") || !strcmp(rest, "/frontend"))
        device_queue(d);
}

void xenbus_event(const char *path, const char *token)
{
    unsigned domid, id;
    struct device *d;
    size_t n;

    if (!strcmp(path, FIRST_RELEASED)) {
        scan_wanted = true;
        return;
    }
    for (unsigned i = 0; kinds[i]; i++) {
        const struct kind *k = kinds[i];

        n = strlen(k->name);
        if (strncmp(token, k->name, n))
            continue;
        if (!token[n]) {
            const char *rest = strstr(path, "/backend/");

            if (rest)
                back_event(k, rest + strlen("/backend/") + n);
        } else if (sscanf(token + n, "/%u/%u", &domid, &id) == 2 && (d = device_find(k, domid, id))) {
            device_queue(d);
        }
    }
}

/* Its watches are new, and say everything that there is once more. */
bool xenbus_store_new(void)
{
    char path[64];
    struct device *d;

    for (unsigned i = 0; kinds[i]; i++) {
        snprintf(path, sizeof(path), "/local/domain/%u/backend/%s", store_own_domid(), kinds[i]->name);
        if (!store_watch(path, kinds[i]->name))
            return false;
    }
    for (unsigned i = 0; i < BUCKETS; i++)
        TAILQ_FOREACH(d, &table[i], all) {
            if (d->front[0])
                front_watch(d, true);
            device_queue(d);
        }
    scan_wanted = true;
    return store_watch(FIRST_RELEASED, "released");
}

void xenbus_reread(void)
{
    struct device *d;

    for (unsigned i = 0; i < BUCKETS; i++)
        TAILQ_FOREACH(d, &table[i], all) {
            d->failed = d->failed && d->phase != DEVICE_FOUND;
            if (d->phase != DEVICE_FOUND)
                d->kind->changed(d, NULL);
            device_queue(d);
        }
}

/* ---- guests that end ---- */

static void domains_scan(void)
{
    static uint8_t alive[NR_DOMIDS];
    static struct hv_domain list[256];
    unsigned first = 0;
    struct device *d;
    int n;

    memset(alive, 0, sizeof(alive));
    do {
        n = hv_domains(first, list, 256);
        for (int i = 0; i < n; i++)
            if (list[i].id < NR_DOMIDS)
                alive[list[i].id] = !list[i].dying;
        if (n > 0)
            first = list[n - 1].id + 1;
    } while (n == 256);
    if (n < 0) {
        log_line(LOG_ERROR, "listing domains: %s", strerror(errno));
        return;
    }
    for (unsigned i = 0; i < BUCKETS; i++)
        TAILQ_FOREACH(d, &table[i], all)
            if (!alive[d->domid] && !d->dead) {
                d->dead = true;
                device_queue(d);
            }
}

int xenbus_round(void)
{
    struct device *d;
    int pause = -1;

    if (!store_is_there())
        return -1;
    if (scan_wanted) { /* else no look at the clock, which may be a system call in a guest */
        uint64_t now = clock_ms();

        if (now - last_scan < SCAN_PAUSE_MS) {
            pause = (int)(SCAN_PAUSE_MS - (now - last_scan));
        } else {
            scan_wanted = false;
            last_scan = now;
            domains_scan();
        }
    }
    for (unsigned i = 0; i < TURNS_A_ROUND && (d = TAILQ_FIRST(&line)); i++) {
        TAILQ_REMOVE(&line, d, turn);
        d->queued = false;
        device_turn(d);
    }
    return TAILQ_EMPTY(&line) ? pause : 0;
}
