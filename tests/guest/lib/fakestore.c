/* SPDX-License-Identifier: MIT */
#include "fakestore.h"

#include "harness.h"

#define NODES 96
#define WATCHES 32

struct xenstore_domain_interface *fake_ring;
bool (*fake_store_hook)(const struct xsd_sockmsg *head);

static struct {
    char path[96], value[128];
    size_t length;
} nodes[NODES];
static struct {
    char path[96], token[16];
} watches[WATCHES];
static evtchn_port_t server_port;
static bool anew; /* the client asked for a new connection: what came before is no message */

static char payload[XENSTORE_PAYLOAD_MAX + 1];

/* ---- The ring ---- */

void fake_ring_notify(void)
{
    MUST(evtchn_send(server_port));
}

static bool has_room(void *unused)
{
    (void)unused;
    return fake_ring->rsp_prod - *(volatile uint32_t *)&fake_ring->rsp_cons < XENSTORE_RING_SIZE;
}

void fake_put(const void *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!has_room(NULL)) {
            fake_ring_notify();
            thread_wait(has_room, NULL, 0);
        }
        fake_ring->rsp[MASK_XENSTORE_IDX(fake_ring->rsp_prod)] = ((const char *)data)[i];
        barrier();
        fake_ring->rsp_prod++;
    }
}

static bool has_bytes(void *unused)
{
    (void)unused;
    if (*(volatile uint32_t *)&fake_ring->connection == XENSTORE_RECONNECT) {
        fake_ring->req_prod = fake_ring->req_cons = fake_ring->rsp_prod = fake_ring->rsp_cons = 0;
        fake_ring->error = XENSTORE_ERROR_NONE;
        memset(watches, 0, sizeof(watches));
        *(volatile uint32_t *)&fake_ring->connection = XENSTORE_CONNECTED;
        anew = true;
        fake_ring_notify();
    }
    return anew || fake_ring->req_cons != *(volatile uint32_t *)&fake_ring->req_prod;
}

static bool get(void *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        thread_yield(); /* So that the client comes to its word whatever the indices are. */
        thread_wait(has_bytes, NULL, 0);
        if (anew)
            return false;
        ((char *)to)[i] = fake_ring->req[MASK_XENSTORE_IDX(fake_ring->req_cons)];
        barrier();
        fake_ring->req_cons++;
    }
    return true;
}

static void message(uint32_t type, uint32_t id, const void *data, size_t n)
{
    struct xsd_sockmsg head = {.type = type, .req_id = id, .len = (uint32_t)n};

    fake_put(&head, sizeof(head));
    fake_put(data, n);
    fake_ring_notify();
}

/* ---- The tree ---- */

static bool below(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    return !strncmp(path, folder, n) && (!path[n] || path[n] == '/');
}

static int find(const char *path)
{
    for (int i = 0; i < NODES; i++)
        if (nodes[i].path[0] && !strcmp(nodes[i].path, path))
            return i;
    return -1;
}

static void fire(const char *path)
{
    char both[128];

    for (int i = 0; i < WATCHES; i++) {
        if (!watches[i].path[0] || (!below(path, watches[i].path) && !below(watches[i].path, path)))
            continue;
        snprintf(both, sizeof(both), "%s", path);
        snprintf(both + strlen(path) + 1, sizeof(both) - strlen(path) - 1, "%s", watches[i].token);
        message(XS_WATCH_EVENT, 0, both, strlen(path) + strlen(watches[i].token) + 2);
    }
}

static void set(const char *path, const char *value, size_t length)
{
    int i = find(path);

    for (int j = 0; i < 0 && j < NODES; j++)
        if (!nodes[j].path[0])
            i = j;
    REQUIRE(i >= 0 && length < sizeof(nodes[i].value) && strlen(path) < sizeof(nodes[i].path),
            "no room for %s", path);
    memcpy(nodes[i].path, path, strlen(path) + 1);
    memcpy(nodes[i].value, value, length);
    nodes[i].value[length] = 0;
    nodes[i].length = length;
    fire(path);
}

void fake_set(const char *path, const char *fmt, ...)
{
    char value[128];
    va_list args;

    va_start(args, fmt);
    vsnprintf(value, sizeof(value), fmt, args);
    va_end(args);
    set(path, value, strlen(value));
}

void fake_remove(const char *path)
{
    for (int i = 0; i < NODES; i++)
        if (nodes[i].path[0] && below(nodes[i].path, path))
            nodes[i].path[0] = 0;
    fire(path);
}

