/* SPDX-License-Identifier: MIT */
#include "blkfront.h"

#include "blk.h"

#define DISKS_MAX 16

static struct block *disks[DISKS_MAX];

/* ---- Connecting ---- */

static void rang(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
}

static unsigned int ring_order(struct block *b)
{
    uint64_t order = xenbus_back_number(&b->bus, "max-ring-page-order", 0);
    uint64_t pages = xenbus_back_number(&b->bus, "max-ring-pages", 1);

    while (order < BLK_RING_ORDER_MAX && (2ull << order) <= pages)
        order++;
    return order < BLK_RING_ORDER_MAX ? (unsigned int)order : BLK_RING_ORDER_MAX;
}

static long publish_ring(struct block *b)
{
    unsigned int n = 1u << b->ring_order;
    char key[16];
    long rc;

    if (n == 1)
        return xenbus_write(&b->bus, "ring-ref", "%u", b->ring_refs[0]);
    rc = xenbus_write(&b->bus, "ring-page-order", "%u", b->ring_order);
    if (!rc)
        rc = xenbus_write(&b->bus, "num-ring-pages", "%u", n);
    for (unsigned int i = 0; !rc && i < n; i++) {
        snprintf(key, sizeof(key), "ring-ref%u", i);
        rc = xenbus_write(&b->bus, key, "%u", b->ring_refs[i]);
    }
    return rc;
}

static long make_ring(struct block *b)
{
    unsigned int n;

    b->ring_order = ring_order(b);
    n = 1u << b->ring_order;
    if (pages_left() < 2 * n)
        return -XEN_ENOMEM;
    b->ring_pages = pages_alloc(n);
    front_ring_init(&b->ring, b->ring_pages, n, sizeof(union blkif_sring_entry));
    for (unsigned int i = 0; i < n; i++)
        b->ring_refs[i] = grant_page(b->bus.back_dom, b->ring_pages + i * PAGE_SIZE, 0);
    return 0;
}

static long blk_publish(struct xenbus_device *d)
{
    struct block *b = (struct block *)d;
    long rc = make_ring(b);

    if (rc)
        return rc;
    rc = evtchn_alloc_unbound(DOMID_SELF, d->back_dom);
    if (rc < 0)
        return rc;
    b->port = (evtchn_port_t)rc;
    evtchn_set_handler(b->port, rang, NULL);
    xenbus_remove(d, "ring-ref");
    xenbus_remove(d, "ring-page-order");
    xenbus_remove(d, "num-ring-pages");
    rc = publish_ring(b);
    if (!rc)
        rc = xenbus_write(d, "event-channel", "%u", b->port);
    if (!rc)
        rc = xenbus_write(d, "protocol", "%s", XEN_IO_PROTO_ABI_X86_64);
    return rc ? rc : xenbus_write(d, "feature-persistent", "1");
}

/* False: nothing that a disk could be. */
static bool read_size(struct block *b)
{
    uint64_t sectors = xenbus_back_number(&b->bus, "sectors", 0);
    uint64_t sector = xenbus_back_number(&b->bus, "sector-size", 512);

    if (sectors > 1ull << 54 || sector < 512 || sector > PAGE_SIZE || (sector & (sector - 1)))
        return false;
    b->sectors = sectors;
    b->sector_size = (unsigned int)sector;
    return true;
}

static long blk_connect(struct xenbus_device *d)
{
    struct block *b = (struct block *)d;
    uint64_t indirect = xenbus_back_number(d, "feature-max-indirect-segments", 0);

    if (!read_size(b))
        return -XEN_EINVAL;
    b->persistent = xenbus_back_number(d, "feature-persistent", 0) == 1;
    b->flush = xenbus_back_number(d, "feature-flush-cache", 0) == 1;
    b->barrier = xenbus_back_number(d, "feature-barrier", 0) == 1;
    b->discard = xenbus_back_number(d, "feature-discard", 0) == 1;
    b->read_only = xenbus_back_number(d, "info", 0) & VDISK_READONLY;
    b->indirect = indirect > BLKIF_MAX_SEGMENTS_PER_REQUEST;
    b->max_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;
    if (b->indirect)
        b->max_segments = indirect < BLK_SEGMENTS_MAX ? (unsigned int)indirect : BLK_SEGMENTS_MAX;
    b->up = true;
    blk_pump(b);
    return 0;
}

static void blk_changed(struct xenbus_device *d)
{
    if (!read_size((struct block *)d))
        xenbus_fail(d, "its new size is no size");
}

