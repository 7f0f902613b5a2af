/* SPDX-License-Identifier: MIT */
#include "xenbus.h"

#include "pvguest.h"

#define DRIVERS_MAX 4

static struct bus {
    const struct xenbus_driver *driver;
    struct store_watch watch; /* of device/KIND */
    char folder[32];
} buses[DRIVERS_MAX];
static unsigned int bus_count;
static struct xenbus_device *devices;
static bool failed; /* some device was given up: the thread shall look */
static bool ending;

/* ---- Keys ---- */

long xenbus_write(struct xenbus_device *d, const char *key, const char *fmt, ...)
{
    char path[STORE_PATH_MAX], value[STORE_PATH_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(value, sizeof(value), fmt, args);
    va_end(args);
    snprintf(path, sizeof(path), "%s/%s", d->front, key);
    return store_write(STORE_NO_TX, path, value, strlen(value));
}

long xenbus_read_back(struct xenbus_device *d, const char *key, char *out, size_t size)
{
    char path[STORE_PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", d->back, key);
    return store_read(STORE_NO_TX, path, out, size);
}

uint64_t xenbus_back_number(struct xenbus_device *d, const char *key, uint64_t otherwise)
{
    char path[STORE_PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", d->back, key);
    return store_number_or(path, otherwise);
}

void xenbus_remove(struct xenbus_device *d, const char *key)
{
    char path[STORE_PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", d->front, key);
    store_rm(STORE_NO_TX, path);
}

/* ---- The handshake ---- */

void xenbus_fail(struct xenbus_device *d, const char *reason)
{
    if (d->dead)
        return;
    printf("%s %u: given up: %s\n", d->driver->kind, d->id, reason);
    d->dead = reason;
    failed = true;
}

static void say(struct xenbus_device *d, enum xenbus_state state)
{
    long rc = xenbus_write(d, "state", "%u", (unsigned int)state);

    /* Without its folder the device is about to be detached. */
    if (rc && rc != -XEN_ENOENT && state != XenbusStateClosed)
        xenbus_fail(d, "our own state cannot be written");
}

static void stop(struct xenbus_device *d)
{
    if (!d->stopped)
        d->driver->stop(d);
    d->stopped = true;
    d->phase = XENBUS_CLOSED;
}

static void release(struct xenbus_device *d)
{
    stop(d);
    if (!d->released)
        d->driver->release(d);
    d->released = true;
}

static void close_device(struct xenbus_device *d)
{
    if (d->phase == XENBUS_CLOSED)
        return;
    stop(d);
    say(d, XenbusStateClosed);
}

static void publish(struct xenbus_device *d)
{
    long rc;

    d->stopped = d->released = false;
    rc = d->driver->publish(d);
    if (rc) {
        xenbus_fail(d, error_name(rc));
        return;
    }
    d->phase = XENBUS_PUBLISHED;
    say(d, d->driver->published);
}

static void connect(struct xenbus_device *d)
{
    long rc = d->driver->connect(d);

    if (rc) {
        xenbus_fail(d, error_name(rc));
        return;
    }
    d->phase = XENBUS_CONNECTED;
    if (d->driver->published != XenbusStateConnected)
        say(d, XenbusStateConnected);
}

static void back_waits(struct xenbus_device *d)
{
    if (d->phase == XENBUS_CONNECTED || d->phase == XENBUS_CLOSED) {
        release(d);
        d->phase = XENBUS_IDLE;
    }
    if (d->phase == XENBUS_IDLE)
        publish(d);
}

static void back_closed(struct xenbus_device *d)
{
    /* One that waits for its first word may follow a back end of a former life. */
    if (d->phase != XENBUS_IDLE) {
        close_device(d);
        release(d);
    }
    if (d->phase == XENBUS_CLOSED && xenbus_back_number(d, "online", 0) == 1) {
        d->phase = XENBUS_IDLE;
        say(d, XenbusStateInitialising);
    }
}

/* One that was published is on its way: a back end may be mapping our ring at this moment. */
static void end_device(struct xenbus_device *d, uint64_t back)
{
    if (d->phase == XENBUS_PUBLISHED && back != XenbusStateConnected && back < XenbusStateClosing)
        return;
    if (d->phase != XENBUS_CLOSED)
        say(d, XenbusStateClosing);
    close_device(d);
    d->ended = back == XenbusStateClosed || back == XenbusStateUnknown;
}

static void step(struct xenbus_device *d)
{
    uint64_t back = xenbus_back_number(d, "state", XenbusStateUnknown);

    if (ending) {
        end_device(d, back);
        return;
    }
    if (d->dead) {
        close_device(d);
        if (back == XenbusStateClosed)
            release(d);
        return;
    }
    switch (back) {
    case XenbusStateInitWait:
    case XenbusStateInitialised: back_waits(d); break;
    case XenbusStateConnected:
        if (d->phase == XENBUS_PUBLISHED)
            connect(d);
        else if (d->phase == XENBUS_CONNECTED)
            d->driver->changed(d);
        break;
    case XenbusStateClosing:
        if (d->phase != XENBUS_IDLE)
            close_device(d);
        break;
    case XenbusStateClosed: back_closed(d); break;
    default: /* Initialising, or nothing that we know: it will say more. */ break;
    }
    if (d->dead)
        close_device(d);
}

/* ---- Finding them ---- */

static void detach(struct xenbus_device *d)
{
    struct xenbus_device **at = &devices;

    while (*at != d)
        at = &(*at)->next;
    *at = d->next;
    store_unwatch(&d->watch);
    if (d->phase != XENBUS_IDLE)
        release(d);
    d->driver->detach(d);
}

static void attach(struct bus *bus, unsigned int id, const char *front, const char *back,
                   domid_t dom)
{
    struct xenbus_device *d = bus->driver->attach(id);
    char path[STORE_PATH_MAX];

    if (!d) {
        printf("%s %u: no room for it\n", bus->driver->kind, id);
        return;
    }
    d->driver = bus->driver;
    d->id = id;
    d->back_dom = dom;
    d->listed = true;
    memcpy(d->front, front, strlen(front) + 1);
    memcpy(d->back, back, strlen(back) + 1);
    d->next = devices;
    devices = d;
    snprintf(path, sizeof(path), "%s/state", d->back);
    if (store_watch(&d->watch, path))
        xenbus_fail(d, "the back end's state cannot be watched");
}

/* What device/KIND/ID says of its back end; false: not yet, or nothing usable. */
static bool read_front(const char *front, char *back, size_t size, domid_t *dom)
{
    char path[STORE_PATH_MAX];
    uint64_t id;
    long rc;

    snprintf(path, sizeof(path), "%s/backend", front);
    rc = store_read(STORE_NO_TX, path, back, size);
    if (rc <= 0 || strlen(back) != (size_t)rc)
        return false;
    snprintf(path, sizeof(path), "%s/backend-id", front);
    if (store_read_number(STORE_NO_TX, path, &id) || id >= DOMID_FIRST_RESERVED)
        return false;
    *dom = (domid_t)id;
    return true;
}

static struct xenbus_device *find(const struct bus *bus, unsigned int id)
{
    struct xenbus_device *d = devices;

    while (d && (d->driver != bus->driver || d->id != id))
        d = d->next;
    return d;
}

static void look_at(struct bus *bus, const char *name)
{
    char *end, front[64], back[sizeof(((struct xenbus_device *)0)->back)];
    unsigned long id = strtoul(name, &end, 10);
    struct xenbus_device *d;
    domid_t dom;

    if (!*name || *end || id > ~0u || strlen(name) > 10)
        return;
    snprintf(front, sizeof(front), "%s/%s", bus->folder, name);
    if (!read_front(front, back, sizeof(back), &dom))
        return;
    if (ending && !find(bus, (unsigned int)id))
        return;
    d = find(bus, (unsigned int)id);
    if (d && (d->back_dom != dom || strcmp(d->back, back))) {
        detach(d);
        d = NULL;
    }
    if (d)
        d->listed = true;
    else
        attach(bus, (unsigned int)id, front, back, dom);
}

static void list(struct bus *bus)
{
    static char names[STORE_VALUE_MAX];
    long n = store_directory(STORE_NO_TX, bus->folder, names, sizeof(names));
    struct xenbus_device *next;

    if (n < 0 && n != -XEN_ENOENT)
        return; /* The store is in trouble, not the devices. */
    for (struct xenbus_device *d = devices; d; d = d->next)
        if (d->driver == bus->driver)
            d->listed = false;
    for (long at = 0; at < n; at += (long)strlen(names + at) + 1)
        look_at(bus, names + at);
    for (struct xenbus_device *d = devices; d; d = next) {
        next = d->next;
        if (d->driver == bus->driver && !d->listed)
            detach(d);
    }
}

static bool something(void *arg)
{
    (void)arg;
    for (unsigned int i = 0; i < bus_count; i++)
        if (store_watch_pending(&buses[i].watch))
            return true;
    for (struct xenbus_device *d = devices; d; d = d->next)
        if (store_watch_pending(&d->watch))
            return true;
    return failed;
}

static void begin_end(void)
{
    for (struct xenbus_device *d = devices; d; d = d->next)
        step(d);
}

static void xenbus_thread(void *arg)
{
    (void)arg;
    while (store_there()) {
        thread_wait(something, NULL, 0);
        for (unsigned int i = 0; i < bus_count; i++)
            if (store_watch_take(&buses[i].watch))
                list(&buses[i]);
        if (failed && ending)
            begin_end();
        failed = false;
        for (struct xenbus_device *d = devices; d; d = d->next)
            if (store_watch_take(&d->watch) || d->dead)
                step(d);
    }
    for (struct xenbus_device *d = devices; d; d = d->next) {
        xenbus_fail(d, "the store is dead");
        stop(d);
    }
}

long xenbus_register(const struct xenbus_driver *driver)
{
    struct bus *bus = &buses[bus_count];
    long rc;

    ASSERT(bus_count < DRIVERS_MAX);
    bus->driver = driver;
    snprintf(bus->folder, sizeof(bus->folder), "device/%s", driver->kind);
    rc = store_watch(&bus->watch, bus->folder);
    if (rc)
        return rc;
    if (!bus_count++)
        thread_create(xenbus_thread, NULL);
    return 0;
}

static bool all_ended(void *arg)
{
    (void)arg;
    for (struct xenbus_device *d = devices; d; d = d->next)
        if (!d->ended)
            return false;
    return true;
}

bool xenbus_shutdown(uint64_t deadline)
{
    ending = failed = true;
    return thread_wait(all_ended, NULL, deadline);
}
