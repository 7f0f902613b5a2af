/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/blkqueue.c dom0/backend/blkwork.c dom0/backend/blkcopy.c dom0/backend/blkring.c dom0/backend/blkjournal.c dom0/backend/blkpersist.c dom0/backend/linger.c dom0/lib/log.c */
/*
 * A disk's queue, whole, in a process of its own that is killed again and again at any instruction, while this one is the guest: each
 * request is answered once, reads have what was written last, and no write that was answered is lost. Grants, storage and events
 * are pretended; memory is really mapped.
 */
#define _GNU_SOURCE
#include "dom0/backend/blkwork.h"
#include "dom0/lib/loop.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xengnttab.h>

#define DISK_SECTORS 2048u
#define SEGMENTS 40u
#define REQUESTS 32u
#define PAGES_EACH (SEGMENTS + 1)             /* and one of descriptors */
#define RING_REF 1u
#define NR_PAGES (2 + REQUESTS * PAGES_EACH)  /* grant = number of the page; 0 is none */

static int memory;          /* the guest's */
static uint8_t *page, *storage;
static struct blkif_sring *ring;

/* ---- what the back end stands on ---- */

void *grants_map(unsigned domid, const uint32_t *refs, unsigned n, bool write)
{
    uint8_t *at = mmap(NULL, (size_t)n * BLK_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)domid;
    for (unsigned i = 0; i < n; i++) {
        if (!refs[i] || refs[i] >= NR_PAGES) {
            munmap(at, (size_t)n * BLK_PAGE);
            errno = EINVAL;
            return NULL;
        }
        mmap(at + (size_t)i * BLK_PAGE, BLK_PAGE, PROT_READ | (write ? PROT_WRITE : 0), MAP_SHARED | MAP_FIXED, memory,
             (off_t)refs[i] * BLK_PAGE);
    }
    return at;
}

void grants_unmap(void *at, unsigned n)
{
    munmap(at, (size_t)n * BLK_PAGE);
}

int grants_copy(struct xengnttab_grant_copy_segment *s, unsigned n)
{
    for (; n; n--, s++) {
        bool to = s->flags & GNTCOPY_dest_gref;
        uint32_t ref = to ? s->dest.foreign.ref : s->source.foreign.ref;
        unsigned offset = to ? s->dest.foreign.offset : s->source.foreign.offset;

        s->status = GNTST_bad_gntref;
        if (!ref || ref >= NR_PAGES || offset + s->len > BLK_PAGE)
            continue;
        memcpy(to ? page + (size_t)ref * BLK_PAGE + offset : s->dest.virt, to ? s->source.virt : page + (size_t)ref * BLK_PAGE + offset,
               s->len);
        s->status = GNTST_okay;
    }
    return 0;
}

int port_bind(struct port *p, unsigned domid, uint32_t remote)
{
    (void)domid;
    p->local = (int)remote;
    return 0;
}

void port_unbind(struct port *p)
{
    p->local = -1;
}

void port_unmask(struct port *p)
{
    (void)p;
}

void port_notify(struct port *p)
{
    (void)p;
}

void ports_notify(struct port *const *p, unsigned n, bool give)
{
    for (unsigned i = 0; i < n; i++)
        port_notify(p[i]);
    (void)give;
}

int loop_add(int fd, struct source *s, uint32_t events)
{
    return fd < 0 || !s || !events;
}

static bool killed;
static unsigned disks_ended;

void device_kill(struct device *d, const char *format, ...)
{
    (void)d;
    (void)format;
    killed = true;
}

void device_fail(struct device *d, int err, const char *format, ...)
{
    (void)d;
    (void)err;
    (void)format;
}

const char *device_name(const struct device *d)
{
    (void)d;
    return "a disk";
}

void disk_ended(struct disk *disk)
{
    (void)disk;
    disks_ended++;
}

void nbd_ask(struct nbd_image *n, struct blkio *io, int what, void *data, size_t bytes, uint64_t at)
{
    (void)n;
    (void)what;
    (void)data;
    (void)bytes;
    (void)at;
    io->end.done(&io->end, -EIO);
}

void *buffer_get(size_t bytes)
{
    return malloc(bytes);
}

void *buffer_get_pinned(size_t bytes)
{
    return rand() % 4 ? malloc(bytes) : NULL;
}

void buffer_put(void *at, size_t bytes)
{
    (void)bytes;
    free(at);
}

bool buffers_short(void)
{
    return false;
}

/* Storage that ends what it was asked for in any order, and reads and writes in part. */
static struct {
    struct blkio *io;
    const struct iovec *v;
    unsigned n;
    uint64_t at, bytes;
    int what;
} asked[256];
static unsigned nr_asked;
static int storage_error;

