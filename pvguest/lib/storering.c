/* SPDX-License-Identifier: MIT */
#include "storering.h"

#include "pvguest.h"

static uint32_t get(const uint32_t *field)
{
    return __atomic_load_n(field, __ATOMIC_ACQUIRE);
}

static void put(uint32_t *field, uint32_t value)
{
    __atomic_store_n(field, value, __ATOMIC_RELEASE);
}

/* The interrupt itself is all: whoever waits looks at the ring. */
static void rang(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
}

bool store_ring_init(struct store_ring *r)
{
    unsigned long pfn;

    if (!start_info->store_mfn || !start_info->store_evtchn)
        return false;
    pfn = mfn_to_pfn(start_info->store_mfn);
    if (pfn >= mm_linear_pages())
        return false;
    r->page = pfn_to_va(pfn);
    r->port = start_info->store_evtchn;
    r->req_prod = get(&r->page->req_prod);
    r->rsp_cons = get(&r->page->rsp_cons);
    evtchn_set_handler(r->port, rang, NULL);
    return true;
}

void store_ring_notify(struct store_ring *r)
{
    evtchn_send(r->port);
}

/* Only we move these two; both at 0 again means that the daemon cleaned the ring. */
static bool usable(struct store_ring *r)
{
    if (r->broken || r->anew)
        return false;
    if (get(&r->page->req_prod) != r->req_prod || get(&r->page->rsp_cons) != r->rsp_cons) {
        r->anew = true;
        return false;
    }
    if ((get(&r->page->server_features) & XENSTORE_SERVER_FEATURE_ERROR) && get(&r->page->error))
        r->broken = "it found an error in the ring";
    return !r->broken;
}

size_t store_ring_write(struct store_ring *r, const void *data, size_t n)
{
    uint32_t used, at = MASK_XENSTORE_IDX(r->req_prod);

    if (!usable(r))
        return 0;
    used = r->req_prod - get(&r->page->req_cons);
    if (used > XENSTORE_RING_SIZE) {
        r->broken = "its position in the requests is beyond the ring";
        return 0;
    }
    if (n > XENSTORE_RING_SIZE - used)
        n = XENSTORE_RING_SIZE - used;
    if (n > XENSTORE_RING_SIZE - at)
        n = XENSTORE_RING_SIZE - at;
    memcpy(r->page->req + at, data, n);
    r->req_prod += (uint32_t)n;
    put(&r->page->req_prod, r->req_prod);
    return n;
}

static size_t read_some(struct store_ring *r, void *out, size_t n)
{
    uint32_t there, at = MASK_XENSTORE_IDX(r->rsp_cons);

    if (!usable(r))
        return 0;
    there = get(&r->page->rsp_prod) - r->rsp_cons;
    if (there > XENSTORE_RING_SIZE) {
        r->broken = "its position in the answers is beyond the ring";
        return 0;
    }
    if (n > there)
        n = there;
    if (n > XENSTORE_RING_SIZE - at)
        n = XENSTORE_RING_SIZE - at;
    memcpy(out, r->page->rsp + at, n);
    r->rsp_cons += (uint32_t)n;
    put(&r->page->rsp_cons, r->rsp_cons);
    return n;
}

/* Up to `end` bytes of the message; true when it has them. */
static bool fill(struct store_ring *r, char *to, uint32_t begin, uint32_t end)
{
    while (r->had < end) {
        size_t n = read_some(r, to + (r->had - begin), end - r->had);

        if (!n)
            return false;
        r->had += (uint32_t)n;
    }
    return true;
}

bool store_ring_message(struct store_ring *r)
{
    uint32_t before = r->rsp_cons;
    bool whole = false;

    if (r->had < sizeof(r->head) && fill(r, (char *)&r->head, 0, sizeof(r->head)) &&
        r->head.len > XENSTORE_PAYLOAD_MAX)
        r->broken = "its answer is longer than the protocol allows";
    if (!r->broken && r->had >= sizeof(r->head))
        whole = fill(r, r->payload, sizeof(r->head), (uint32_t)sizeof(r->head) + r->head.len);
    if (r->rsp_cons != before)
        store_ring_notify(r); /* It may have waited for room. */
    if (whole) {
        r->payload[r->head.len] = 0;
        r->had = 0;
    }
    return whole;
}

bool store_ring_reconnect(struct store_ring *r)
{
    if (!(get(&r->page->server_features) & XENSTORE_SERVER_FEATURE_RECONNECTION))
        return false;
    put(&r->page->connection, XENSTORE_RECONNECT);
    store_ring_notify(r);
    return true;
}

bool store_ring_connected(void *ring)
{
    struct store_ring *r = ring;

    return get(&r->page->connection) == XENSTORE_CONNECTED;
}

void store_ring_reset(struct store_ring *r)
{
    r->req_prod = get(&r->page->req_prod);
    r->rsp_cons = get(&r->page->rsp_cons);
    r->had = 0;
    r->broken = NULL;
    r->anew = false;
}
