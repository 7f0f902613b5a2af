/* SPDX-License-Identifier: MIT */
#include "blk.h"

#define PAGES_KEPT 64 /* Pages left to the rest of the guest when we take some for data. */

/* ---- Granted pages ---- */

static struct blk_seg *new_seg(struct block *b)
{
    struct blk_seg *s;
    grant_ref_t ref;

    if (b->segs_made == BLK_POOL_MAX)
        return NULL;
    ref = grant_try_alloc();
    if (!ref)
        return NULL;
    s = &b->seg_memory[b->segs_made++];
    *s = (struct blk_seg){.ref = ref};
    return s;
}

static struct blk_seg *get_seg(struct block *b)
{
    struct blk_seg *s = b->pool;

    if (s)
        b->pool = s->next;
    else
        s = new_seg(b);
    if (s && b->persistent && !s->page) {
        if (pages_left() < PAGES_KEPT) {
            s->next = b->pool;
            b->pool = s;
            return NULL;
        }
        s->page = page_alloc();
    }
    return s;
}

static void put_seg(struct block *b, struct blk_seg *s)
{
    s->next = b->pool;
    b->pool = s;
}

/* False: the back end keeps it. Such a page is never used again. */
static bool end_seg(struct blk_seg *s)
{
    if (s->granted && !grant_end(s->ref))
        return false;
    s->granted = false;
    return true;
}

static void put_segs(struct block *b, struct blk_slot *slot)
{
    struct blk_seg *s, *next;

    for (s = slot->segs; s; s = next) {
        next = s->next;
        if (b->persistent && b->up)
            put_seg(b, s);
        else if (end_seg(s))
            put_seg(b, s);
        else
            xenbus_fail(&b->bus, "it keeps a page after the request");
    }
    slot->segs = NULL;
}

/* ---- Pieces ---- */

static bool has_data(const struct block_request *r)
{
    return r->op == BLOCK_READ || r->op == BLOCK_WRITE;
}

/* How much of `left` bytes at `buffer` fits into one request. */
static uint64_t piece_size(const struct block *b, const char *buffer, uint64_t left)
{
    uint64_t room = b->max_segments * PAGE_SIZE;

    if (!b->persistent)
        room -= (unsigned long)buffer & ~PAGE_MASK;
    room &= ~(uint64_t)(b->sector_size - 1);
    return left < room ? left : room;
}

static void fill_segment(struct block *b, struct blk_seg *s, const struct block_request *r,
                         char *data, uint64_t n, struct blkif_request_segment *out)
{
    unsigned long first = b->persistent ? 0 : ((unsigned long)data & ~PAGE_MASK);
    bool write = r->op == BLOCK_WRITE;

    if (b->persistent && !s->granted)
        grant_access(s->ref, b->bus.back_dom, va_to_mfn(s->page), 0);
    else if (!b->persistent)
        grant_access(s->ref, b->bus.back_dom, va_to_mfn(data), write ? GTF_readonly : 0);
    s->granted = true;
    if (b->persistent && write)
        memcpy(s->page, data, n);
    *out = (struct blkif_request_segment){
        .gref = s->ref,
        .first_sect = (uint8_t)(first / 512),
        .last_sect = (uint8_t)((first + n - 1) / 512),
    };
}

/* Takes granted pages for all of the piece: how many, or -1 when there are not enough. */
static int fill_segments(struct block *b, struct blk_slot *slot, struct blkif_request_segment *out)
{
    char *data = (char *)slot->request->buffer + slot->at;
    struct blk_seg **end = &slot->segs;
    uint64_t left = slot->size;
    int count = 0;

    while (left) {
        uint64_t n = b->persistent ? PAGE_SIZE : PAGE_SIZE - ((unsigned long)data & ~PAGE_MASK);
        struct blk_seg *s = get_seg(b);

        if (!s) {
            put_segs(b, slot);
            return -1;
        }
        n = n < left ? n : left;
        s->next = NULL;
        *end = s;
        end = &s->next;
        fill_segment(b, s, slot->request, data, n, &out[count++]);
        data += n;
        left -= n;
    }
    return count;
}

static bool need_indirect(struct block *b, struct blk_slot *slot)
{
    if (!slot->indirect) {
        if (pages_left() < PAGES_KEPT)
            return false;
        slot->indirect_ref = grant_try_alloc();
        if (!slot->indirect_ref)
            return false;
        slot->indirect = page_alloc();
    }
    /* A back end that keeps grants mapped maps them all for writing; we never read this page. */
    if (!slot->indirect_granted)
        grant_access(slot->indirect_ref, b->bus.back_dom, va_to_mfn(slot->indirect), 0);
    slot->indirect_granted = true;
    return true;
}

