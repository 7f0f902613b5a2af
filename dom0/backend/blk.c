/* SPDX-License-Identifier: MIT */
/* Disks: what the store says of them. */
#define _GNU_SOURCE
#include "blk.h"
#include "log.h"
#include "store.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xen/io/protocols.h>

#define RING_ORDER_MAX 4u
_Static_assert(1u << RING_ORDER_MAX == BLK_PAGES_MAX, "pages of a ring");

static int block_start(void)
{
    int err = blkio_start();

    return err ? err : queues_start();
}

/* Journals of devices that went while nobody served them. */
static void journals_sweep(void)
{
    DIR *list = opendir(journal_directory);
    struct dirent *e;

    while (list && (e = readdir(list))) {
        char path[128];
        unsigned domid, id;

        if (sscanf(e->d_name, "disk.%u.%u", &domid, &id) != 2)
            continue;
        snprintf(path, sizeof(path), "/local/domain/%u/backend/%s/%u/%u", store_own_domid(), block_kind.name, domid, id);
        if (!store_has(path))
            unlinkat(dirfd(list), e->d_name, 0);
    }
    if (list)
        closedir(list);
}

static bool block_round(void)
{
    static bool swept;

    if (!swept && store_is_there()) {
        swept = true;
        journals_sweep();
    }
    return queues_round();
}

static void features_write(struct device *d, const struct disk *disk)
{
    const struct image *i = &disk->image;
    uint64_t persistent;

    /* libnbd wants data in one piece; and who wrote the configuration may not want it. */
    if (i->nbd || !key_number(d, false, "feature-persistent", 1, 1, &persistent))
        persistent = 0;
    key_write(d, "feature-persistent", "%u", (unsigned)persistent);
    key_write(d, "feature-flush-cache", "1");
    key_write(d, "feature-barrier", "1");
    key_write(d, "feature-max-indirect-segments", "%u", BLK_SEGMENTS);
    key_write(d, "max-ring-page-order", "%u", RING_ORDER_MAX);
    key_write(d, "max-ring-pages", "%u", BLK_PAGES_MAX);
    key_write(d, "multi-queue-max-queues", "%u", JOURNAL_QUEUES);
    key_write(d, "feature-discard", "%u", i->discard);
    if (i->discard) {
        key_write(d, "discard-granularity", "%u", i->discard_grain ? i->discard_grain : i->sector_size);
        key_write(d, "discard-alignment", "%u", i->discard_offset);
        key_write(d, "discard-secure", "0");
    }
}

static int block_open(struct device *d)
{
    struct disk *disk = calloc(1, sizeof(*disk));
    int err;

    if (!disk)
        return ENOMEM;
    disk->d = d;
    err = image_open(&disk->image, d);
    if (err && d->takeover) {
        d->failed = false; /* the guest waits for answers: it gets errors, from an image that has nothing */
        err = 0;
    }
    if (err) {
        free(disk);
        return err;
    }
    d->data = disk;
    if (!d->takeover)
        features_write(d, disk);
    key_write(d, "hotplug-status", "connected");
    return 0;
}

static void limits_set(struct disk *disk)
{
    const struct image *i = &disk->image;
    uint64_t sectors = i->bytes / BLK_SECTOR;

    disk->limits = (struct blk_disk){.sectors = sectors - sectors % (i->sector_size / BLK_SECTOR),
                                     .sector_size = i->sector_size,
                                     .readonly = i->readonly,
                                     .discard = i->discard,
                                     .flush = true};
}

static void properties_write(struct device *d, const struct disk *disk)
{
    char *type = key_read(d, false, "device-type");
    unsigned info = (disk->limits.readonly ? VDISK_READONLY : 0) | (type && !strcmp(type, "cdrom") ? VDISK_CDROM : 0);

    free(type);
    key_write(d, "sectors", "%" PRIu64, disk->limits.sectors);
    key_write(d, "info", "%u", info);
    key_write(d, "sector-size", "%u", disk->limits.sector_size);
    key_write(d, "physical-sector-size", "%u", disk->image.physical_size);
}

/* ---- what the front end wants ---- */

static bool front_number(struct device *d, const char *folder, const char *key, uint64_t without, uint64_t max, uint64_t *value)
{
    char name[64];

    snprintf(name, sizeof(name), "%s%s", folder, key);
    if (key_number(d, true, name, without, max, value) && *value <= max)
        return true;
    device_fail(d, 0, "the front end's %s is missing or impossible", name);
    return false;
}

#define MISSING UINT64_MAX

/* One queue's keys; in the front end's folder itself if it is the only one. */
static bool ring_read(struct device *d, unsigned n, bool alone, unsigned order, struct journal_ring *ring)
{
    char folder[24] = "", key[24];
    uint64_t value;

    if (!alone)
        snprintf(folder, sizeof(folder), "queue-%u/", n);
    if (!front_number(d, folder, "event-channel", MISSING, UINT32_MAX, &value))
        return false;
    *ring = (struct journal_ring){.port = (uint32_t)value, .pages = 1u << order};
    if (order == 0 && key_number(d, true, alone ? "ring-ref" : (snprintf(key, sizeof(key), "%sring-ref", folder), key), MISSING,
                                 UINT32_MAX, &value) && value <= UINT32_MAX) {
        ring->ref[0] = (uint32_t)value;
        return true;
    }
    for (unsigned i = 0; i < ring->pages; i++) {
        snprintf(key, sizeof(key), "ring-ref%u", i);
        if (!front_number(d, folder, key, MISSING, UINT32_MAX, &value))
            return false;
        ring->ref[i] = (uint32_t)value;
    }
    return true;
}