static bool ask(struct blkio *io, const struct iovec *v, unsigned n, uint64_t at, uint64_t bytes, int what)
{
    if (nr_asked == 256)
        return false;
    asked[nr_asked].io = io;
    asked[nr_asked].v = v;
    asked[nr_asked].n = n;
    asked[nr_asked].at = at;
    asked[nr_asked].bytes = bytes;
    asked[nr_asked++].what = what;
    return true;
}

bool blkio_read(struct blkio *io, int fd, const struct iovec *v, unsigned n, uint64_t at)
{
    (void)fd;
    return ask(io, v, n, at, 0, NBD_READ);
}

bool blkio_write(struct blkio *io, int fd, const struct iovec *v, unsigned n, uint64_t at)
{
    (void)fd;
    return ask(io, v, n, at, 0, NBD_WRITE);
}

bool blkio_flush(struct blkio *io, int fd)
{
    (void)fd;
    return ask(io, NULL, 0, 0, 0, NBD_FLUSH);
}

bool blkio_discard(struct blkio *io, int fd, bool device, uint64_t at, uint64_t bytes)
{
    (void)fd;
    (void)device;
    return ask(io, NULL, 0, at, bytes, NBD_DISCARD);
}

static void end_one(unsigned i)
{
    uint64_t at = asked[i].at, whole = at;
    struct blkio *io = asked[i].io;
    unsigned pieces = asked[i].n && rand() % 4 == 0 ? 1 + (unsigned)rand() % asked[i].n : asked[i].n;

    for (unsigned k = 0; k < pieces; k++) {
        const struct iovec *v = &asked[i].v[k];

        cr_assert(at + v->iov_len <= DISK_SECTORS * BLK_SECTOR);
        if (asked[i].what == NBD_READ)
            memcpy(v->iov_base, storage + at, v->iov_len);
        else
            memcpy(storage + at, v->iov_base, v->iov_len);
        at += v->iov_len;
    }
    if (asked[i].what == NBD_DISCARD)
        memset(storage + at, 0, asked[i].bytes);
    asked[i] = asked[--nr_asked];
    io->end.done(&io->end, storage_error ? storage_error : (int)(at - whole));
}

static void storage_ends(void)
{
    for (unsigned tries = 4; tries && nr_asked; tries--)
        end_one((unsigned)rand() % nr_asked);
}

/* ---- the back end's process ---- */

static struct device device = {.domid = 3, .id = 51712};
static struct disk disk;

static int disk_open(bool takeover, bool persistent)
{
    struct journal_ring rings = {.port = 9, .pages = 1, .ref = {RING_REF}};
    int err;

    disk = (struct disk){.d = &device, .persistent = persistent};
    disk.limits = (struct blk_disk){.sectors = DISK_SECTORS, .sector_size = 512, .discard = true, .flush = true};
    err = takeover ? journal_open(&disk.journal, 3, 51712, &rings, 1) : journal_make(&disk.journal, 3, 51712, &rings, 1);
    if (err || (takeover && journal_recover(&disk.journal, 0) < 0))
        return -1;
    return queue_open(&disk, 0, &rings, takeover);
}

static void turn(void)
{
    disk.queue[0].port.event(&disk.queue[0].port);
    queues_round();
    storage_ends();
}

static pid_t serve(bool takeover, bool persistent)
{
    pid_t pid = fork();

    if (pid)
        return pid;
    srand((unsigned)getpid());
    if (disk_open(takeover, persistent))
        _exit(3);
    while (!killed)
        turn();
    _exit(4);
}

/* ---- the guest ---- */

static struct {
    bool out;
    uint8_t operation;
    uint32_t sector, sectors;
    unsigned nr;
} request[REQUESTS];
static uint8_t expected[DISK_SECTORS * BLK_SECTOR];
static uint32_t made, seen;
static unsigned nr_answered;

