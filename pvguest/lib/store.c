/* SPDX-License-Identifier: MIT */
#include "store.h"

#include "pvguest.h"
#include "storering.h"

#define RECONNECTIONS_MAX 16 /* A store that breaks the protocol more often is not worth more. */
#define LOST (-10000l)       /* No error number: the connection went away on the way. */
#define RECONNECT_NS (10 * NS_PER_SEC)

static struct store_ring ring;
static enum { UNKNOWN, THERE, ABSENT, DEAD } state;
static struct thread_lock lock; /* of the request under way */
static unsigned int reconnections;
static struct store_watch *watches;
static uint32_t next_watch = 1, next_id = 1;

/* The request under way: what its answer must be, and where it goes. */
static struct {
    uint32_t id, type;
    bool open;
    char *out;
    size_t size;
    long result;
} call;

bool store_there(void)
{
    if (state == UNKNOWN)
        state = store_ring_init(&ring) ? THERE : ABSENT;
    return state == THERE;
}

static void die(const char *reason)
{
    printf("store: dead: %s\n", reason);
    state = DEAD;
    for (struct store_watch *w = watches; w; w = w->next)
        w->fired = true;
}

/* ---- What comes in ---- */

static void got_event(void)
{
    const char *token = ring.payload + strnlen(ring.payload, ring.head.len) + 1;
    const char *end = ring.payload + ring.head.len;

    if (token >= end || !strnlen(token, (size_t)(end - token)))
        return;
    for (struct store_watch *w = watches; w; w = w->next)
        if (w->number == strtoul(token, NULL, 10))
            w->fired = true;
}

static long error_of_answer(void)
{
    long error = error_number(ring.payload);

    return error > 0 ? -error : -XEN_EIO;
}

static void got_answer(void)
{
    if (!call.open || ring.head.req_id != call.id ||
        (ring.head.type != call.type && ring.head.type != XS_ERROR)) {
        ring.broken = "an answer that nobody waits for";
        return;
    }
    call.open = false;
    if (ring.head.type == XS_ERROR) {
        call.result = error_of_answer();
        return;
    }
    call.result = ring.head.len;
    if (ring.head.len >= call.size && call.size)
        call.result = -XEN_E2BIG;
    else if (call.size)
        memcpy(call.out, ring.payload, ring.head.len + 1);
}

static void take_in(void)
{
    while (state == THERE && store_ring_message(&ring)) {
        if (ring.head.type == XS_WATCH_EVENT)
            got_event();
        else
            got_answer();
    }
}

static bool unusable(void)
{
    return state != THERE || ring.broken || ring.anew;
}

static bool answered(void *arg)
{
    (void)arg;
    take_in();
    return !call.open || unusable();
}

/* ---- What goes out ---- */

struct part {
    const char *data;
    size_t length;
};

/* As much as fits now; true when all of it is written, or nothing can be. */
static bool written(void *arg)
{
    struct part *p = arg;
    size_t n = store_ring_write(&ring, p->data, p->length);

    p->data += n;
    p->length -= n;
    take_in();
    return !p->length || unusable();
}

static void send_part(const void *data, size_t length)
{
    struct part p = {data, length};

    while (p.length && !written(&p)) {
        store_ring_notify(&ring);
        thread_wait(written, &p, 0);
    }
}

/* One attempt, under the lock. LOST, or the result. */
static long ask(uint32_t type, uint32_t tx, const void *payload, size_t length, char *out,
                size_t size)
{
    struct xsd_sockmsg head = {.type = type, .req_id = next_id++, .tx_id = tx};

    head.len = (uint32_t)length;
    call.id = head.req_id;
    call.type = type;
    call.out = out;
    call.size = size;
    call.open = true;
    send_part(&head, sizeof(head));
    send_part(payload, length);
    store_ring_notify(&ring);
    thread_wait(answered, NULL, 0);
    if (call.open) {
        call.open = false;
        return LOST;
    }
    return call.result;
}