static void blk_stop(struct xenbus_device *d)
{
    struct block *b = (struct block *)d;

    block_poll(b); /* What it has answered is done. */
    b->up = false;
    if (b->port)
        evtchn_close(b->port);
    b->port = 0;
    if (d->dead)
        blk_fail_all(b, -XEN_EIO);
    else
        blk_lose(b);
}

static void blk_release_all(struct xenbus_device *d)
{
    struct block *b = (struct block *)d;

    blk_release(b);
    for (unsigned int i = 0; b->ring_pages && i < 1u << b->ring_order; i++) {
        if (!b->ring_refs[i] || !grant_end(b->ring_refs[i]))
            continue;
        grant_free(b->ring_refs[i]);
        b->ring_refs[i] = 0;
        page_free(b->ring_pages + i * PAGE_SIZE);
    }
    b->ring_pages = NULL;
}

/* ---- Coming and going ---- */

static unsigned int pages_of(size_t size)
{
    return (unsigned int)((size + PAGE_SIZE - 1) / PAGE_SIZE);
}

/* Its memory and its granted pages stay for the next device: callers may still hold a pointer. */
static struct xenbus_device *blk_attach(unsigned int id)
{
    struct block *b = NULL;

    for (unsigned int i = 0; i < DISKS_MAX && !b; i++) {
        if (!disks[i]) {
            disks[i] = pages_alloc(pages_of(sizeof(*b)));
            disks[i]->seg_memory = pages_alloc(pages_of(BLK_POOL_MAX * sizeof(struct blk_seg)));
            blk_init(disks[i]);
        }
        if (!disks[i]->attached)
            b = disks[i];
    }
    if (!b)
        return NULL;
    b->bus = (struct xenbus_device){.id = id};
    b->sectors = 0;
    b->attached = true;
    return &b->bus;
}

static void blk_detach(struct xenbus_device *d)
{
    struct block *b = (struct block *)d;

    b->attached = false;
    blk_fail_all(b, -XEN_ENODEV);
    blk_release(b);
}

static const struct xenbus_driver blk_driver = {
    .kind = "vbd",
    .published = XenbusStateInitialised,
    .attach = blk_attach,
    .publish = blk_publish,
    .connect = blk_connect,
    .changed = blk_changed,
    .stop = blk_stop,
    .release = blk_release_all,
    .detach = blk_detach,
};

/* ---- What the guest sees ---- */

struct wish {
    unsigned int n;
    bool by_id;
    struct block *found;
};

static struct block *nth(unsigned int n)
{
    for (unsigned int i = 0; i < DISKS_MAX && disks[i]; i++) {
        unsigned int before = 0;

        if (!disks[i]->attached)
            continue;
        for (unsigned int j = 0; j < DISKS_MAX && disks[j]; j++)
            before += disks[j]->attached && disks[j]->bus.id < disks[i]->bus.id;
        if (before == n)
            return disks[i];
    }
    return NULL;
}

static bool granted(void *arg)
{
    struct wish *w = arg;
    struct block *b = NULL;

    if (!w->by_id)
        b = nth(w->n);
    for (unsigned int i = 0; w->by_id && i < DISKS_MAX && disks[i]; i++)
        if (disks[i]->attached && disks[i]->bus.id == w->n)
            b = disks[i];
    w->found = b && b->up ? b : NULL;
    return w->found;
}

static struct block *await(struct wish w, uint64_t deadline)
{
    static bool registered;

    if (!registered && xenbus_register(&blk_driver))
        return NULL;
    registered = true;
    thread_wait(granted, &w, deadline);
    return w.found;
}

struct block *block_open(unsigned int n, uint64_t deadline)
{
    return await((struct wish){.n = n}, deadline);
}

struct block *block_open_id(unsigned int id, uint64_t deadline)
{
    return await((struct wish){.n = id, .by_id = true}, deadline);
}

uint64_t block_size(const struct block *b)
{
    return b->sectors * 512;
}

unsigned int block_sector(const struct block *b)
{
    return b->sector_size;
}

unsigned int block_id(const struct block *b)
{
    return b->bus.id;
}

bool block_read_only(const struct block *b)
{
    return b->read_only;
}

const char *block_dead(const struct block *b)
{
    return b->bus.dead;
}

void block_describe(const struct block *b, char *out, size_t size)
{
    snprintf(out, size, "ring pages %u, segments %u%s%s%s%s%s", 1u << b->ring_order,
             b->max_segments, b->indirect ? ", indirect" : "", b->persistent ? ", persistent" : "",
             b->flush     ? ", flush"
             : b->barrier ? ", barrier"
                          : "",
             b->discard ? ", discard" : "", b->read_only ? ", read-only" : "");
}