uint64_t fake_number(const char *path)
{
    int i = find(path);
    char *end;
    uint64_t n;

    if (i < 0 || !nodes[i].value[0])
        return ~0ull;
    n = strtoul(nodes[i].value, &end, 10);
    return *end ? ~0ull : n;
}

struct wish {
    const char *path;
    uint64_t number;
};

static bool has_number(void *arg)
{
    struct wish *w = arg;

    return fake_number(w->path) == w->number;
}

bool fake_await(const char *path, uint64_t number)
{
    struct wish w = {path, number};

    return thread_wait(has_number, &w, time_ns() + DEADLINE_NS);
}

void *fake_granted(uint64_t ref)
{
    if (ref >= grants_count() || !(grant_table[ref].flags & GTF_permit_access))
        return NULL;
    return mfn_to_va(grant_table[ref].frame);
}

/* ---- The daemon ---- */

static void error(const struct xsd_sockmsg *head, const char *name)
{
    message(XS_ERROR, head->req_id, name, strlen(name) + 1);
}

static void list(const struct xsd_sockmsg *head)
{
    static char names[1024];
    size_t n = 0, folder = strlen(payload);

    for (int i = 0; i < NODES; i++) {
        const char *name = nodes[i].path + folder + 1;
        size_t length = 0, at = 0;

        if (!nodes[i].path[0] || !below(nodes[i].path, payload) || !nodes[i].path[folder])
            continue;
        while (name[length] && name[length] != '/')
            length++;
        while (at < n && (strlen(names + at) != length || strncmp(names + at, name, length)))
            at += strlen(names + at) + 1;
        if (at < n || n + length + 1 > sizeof(names))
            continue;
        memcpy(names + n, name, length);
        names[n + length] = 0;
        n += length + 1;
    }
    message(XS_DIRECTORY, head->req_id, names, n);
}

static void watch(const struct xsd_sockmsg *head)
{
    const char *token = payload + strlen(payload) + 1;

    for (int i = 0; i < WATCHES; i++) {
        if (watches[i].path[0])
            continue;
        snprintf(watches[i].path, sizeof(watches[i].path), "%s", payload);
        snprintf(watches[i].token, sizeof(watches[i].token), "%s", token);
        message(XS_WATCH, head->req_id, "OK", 3);
        message(XS_WATCH_EVENT, 0, payload, head->len);
        return;
    }
    error(head, "E2BIG");
}

static void unwatch(const struct xsd_sockmsg *head)
{
    const char *token = payload + strlen(payload) + 1;

    for (int i = 0; i < WATCHES; i++)
        if (!strcmp(watches[i].path, payload) && !strcmp(watches[i].token, token))
            watches[i].path[0] = 0;
    message(XS_UNWATCH, head->req_id, "OK", 3);
}

static void serve(const struct xsd_sockmsg *head)
{
    int i = find(payload);

    switch (head->type) {
    case XS_READ:
        if (i < 0)
            error(head, "ENOENT");
        else
            message(XS_READ, head->req_id, nodes[i].value, nodes[i].length);
        break;
    case XS_WRITE:
        set(payload, payload + strlen(payload) + 1, head->len - strlen(payload) - 1);
        message(XS_WRITE, head->req_id, "OK", 3);
        break;
    case XS_RM:
        fake_remove(payload);
        message(XS_RM, head->req_id, "OK", 3);
        break;
    case XS_DIRECTORY: list(head); break;
    case XS_WATCH: watch(head); break;
    case XS_UNWATCH: unwatch(head); break;
    default: error(head, "ENOSYS");
    }
}

static void daemon(void *unused)
{
    (void)unused;
    for (;;) {
        struct xsd_sockmsg head;

        anew = false;
        if (!get(&head, sizeof(head)) || head.len > XENSTORE_PAYLOAD_MAX || !get(payload, head.len))
            continue;
        payload[head.len] = 0;
        if (!fake_store_hook || !fake_store_hook(&head))
            serve(&head);
    }
}

static void rang(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
}

void fake_store_start(void)
{
    fake_ring = page_alloc();
    start_info->store_mfn = va_to_mfn(fake_ring);
    start_info->store_evtchn = (evtchn_port_t)MUST(evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF));
    server_port =
        (evtchn_port_t)MUST(evtchn_bind_interdomain(DOMID_SELF, start_info->store_evtchn));
    evtchn_set_handler(server_port, rang, NULL);
    fake_ring->server_features =
        XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR;
    thread_create(daemon, NULL);
}