/* ---- Beginning anew ---- */

static long ask_watch(uint32_t type, const struct store_watch *w)
{
    char payload[STORE_PATH_MAX + 16];
    size_t n = strlen(w->path) + 1;

    memcpy(payload, w->path, n);
    n += (size_t)snprintf(payload + n, sizeof(payload) - n, "%u", w->number) + 1;
    return ask(type, STORE_NO_TX, payload, n, NULL, 0);
}

static void reconnect(void)
{
    if (ring.broken)
        printf("store: a new connection: %s\n", ring.broken);
    if (++reconnections > RECONNECTIONS_MAX) {
        die("too many new connections");
        return;
    }
    if (!ring.anew && (!store_ring_reconnect(&ring) ||
                       !thread_wait(store_ring_connected, &ring, time_ns() + RECONNECT_NS))) {
        die(ring.broken ? ring.broken : "it does not reconnect");
        return;
    }
    store_ring_reset(&ring);
    for (struct store_watch *w = watches; w; w = w->next)
        if (ask_watch(XS_WATCH, w) == LOST)
            return;
}

/* Under the lock: makes the ring usable or the store dead. */
static void repair(void)
{
    while (state == THERE && (ring.broken || ring.anew))
        reconnect();
}

long store_reconnect(void)
{
    if (!store_there())
        return -XEN_ENODEV;
    thread_lock(&lock);
    ring.broken = "as asked for";
    repair();
    thread_unlock(&lock);
    return state == THERE ? 0 : -XEN_EIO;
}

/* ---- Requests ---- */

long store_request(uint32_t type, uint32_t tx, const void *payload, size_t length, char *out,
                   size_t size)
{
    long rc = LOST;

    if (!store_there())
        return state == DEAD ? -XEN_EIO : -XEN_ENODEV;
    if (length > XENSTORE_PAYLOAD_MAX)
        return -XEN_E2BIG;
    thread_lock(&lock);
    while (rc == LOST) {
        repair();
        if (state != THERE) {
            rc = -XEN_EIO;
            break;
        }
        rc = ask(type, tx, payload, length, out, size);
        if (rc == LOST && tx != STORE_NO_TX)
            rc = -XEN_EAGAIN;
    }
    thread_unlock(&lock);
    return rc;
}

static long ask_path(uint32_t type, uint32_t tx, const char *path, char *out, size_t size)
{
    return store_request(type, tx, path, strlen(path) + 1, out, size);
}

long store_read(uint32_t tx, const char *path, char *out, size_t size)
{
    return ask_path(XS_READ, tx, path, out, size);
}

/* A path with a zero behind it, then something. */
static long ask_with(uint32_t type, uint32_t tx, const char *path, const void *value, size_t length)
{
    static char payload[XENSTORE_PAYLOAD_MAX];
    static struct thread_lock payload_lock;
    size_t n = strlen(path) + 1;
    long rc;

    if (n > sizeof(payload) || length > sizeof(payload) - n)
        return -XEN_E2BIG;
    thread_lock(&payload_lock);
    memcpy(payload, path, n);
    memcpy(payload + n, value, length);
    rc = store_request(type, tx, payload, n + length, NULL, 0);
    thread_unlock(&payload_lock);
    return rc < 0 ? rc : 0;
}

long store_write(uint32_t tx, const char *path, const void *value, size_t length)
{
    return ask_with(XS_WRITE, tx, path, value, length);
}

long store_set_perms(uint32_t tx, const char *path, const char *perms, size_t length)
{
    return ask_with(XS_SET_PERMS, tx, path, perms, length);
}

long store_printf(uint32_t tx, const char *path, const char *fmt, ...)
{
    char value[STORE_PATH_MAX];
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(value, sizeof(value), fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(value))
        return -XEN_E2BIG;
    return store_write(tx, path, value, (size_t)n);
}