union ring_request {
    struct blkif_request direct;
    struct blkif_request_indirect indirect;
    struct blkif_request_discard discard;
};

static bool build_data(struct block *b, struct blk_slot *slot, union ring_request *q, uint64_t id,
                       uint64_t sector)
{
    static struct blkif_request_segment segments[BLK_SEGMENTS_MAX];
    uint8_t op = slot->request->op == BLOCK_READ ? BLKIF_OP_READ : BLKIF_OP_WRITE;
    blkif_vdev_t handle = (blkif_vdev_t)b->bus.id;
    int n = fill_segments(b, slot, segments);

    if (n < 0)
        return false;
    if (n <= BLKIF_MAX_SEGMENTS_PER_REQUEST) {
        q->direct = (struct blkif_request){op, (uint8_t)n, handle, id, sector, {{0}}};
        memcpy(q->direct.seg, segments, (size_t)n * sizeof(segments[0]));
        slot->operation = op;
        return true;
    }
    if (!need_indirect(b, slot)) {
        put_segs(b, slot);
        return false;
    }
    memcpy(slot->indirect, segments, (size_t)n * sizeof(segments[0]));
    q->indirect = (struct blkif_request_indirect){
        .operation = BLKIF_OP_INDIRECT,
        .indirect_op = op,
        .nr_segments = (uint16_t)n,
        .id = id,
        .sector_number = sector,
        .handle = handle,
        .indirect_grefs = {slot->indirect_ref},
    };
    slot->operation = BLKIF_OP_INDIRECT;
    return true;
}

/* Puts the slot's piece onto the ring; false: there is no room, or no pages. */
static bool send_slot(struct block *b, struct blk_slot *slot)
{
    const struct block_request *r = slot->request;
    uint64_t id = (uint64_t)(slot - b->slots), sector = (r->offset + slot->at) / 512;
    union ring_request q = {.direct = {.id = id}};

    if (!front_ring_room(&b->ring))
        return false;
    switch (r->op) {
    case BLOCK_READ:
    case BLOCK_WRITE:
        if (!build_data(b, slot, &q, id, sector))
            return false;
        break;
    case BLOCK_FLUSH:
        slot->operation = b->flush ? BLKIF_OP_FLUSH_DISKCACHE : BLKIF_OP_WRITE_BARRIER;
        q.direct.operation = slot->operation;
        q.direct.handle = (blkif_vdev_t)b->bus.id;
        break;
    case BLOCK_DISCARD:
        slot->operation = BLKIF_OP_DISCARD;
        q.discard = (struct blkif_request_discard){
            BLKIF_OP_DISCARD, 0, (blkif_vdev_t)b->bus.id, id, sector, slot->size / 512};
        break;
    }
    memcpy(front_ring_entry(&b->ring, b->ring.req_prod, sizeof(union blkif_sring_entry)), &q,
           sizeof(q));
    b->ring.req_prod++;
    slot->state = BLK_SENT;
    return true;
}

static struct blk_slot *take_slot(struct block *b)
{
    struct blk_slot *slot;

    if (b->free_slot == BLK_SLOTS)
        return NULL;
    slot = &b->slots[b->free_slot];
    b->free_slot = slot->next_free;
    return slot;
}

static void free_slot(struct block *b, struct blk_slot *slot)
{
    slot->state = BLK_FREE;
    slot->request = NULL;
    slot->next_free = b->free_slot;
    b->free_slot = (unsigned int)(slot - b->slots);
}

static void finish(struct block_request *r, long error)
{
    if (error && !r->status)
        r->status = error;
    if (r->pieces || r->queued)
        return;
    r->done = true;
    if (r->call)
        r->call(r);
}

/* One piece of the request from `at` on, in a slot of its own; its size, or 0 when it cannot be sent now. */
static bool send_piece(struct block *b, struct block_request *r, uint64_t at, uint64_t size)
{
    struct blk_slot *slot = take_slot(b);

    if (!slot)
        return false;
    slot->request = r;
    slot->at = at;
    slot->size = size;
    if (!send_slot(b, slot)) {
        free_slot(b, slot);
        return false;
    }
    r->pieces++;
    return true;
}