static void setup(void)
{
    static char directory[] = "/tmp/blkqueue.XXXXXX";

    journal_directory = mkdtemp(directory);
    memory = memfd_create("guest", 0);
    cr_assert_eq(ftruncate(memory, (off_t)NR_PAGES * BLK_PAGE), 0);
    page = mmap(NULL, (size_t)NR_PAGES * BLK_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    storage = mmap(NULL, DISK_SECTORS * BLK_SECTOR, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ring = (struct blkif_sring *)(page + RING_REF * BLK_PAGE);
    ring->req_event = ring->rsp_event = 1;
    queues_start();
    srand(1);
}

static void teardown(void)
{
    journal_close(&disk.journal, true);
    rmdir(journal_directory);
}

TestSuite(blkqueue, .init = setup, .fini = teardown, .timeout = 120);

static bool is_free(uint32_t sector, uint32_t n)
{
    for (unsigned i = 0; i < REQUESTS; i++)
        if (request[i].out && request[i].sector < sector + n && sector < request[i].sector + request[i].sectors)
            return false;
    return true;
}

static uint8_t *page_of(unsigned id, unsigned n)
{
    return page + (size_t)(2 + id * PAGES_EACH + n) * BLK_PAGE;
}

static void segment(struct blkif_request_segment *s, unsigned id, unsigned n)
{
    *s = (struct blkif_request_segment){.gref = 2 + id * PAGES_EACH + n, .first_sect = 0, .last_sect = 7};
}

static void make(unsigned id)
{
    static const uint8_t operations[] = {BLKIF_OP_READ, BLKIF_OP_READ, BLKIF_OP_WRITE, BLKIF_OP_WRITE, BLKIF_OP_WRITE,
                                         BLKIF_OP_FLUSH_DISKCACHE, BLKIF_OP_WRITE_BARRIER, BLKIF_OP_DISCARD};
    union blk_slot slot = {.words = {0}};
    uint8_t op = operations[(unsigned)rand() % sizeof(operations)];
    bool indirect = op <= BLKIF_OP_WRITE && rand() % 3 == 0;
    unsigned n = op == BLKIF_OP_FLUSH_DISKCACHE ? 0 : 1 + (unsigned)rand() % (indirect ? SEGMENTS : BLKIF_MAX_SEGMENTS_PER_REQUEST);
    uint32_t sector = (uint32_t)rand() % (DISK_SECTORS - n * 8);

    if (!is_free(sector, n * 8))
        return;
    request[id].out = true;
    request[id].operation = op;
    request[id].sector = sector;
    request[id].sectors = n * 8;
    request[id].nr = n;
    for (unsigned i = 0; i < n; i++)
        for (unsigned k = 0; k < BLK_PAGE / 4; k++)
            ((uint32_t *)page_of(id, i))[k] = (uint32_t)rand();
    if (op == BLKIF_OP_DISCARD) {
        slot.discard = (blkif_request_discard_t){.operation = op, .id = id, .sector_number = sector, .nr_sectors = n * 8};
    } else if (indirect) {
        slot.indirect = (blkif_request_indirect_t){.operation = BLKIF_OP_INDIRECT, .indirect_op = op, .nr_segments = (uint16_t)n, .id = id,
                                                   .sector_number = sector, .indirect_grefs = {2 + id * PAGES_EACH + SEGMENTS}};
        for (unsigned i = 0; i < n; i++)
            segment((struct blkif_request_segment *)page_of(id, SEGMENTS) + i, id, i);
    } else {
        slot.rw = (blkif_request_t){.operation = op, .nr_segments = (uint8_t)n, .id = id, .sector_number = sector};
        for (unsigned i = 0; i < n; i++)
            segment(&slot.rw.seg[i], id, i);
    }
    memcpy((union blkif_sring_entry *)ring->ring + made % REQUESTS, &slot, sizeof(slot));
    __atomic_store_n(&ring->req_prod, ++made, __ATOMIC_RELEASE);
}

static void answer(const blkif_response_t *a)
{
    unsigned id = (unsigned)a->id;

    cr_assert(id < REQUESTS && request[id].out, "an answer to %u, which nobody waits for", id);
    cr_assert_eq(a->status, BLKIF_RSP_OKAY);
    cr_assert_eq(a->operation, request[id].operation);
    request[id].out = false;
    nr_answered++;
    for (unsigned i = 0; i < request[id].nr; i++) {
        uint8_t *there = expected + (size_t)request[id].sector * BLK_SECTOR + (size_t)i * BLK_PAGE;

        if (a->operation == BLKIF_OP_READ)
            cr_assert_arr_eq(page_of(id, i), there, BLK_PAGE, "piece %u of what was read at %u", i, request[id].sector);
        else if (a->operation == BLKIF_OP_DISCARD)
            memset(there, 0, BLK_PAGE);
        else
            memcpy(there, page_of(id, i), BLK_PAGE);
    }
}

static void answers(void)
{
    uint32_t until = __atomic_load_n(&ring->rsp_prod, __ATOMIC_ACQUIRE);

    cr_assert_leq(until - seen, made - seen, "%u answers to %u requests", until, made);
    for (; seen != until; seen++)
        answer(&((union blkif_sring_entry *)ring->ring)[seen % REQUESTS].rsp);
}

static unsigned still_out(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < REQUESTS; i++)
        n += request[i].out;
    return n;
}

static void kill_again_and_again(bool persistent)
{
    pid_t pid = serve(false, persistent);
    int status;

    /* Whoever takes over has something to take over: the first is at work. */
    while (!nr_answered) {
        if (!request[0].out)
            make(0);
        answers();
    }
    for (unsigned kills = 0; kills < 150; kills++) {
        struct timespec end, now;
        long us = 300 + rand() % 6000;

        clock_gettime(CLOCK_MONOTONIC, &end);
        do {
            unsigned id = (unsigned)rand() % REQUESTS;

            answers();
            if (!request[id].out && made - seen < REQUESTS)
                make(id);
            clock_gettime(CLOCK_MONOTONIC, &now);
        } while ((now.tv_sec - end.tv_sec) * 1000000 + (now.tv_nsec - end.tv_nsec) / 1000 < us);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        cr_assert(WIFSIGNALED(status), "it ended by itself, status %d, after %u kills", WEXITSTATUS(status), kills);
        pid = serve(true, persistent);
    }
    for (unsigned i = 0; i < 5000 && still_out(); i++) {
        usleep(1000);
        answers();
    }
    cr_assert_eq(still_out(), 0, "%u requests are lost", still_out());
    cr_assert_gt(nr_answered, 200);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    cr_assert_arr_eq(storage, expected, sizeof(expected));
}

Test(blkqueue, a_kill_at_any_instruction_shows_nowhere_with_copies)
{
    kill_again_and_again(false);
}

Test(blkqueue, a_kill_at_any_instruction_shows_nowhere_with_pages_that_stay_mapped)
{
    kill_again_and_again(true);
}

/* In this process, so that the sanitizers see what is left. */
Test(blkqueue, an_index_that_cannot_be_ends_it)
{
    cr_assert_eq(disk_open(false, false), 0);
    ring->req_prod = 33;
    turn();
    cr_assert(killed);
    queue_close(&disk.queue[0]);
    queue_free(&disk.queue[0]);
}

Test(blkqueue, errors_of_grants_and_of_storage_are_answered)
{
    union blkif_sring_entry *entry = ring->ring;

    cr_assert_eq(disk_open(false, true), 0);
    entry[0].req = (blkif_request_t){.operation = BLKIF_OP_WRITE, .nr_segments = 1, .id = 5, .seg = {{.gref = 60000, .last_sect = 7}}};
    ring->req_prod = 1;
    for (unsigned i = 0; i < 5; i++)
        turn();
    cr_assert_eq(ring->rsp_prod, 1);
    cr_assert(entry[0].rsp.id == 5 && entry[0].rsp.status == BLKIF_RSP_ERROR);
    entry[1].req = (blkif_request_t){.operation = BLKIF_OP_READ, .nr_segments = 1, .id = 6, .seg = {{.gref = 2, .last_sect = 7}}};
    entry[2].req = (blkif_request_t){.operation = BLKIF_OP_FLUSH_DISKCACHE, .id = 7};
    storage_error = -EOPNOTSUPP;
    ring->req_prod = 3;
    for (unsigned i = 0; i < 9; i++)
        turn();
    cr_assert_eq(ring->rsp_prod, 3);
    for (unsigned i = 1; i < 3; i++)
        cr_assert_eq(entry[i].rsp.status, entry[i].rsp.id == 6 ? BLKIF_RSP_ERROR : BLKIF_RSP_EOPNOTSUPP);
    queue_close(&disk.queue[0]);
    queue_free(&disk.queue[0]);
}

Test(blkqueue, a_disk_that_closes_waits_for_its_works_and_touches_the_guest_no_more)
{
    cr_assert_eq(disk_open(false, false), 0);
    for (unsigned id = 0; id < 20; id++)
        make(id);
    disk.queue[0].port.event(&disk.queue[0].port);
    queues_round();
    cr_assert_gt(disk.on_the_way, 0);
    disk.closing = true;
    queue_close(&disk.queue[0]);
    memset(page, 0x55, (size_t)NR_PAGES * BLK_PAGE);
    for (unsigned i = 0; i < 100 && !disks_ended; i++) {
        queues_round();
        storage_ends();
    }
    cr_assert_eq(disks_ended, 1);
    cr_assert_eq(disk.bytes, 0);
    for (size_t i = 0; i < (size_t)NR_PAGES * BLK_PAGE; i++)
        cr_assert_eq(page[i], 0x55);
    queue_free(&disk.queue[0]);
}