long store_mkdir(uint32_t tx, const char *path)
{
    long rc = ask_path(XS_MKDIR, tx, path, NULL, 0);

    return rc < 0 ? rc : 0;
}

long store_rm(uint32_t tx, const char *path)
{
    long rc = ask_path(XS_RM, tx, path, NULL, 0);

    return rc < 0 ? rc : 0;
}

long store_directory(uint32_t tx, const char *path, char *out, size_t size)
{
    return ask_path(XS_DIRECTORY, tx, path, out, size);
}

static long number(const char *text, uint64_t *value)
{
    uint64_t n = 0;

    if (!*text)
        return -XEN_EINVAL;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || n > (~0ull - 9) / 10)
            return -XEN_EINVAL;
        n = n * 10 + (uint64_t)(*text - '0');
    }
    *value = n;
    return 0;
}

long store_read_number(uint32_t tx, const char *path, uint64_t *value)
{
    char text[32];
    long rc = store_read(tx, path, text, sizeof(text));

    if (rc < 0)
        return rc == -XEN_E2BIG ? -XEN_EINVAL : rc;
    return strlen(text) == (size_t)rc ? number(text, value) : -XEN_EINVAL;
}

uint64_t store_number_or(const char *path, uint64_t otherwise)
{
    uint64_t value;

    return store_read_number(STORE_NO_TX, path, &value) ? otherwise : value;
}

long store_tx_start(uint32_t *tx)
{
    char text[32];
    uint64_t value = 0;
    long rc = store_request(XS_TRANSACTION_START, STORE_NO_TX, "", 1, text, sizeof(text));

    if (rc < 0)
        return rc;
    if (number(text, &value) || !value || value > ~0u)
        return -XEN_EIO;
    *tx = (uint32_t)value;
    return 0;
}

long store_tx_end(uint32_t tx, bool commit)
{
    long rc = store_request(XS_TRANSACTION_END, tx, commit ? "T" : "F", 2, NULL, 0);

    return rc < 0 ? rc : 0;
}

/* ---- Watches ---- */

long store_watch(struct store_watch *w, const char *path)
{
    long rc = LOST;

    if (!store_there())
        return state == DEAD ? -XEN_EIO : -XEN_ENODEV;
    if (strlen(path) >= sizeof(w->path))
        return -XEN_E2BIG;
    thread_lock(&lock);
    *w = (struct store_watch){.number = next_watch++};
    memcpy(w->path, path, strlen(path) + 1);
    while (rc == LOST) {
        repair();
        /* Linked only now: its first event may come before the answer, but a repair must not set it twice. */
        w->next = watches;
        watches = w;
        rc = state == THERE ? ask_watch(XS_WATCH, w) : -XEN_EIO;
        if (rc < 0)
            watches = w->next;
    }
    thread_unlock(&lock);
    return rc < 0 ? rc : 0;
}

void store_unwatch(struct store_watch *w)
{
    struct store_watch **at = &watches;

    thread_lock(&lock);
    while (*at && *at != w)
        at = &(*at)->next;
    if (*at) {
        *at = w->next;
        repair();
        /* A connection that breaks here forgets the watch as well. */
        if (state == THERE)
            ask_watch(XS_UNWATCH, w);
    }
    thread_unlock(&lock);
}

bool store_watch_pending(struct store_watch *w)
{
    take_in();
    return w->fired || (!lock.held && unusable() && state != ABSENT);
}

bool store_watch_take(struct store_watch *w)
{
    bool fired;

    take_in();
    if (unusable() && !lock.held && state == THERE) {
        thread_lock(&lock);
        repair();
        thread_unlock(&lock);
    }
    fired = w->fired;
    w->fired = false;
    return fired;
}

static bool pending(void *arg)
{
    return store_watch_pending(arg);
}

bool store_watch_wait(struct store_watch *w, uint64_t deadline)
{
    while (thread_wait(pending, w, deadline)) {
        if (store_watch_take(w))
            return true;
        if (state != THERE)
            return false;
    }
    return false;
}