static int rings_read(struct device *d, struct journal_ring *rings, unsigned *nr)
{
    char *protocol = key_read(d, true, "protocol");
    bool native = !protocol || !strcmp(protocol, XEN_IO_PROTO_ABI_X86_64);
    uint64_t order, queues, pages;

    free(protocol);
    if (!native) {
        device_fail(d, 0, "the front end's protocol is not " XEN_IO_PROTO_ABI_X86_64);
        return EOPNOTSUPP;
    }
    if (!front_number(d, "", "num-ring-pages", 1, BLK_PAGES_MAX, &pages) ||
        !front_number(d, "", "ring-page-order", (uint64_t)__builtin_ctzll(pages | BLK_PAGES_MAX << 1), RING_ORDER_MAX, &order) ||
        !front_number(d, "", "multi-queue-num-queues", 1, JOURNAL_QUEUES, &queues))
        return EINVAL;
    if (!queues)
        queues = 1;
    for (unsigned i = 0; i < queues; i++)
        if (!ring_read(d, i, queues == 1, (unsigned)order, &rings[i]))
            return EINVAL;
    *nr = (unsigned)queues;
    return 0;
}

static int journal_begin(struct disk *disk, const struct journal_ring *rings, unsigned n)
{
    struct device *d = disk->d;
    int err;

    if (!d->takeover) {
        err = journal_make(&disk->journal, d->domid, d->id, rings, n);
        if (err)
            device_fail(d, err, "a journal in " BACKEND_DIRECTORY);
        return err;
    }
    err = journal_open(&disk->journal, d->domid, d->id, rings, n);
    for (unsigned i = 0; !err && i < n; i++)
        if (journal_recover(&disk->journal, i) < 0)
            err = EBADMSG;
    if (err)
        device_fail(d, err, "taking over: %s does not say what the last pxbackd did", disk->journal.path);
    return err;
}

static void block_down(struct disk *disk)
{
    disk->closing = true;
    for (unsigned i = 0; i < disk->nr_queues; i++)
        queue_close(&disk->queue[i]);
    journal_close(&disk->journal, true);
}

static int block_connect(struct device *d)
{
    static struct journal_ring rings[JOURNAL_QUEUES];
    struct disk *disk = d->data;
    uint64_t persistent;
    unsigned n = 0;
    int err = image_ready(&disk->image);

    if (err && err != EAGAIN && d->takeover) { /* as in block_open() */
        image_close(&disk->image);
        d->failed = false;
        err = 0;
    }
    if (err)
        return err;
    err = rings_read(d, rings, &n);
    if (err)
        return err;
    limits_set(disk);
    disk->persistent = key_number(d, true, "feature-persistent", 0, 1, &persistent) && persistent &&
                       key_number(d, false, "feature-persistent", 0, 1, &persistent) && persistent;
    disk->closing = false;
    err = journal_begin(disk, rings, n);
    for (unsigned i = 0; !err && i < n; i++)
        err = queue_open(disk, i, &rings[i], d->takeover);
    if (err) {
        block_down(disk);
        for (unsigned i = 0; i < disk->nr_queues; i++)
            queue_free(&disk->queue[i]);
        disk->nr_queues = 0;
        return err;
    }
    if (!d->takeover)
        properties_write(d, disk);
    return 0;
}

void disk_ended(struct disk *disk)
{
    for (unsigned i = 0; i < disk->nr_queues; i++)
        queue_free(&disk->queue[i]);
    disk->nr_queues = 0;
    disk->barrier = NULL;
    device_settled(disk->d);
}

void disk_leave(struct disk *disk)
{
    block_down(disk);
    if (!disk->on_the_way)
        disk_ended(disk);
}

/* A toolstack removes the front end's folder first. */
static bool taken_away(struct device *d)
{
    char *state = d->gone || d->dead ? NULL : key_read(d, true, "state");

    free(state);
    return !d->dead && !state;
}

static void block_disconnect(struct device *d)
{
    struct disk *disk = d->data;

    if (!taken_away(d) || !refuse_begin(disk))
        disk_leave(disk);
}

static void block_close(struct device *d)
{
    struct disk *disk = d->data;

    image_close(&disk->image);
    free(disk);
}

/* The size is looked at anew; the front end hears of a change by our state, which is written again. */
static void block_changed(struct device *d, const char *key)
{
    struct disk *disk = d->data;
    uint64_t before = disk->limits.sectors, bytes;

    (void)key;
    if (image_ready(&disk->image) || !image_measure(&disk->image, &bytes))
        return;
    disk->image.bytes = bytes;
    if (d->phase != DEVICE_SERVED)
        return;
    limits_set(disk);
    if (disk->limits.sectors == before)
        return;
    log_line(LOG_NOTE, "%s: %" PRIu64 " sectors instead of %" PRIu64, device_name(d), disk->limits.sectors, before);
    key_write(d, "sectors", "%" PRIu64, disk->limits.sectors);
    device_announce(d);
}

static const char *const block_keys[] = {"resize", NULL};

const struct kind block_kind = {.name = "qdisk",
                                .keys = block_keys,
                                .start = block_start,
                                .open = block_open,
                                .connect = block_connect,
                                .disconnect = block_disconnect,
                                .close = block_close,
                                .changed = block_changed,
                                .round = block_round};