static uint64_t next_size(const struct block *b, const struct block_request *r, uint64_t at,
                          uint64_t left)
{
    return has_data(r) ? piece_size(b, (char *)r->buffer + at, left) : left;
}

/* A lost piece may be too large for the new back end. */
static bool resend(struct block *b, struct blk_slot *slot)
{
    uint64_t n;

    while ((n = next_size(b, slot->request, slot->at, slot->size)) < slot->size) {
        if (!send_piece(b, slot->request, slot->at, n))
            return false;
        slot->at += n;
        slot->size -= n;
    }
    if (!send_slot(b, slot))
        return false;
    b->lost--;
    return true;
}

static bool send_lost(struct block *b)
{
    for (unsigned int i = 0; b->lost && i < BLK_SLOTS; i++)
        if (b->slots[i].state == BLK_LOST && !resend(b, &b->slots[i]))
            return false;
    return true;
}

/* False: not all of it could be sent. */
static bool send_request(struct block *b, struct block_request *r)
{
    do {
        uint64_t n = next_size(b, r, r->sent, r->size - r->sent);

        if (r->status)
            break;
        if (!send_piece(b, r, r->sent, n))
            return false;
        r->sent += n;
    } while (r->sent < r->size);
    return true;
}

void blk_pump(struct block *b)
{
    if (!b->up || b->bus.dead || b->polling)
        return;
    if (send_lost(b)) {
        while (b->queue) {
            struct block_request *r = b->queue;

            if (!send_request(b, r))
                break;
            b->queue = r->next;
            if (!b->queue)
                b->queue_end = &b->queue;
            r->queued = false;
            if (!r->pieces)
                finish(r, 0);
        }
    }
    if (b->ring.pushed != b->ring.req_prod && front_ring_push(&b->ring))
        evtchn_send(b->port);
}

/* ---- Answers ---- */

static void copy_out(const struct blk_slot *slot)
{
    char *data = (char *)slot->request->buffer + slot->at;
    uint64_t left = slot->size;

    for (const struct blk_seg *s = slot->segs; s; s = s->next) {
        uint64_t n = left < PAGE_SIZE ? left : PAGE_SIZE;

        memcpy(data, s->page, n);
        data += n;
        left -= n;
    }
}

static void answer(struct block *b, const struct blkif_response *a)
{
    struct block_request *r;
    struct blk_slot *slot;
    long error = 0;

    if (a->id >= BLK_SLOTS || b->slots[a->id].state != BLK_SENT) {
        xenbus_fail(&b->bus, "an answer to nothing that was asked");
        return;
    }
    slot = &b->slots[a->id];
    /* Of an indirect request some back ends name what it was for, among them Linux's. */
    if (a->operation != slot->operation &&
        (slot->operation != BLKIF_OP_INDIRECT ||
         a->operation != (slot->request->op == BLOCK_READ ? BLKIF_OP_READ : BLKIF_OP_WRITE))) {
        xenbus_fail(&b->bus, "an answer to another operation");
        return;
    }
    r = slot->request;
    if (a->status != BLKIF_RSP_OKAY)
        error = a->status == BLKIF_RSP_EOPNOTSUPP ? -XEN_EOPNOTSUPP : -XEN_EIO;
    if (!error && b->persistent && r->op == BLOCK_READ)
        copy_out(slot);
    put_segs(b, slot);
    free_slot(b, slot);
    r->pieces--;
    if (b->bus.dead)
        error = -XEN_EIO;
    finish(r, error);
}

static void take_answers(struct block *b)
{
    uint32_t n;

    do {
        if (!front_ring_look(&b->ring, &n)) {
            xenbus_fail(&b->bus, "its position in the ring is beyond our requests");
            return;
        }
        while (n-- && !b->bus.dead) {
            struct blkif_response a;

            memcpy(&a,
                   front_ring_entry(&b->ring, b->ring.rsp_cons, sizeof(union blkif_sring_entry)),
                   sizeof(a));
            barrier();
            b->ring.rsp_cons++;
            answer(b, &a);
        }
    } while (!b->bus.dead && front_ring_sleep(&b->ring, 1));
}

void block_poll(struct block *b)
{
    if (!b->up || b->polling)
        return;
    b->polling = true;
    if (!b->bus.dead)
        take_answers(b);
    b->polling = false;
    if (b->bus.dead)
        blk_fail_all(b, -XEN_EIO);
    else
        blk_pump(b);
}

/* ---- The ends ---- */

