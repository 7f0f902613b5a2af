/* SPDX-License-Identifier: MIT */
#include "fakedisk.h"

#include "harness.h"

static const char *front(const struct fake_disk *d, const char *key)
{
    static char path[64];

    snprintf(path, sizeof(path), "device/vbd/%u%s%s", d->id, *key ? "/" : "", key);
    return path;
}

static const char *back(const struct fake_disk *d, const char *key)
{
    static char path[64];

    snprintf(path, sizeof(path), "/back/%u%s%s", d->id, *key ? "/" : "", key);
    return path;
}

void fake_disk_state(struct fake_disk *d, enum xenbus_state state)
{
    fake_set(back(d, "state"), "%u", (unsigned int)state);
}

void fake_disk_offer(struct fake_disk *d)
{
    fake_set(back(d, "online"), "1");
    fake_set(back(d, "sectors"), "%lu", FAKE_DISK_SIZE / 512);
    fake_set(back(d, "sector-size"), "512");
    fake_set(back(d, "info"), "0");
    fake_set(back(d, "feature-flush-cache"), "1");
    if (d->persistent)
        fake_set(back(d, "feature-persistent"), "1");
    if (d->indirect) {
        fake_set(back(d, "feature-max-indirect-segments"), "32");
        fake_set(back(d, "max-ring-page-order"), "2");
    }
    fake_disk_state(d, XenbusStateInitWait);
    fake_set(front(d, "backend-id"), "0");
    fake_set(front(d, "state"), "%u", (unsigned int)XenbusStateInitialising);
    fake_set(front(d, "backend"), "%s", back(d, ""));
}

void fake_disk_notify(struct fake_disk *d)
{
    evtchn_send(d->port);
}

void fake_disk_answer(struct fake_disk *d, const struct blkif_response *a)
{
    d->ring->ring[d->rsp_prod & (d->entries - 1)].rsp = *a;
    barrier();
    d->ring->rsp_prod = ++d->rsp_prod;
}

/* ---- Serving ---- */

static int16_t transfer(struct fake_disk *d, uint8_t op, uint64_t sector,
                        const struct blkif_request_segment *segs, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        size_t size = (segs[i].last_sect - segs[i].first_sect + 1u) * 512;
        char *page = fake_granted(segs[i].gref);

        if (!page || sector * 512 + size > FAKE_DISK_SIZE)
            return BLKIF_RSP_ERROR;
        if (op == BLKIF_OP_WRITE)
            memcpy(d->data + sector * 512, page + segs[i].first_sect * 512, size);
        else
            memcpy(page + segs[i].first_sect * 512, d->data + sector * 512, size);
        sector += size / 512;
    }
    return BLKIF_RSP_OKAY;
}

static void serve(struct fake_disk *d, const union blkif_sring_entry *e)
{
    const struct blkif_request_indirect *indirect = (const struct blkif_request_indirect *)&e->req;
    struct blkif_response a = {.id = e->req.id, .operation = e->req.operation};
    uint8_t op = e->req.operation;

    if (op == BLKIF_OP_READ || op == BLKIF_OP_WRITE) {
        a.status = transfer(d, op, e->req.sector_number, e->req.seg, e->req.nr_segments);
    } else if (op == BLKIF_OP_INDIRECT) {
        a.id = indirect->id;
        op = indirect->indirect_op;
        if (d->indirects % 2) /* Both are in use. */
            a.operation = op;
        d->indirects++;
        a.status = transfer(d, op, indirect->sector_number,
                            fake_granted(indirect->indirect_grefs[0]), indirect->nr_segments);
    } else if (op == BLKIF_OP_FLUSH_DISKCACHE) {
        d->flushes++;
    } else {
        a.status = BLKIF_RSP_EOPNOTSUPP;
    }
    d->reads += op == BLKIF_OP_READ;
    d->writes += op == BLKIF_OP_WRITE;
    if (d->mischief && d->mischief(d, &a))
        return;
    fake_disk_answer(d, &a);
}

static bool has_request(void *arg)
{
    struct fake_disk *d = arg;

    return !d->connected || (!d->hold && *(volatile RING_IDX *)&d->ring->req_prod != d->req_cons);
}

static void server(void *arg)
{
    struct fake_disk *d = arg;

    while (d->connected) {
        thread_wait(has_request, d, 0);
        while (d->connected && !d->hold &&
               *(volatile RING_IDX *)&d->ring->req_prod != d->req_cons) {
            union blkif_sring_entry e = d->ring->ring[d->req_cons++ & (d->entries - 1)];

            serve(d, &e);
        }
        if (d->connected) {
            d->ring->req_event = d->req_cons + 1;
            fake_disk_notify(d);
        }
    }
}

static void rang(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
}

/* The pages of a larger ring are granted one by one, but they are ours and lie in a row. */
static void map_ring(struct fake_disk *d)
{
    uint64_t order = fake_number(front(d, "ring-page-order"));
    size_t size = PAGE_SIZE << (order == ~0ull ? 0 : order);

    d->ring = fake_granted(fake_number(front(d, order == ~0ull ? "ring-ref" : "ring-ref0")));
    REQUIRE(d->ring, "no ring was published");
    d->entries = 1;
    while (64 + d->entries * 2 * sizeof(union blkif_sring_entry) <= size)
        d->entries *= 2;
}

void fake_disk_connect(struct fake_disk *d)
{
    CHECK(fake_await(front(d, "state"), XenbusStateInitialised), "the front end publishes nothing");
    map_ring(d);
    d->req_cons = d->rsp_prod = 0;
    d->port = (evtchn_port_t)MUST(
        evtchn_bind_interdomain(DOMID_SELF, (evtchn_port_t)fake_number(front(d, "event-channel"))));
    evtchn_set_handler(d->port, rang, NULL);
    d->connected = true;
    thread_create(server, d);
    fake_disk_state(d, XenbusStateConnected);
    CHECK(fake_await(front(d, "state"), XenbusStateConnected), "the front end does not connect");
}

void fake_disk_disconnect(struct fake_disk *d)
{
    d->connected = false;
    thread_yield();
    evtchn_close(d->port);
}

void fake_disk_remove(struct fake_disk *d)
{
    fake_remove(front(d, ""));
    fake_remove(back(d, ""));
}