void blk_lose(struct block *b)
{
    for (unsigned int i = 0; i < BLK_SLOTS; i++) {
        if (b->slots[i].state != BLK_SENT)
            continue;
        b->slots[i].state = BLK_LOST;
        b->lost++;
    }
}

void blk_fail_all(struct block *b, long error)
{
    for (unsigned int i = 0; i < BLK_SLOTS; i++) {
        struct blk_slot *slot = &b->slots[i];
        struct block_request *r = slot->request;

        if (slot->state != BLK_SENT && slot->state != BLK_LOST)
            continue;
        slot->state = BLK_STUCK;
        slot->request = NULL;
        r->pieces--;
        finish(r, error);
    }
    b->lost = 0;
    while (b->queue) {
        struct block_request *r = b->queue;

        b->queue = r->next;
        r->queued = false;
        finish(r, error);
    }
    b->queue_end = &b->queue;
}

void blk_release(struct block *b)
{
    struct blk_seg *all = b->pool, *next;

    b->pool = NULL;
    for (; all; all = next) {
        next = all->next;
        if (end_seg(all))
            put_seg(b, all);
    }
    for (unsigned int i = 0; i < BLK_SLOTS; i++) {
        struct blk_slot *slot = &b->slots[i];

        for (struct blk_seg *s = slot->segs; s; s = next) {
            next = s->next;
            if (end_seg(s))
                put_seg(b, s);
        }
        slot->segs = NULL;
        if (slot->indirect_granted && !grant_end(slot->indirect_ref))
            slot->indirect = NULL; /* It is theirs from now on. */
        slot->indirect_granted = false;
        if (slot->state == BLK_STUCK)
            free_slot(b, slot);
    }
}

void blk_init(struct block *b)
{
    b->queue_end = &b->queue;
    b->free_slot = BLK_SLOTS;
    for (unsigned int i = BLK_SLOTS; i-- > 0;)
        free_slot(b, &b->slots[i]);
}

/* ---- Requests ---- */

static long refusal(const struct block *b, const struct block_request *r)
{
    uint64_t end = b->sectors * 512, mask = b->sector_size - 1;

    if (b->bus.dead)
        return -XEN_EIO;
    if (!b->attached)
        return -XEN_ENODEV;
    if (r->op == BLOCK_FLUSH)
        return b->flush || b->barrier ? 0 : -XEN_EOPNOTSUPP;
    if (r->op != BLOCK_READ && b->read_only)
        return -XEN_EROFS;
    if (r->op == BLOCK_DISCARD && !b->discard)
        return -XEN_EOPNOTSUPP;
    if ((r->offset | r->size) & mask || (has_data(r) && (unsigned long)r->buffer & 511))
        return -XEN_EINVAL;
    return !r->size || r->offset > end || r->size > end - r->offset ? -XEN_EINVAL : 0;
}

void block_submit(struct block *b, struct block_request *r)
{
    r->block = b;
    r->done = false;
    r->status = 0;
    r->sent = 0;
    r->pieces = 0;
    r->next = NULL;
    if (r->op == BLOCK_FLUSH)
        r->offset = r->size = 0;
    r->queued = false;
    r->status = refusal(b, r);
    if (r->status) {
        finish(r, 0);
        return;
    }
    r->queued = true;
    *b->queue_end = r;
    b->queue_end = &r->next;
    blk_pump(b);
}

static bool is_done(void *arg)
{
    struct block_request *r = arg;

    if (!r->done)
        block_poll(r->block);
    return r->done;
}

long block_wait(struct block_request *r)
{
    thread_wait(is_done, r, 0);
    return r->status;
}

static long do_now(struct block *b, enum block_op op, uint64_t offset, void *buffer, uint64_t size)
{
    struct block_request r = {.op = op, .offset = offset, .buffer = buffer, .size = size};

    block_submit(b, &r);
    return block_wait(&r);
}

long block_read(struct block *b, uint64_t offset, void *buffer, size_t size)
{
    return do_now(b, BLOCK_READ, offset, buffer, size);
}

long block_write(struct block *b, uint64_t offset, const void *buffer, size_t size)
{
    return do_now(b, BLOCK_WRITE, offset, (void *)(unsigned long)buffer, size);
}

long block_flush(struct block *b)
{
    return do_now(b, BLOCK_FLUSH, 0, NULL, 0);
}

long block_discard(struct block *b, uint64_t offset, uint64_t size)
{
    return do_now(b, BLOCK_DISCARD, offset, NULL, size);
}
