/* SPDX-License-Identifier: MIT */
#include "blkring.h"
#include <stddef.h>

_Static_assert(sizeof(union blk_slot) == sizeof(blkif_request_t) && sizeof(union blk_slot) == 112, "a slot");

unsigned blk_ring_slots(unsigned pages)
{
    size_t n = ((size_t)pages * BLK_PAGE - offsetof(struct blkif_sring, ring)) / sizeof(union blkif_sring_entry);

    return n ? 1u << (31 - __builtin_clz((unsigned)n)) : 0;
}

void blk_ring_attach(struct blk_ring *r, void *shared, unsigned pages, uint32_t taken, uint32_t answered)
{
    *r = (struct blk_ring){.shared = shared, .size = blk_ring_slots(pages), .taken = taken, .answered = answered, .published = answered};
}

int blk_ring_waiting(const struct blk_ring *r)
{
    uint32_t made = __atomic_load_n(&r->shared->req_prod, __ATOMIC_ACQUIRE);

    return made - r->answered > r->size || made - r->answered < r->taken - r->answered ? -1 : (int)(made - r->taken);
}

void blk_ring_copy(const struct blk_ring *r, union blk_slot *slot)
{
    const volatile uint64_t *from = (const volatile uint64_t *)&r->shared->ring[r->taken & (r->size - 1)].req;

    for (unsigned i = 0; i < sizeof(slot->words) / sizeof(slot->words[0]); i++)
        slot->words[i] = from[i];
}

bool blk_ring_rest(const struct blk_ring *r)
{
    __atomic_store_n(&r->shared->req_event, r->taken + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return blk_ring_waiting(r) != 0;
}

void blk_ring_answer(struct blk_ring *r, uint64_t id, uint8_t operation, int16_t status)
{
    volatile blkif_response_t *to = &r->shared->ring[r->answered & (r->size - 1)].rsp;

    to->id = id;
    to->operation = operation;
    to->status = status;
    r->answered++;
}

bool blk_ring_publish(struct blk_ring *r)
{
    uint32_t before = r->published, wanted;

    __atomic_store_n(&r->shared->rsp_prod, r->answered, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    r->published = r->answered;
    wanted = __atomic_load_n(&r->shared->rsp_event, __ATOMIC_RELAXED);
    return r->answered - wanted < r->answered - before;
}

/* ---- requests ---- */

static int segment_parse(const struct blkif_request_segment *from, struct blk_segment *to, uint64_t *sectors)
{
    uint8_t first = from->first_sect, last = from->last_sect;

    if (first > last || last >= BLK_PAGE / BLK_SECTOR)
        return BLKIF_RSP_ERROR;
    to->ref = from->gref;
    to->offset = (uint16_t)(first * BLK_SECTOR);
    to->bytes = (uint16_t)((last - first + 1u) * BLK_SECTOR);
    *sectors += last - first + 1u;
    return BLKIF_RSP_OKAY;
}

static int range_check(const struct blk_disk *disk, const struct blk_request *r)
{
    uint32_t unit = disk->sector_size / BLK_SECTOR;

    if (r->sector > disk->sectors || r->sectors > disk->sectors - r->sector)
        return BLKIF_RSP_ERROR;
    return (r->sector | r->sectors) & (unit - 1) ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY;
}

int blk_parse_segments(const struct blkif_request_segment *from, const struct blk_disk *disk, struct blk_request *r,
                       struct blk_segment *to)
{
    r->sectors = 0;
    r->segment = to;
    for (unsigned i = 0; i < r->nr_segments; i++)
        if (segment_parse(&from[i], &to[i], &r->sectors))
            return BLKIF_RSP_ERROR;
    return range_check(disk, r);
}

static int parse_discard(const union blk_slot *slot, const struct blk_disk *disk, struct blk_request *r)
{
    r->sector = slot->discard.sector_number;
    r->sectors = slot->discard.nr_sectors;
    if (!disk->discard || slot->discard.flag & BLKIF_DISCARD_SECURE)
        return BLKIF_RSP_EOPNOTSUPP;
    if (disk->readonly)
        return BLKIF_RSP_ERROR;
    return range_check(disk, r);
}

static int parse_indirect(const union blk_slot *slot, const struct blk_disk *disk, struct blk_request *r)
{
    const unsigned a_page = BLK_PAGE / sizeof(struct blkif_request_segment);

    r->operation = slot->indirect.indirect_op;
    r->sector = slot->indirect.sector_number;
    r->nr_segments = slot->indirect.nr_segments;
    if (r->operation != BLKIF_OP_READ && r->operation != BLKIF_OP_WRITE)
        return BLKIF_RSP_EOPNOTSUPP;
    if (!r->nr_segments || r->nr_segments > BLK_SEGMENTS || (r->operation == BLKIF_OP_WRITE && disk->readonly))
        return BLKIF_RSP_ERROR;
    r->nr_pages = (r->nr_segments + a_page - 1) / a_page;
    for (unsigned i = 0; i < r->nr_pages; i++)
        r->page[i] = slot->indirect.indirect_grefs[i];
    return BLKIF_RSP_OKAY;
}

static int parse_rw(const union blk_slot *slot, const struct blk_disk *disk, struct blk_request *r)
{
    r->sector = slot->rw.sector_number;
    r->nr_segments = slot->rw.nr_segments;
    if (r->operation != BLKIF_OP_READ && disk->readonly && r->nr_segments)
        return BLKIF_RSP_ERROR;
    if (r->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST)
        return BLKIF_RSP_ERROR;
    if (!r->nr_segments) { /* only a flush need not move anything; its sector means nothing then */
        r->sector = 0;
        return r->operation == BLKIF_OP_FLUSH_DISKCACHE || r->operation == BLKIF_OP_WRITE_BARRIER ? BLKIF_RSP_OKAY : BLKIF_RSP_ERROR;
    }
    return blk_parse_segments(slot->rw.seg, disk, r, r->few);
}

int blk_parse(const union blk_slot *slot, const struct blk_disk *disk, struct blk_request *r)
{
    r->operation = slot->rw.operation;
    r->nr_segments = r->nr_pages = 0;
    r->sector = r->sectors = 0;
    r->segment = r->few;
    r->id = r->operation == BLKIF_OP_INDIRECT ? slot->indirect.id : r->operation == BLKIF_OP_DISCARD ? slot->discard.id : slot->rw.id;
    switch (r->operation) {
    case BLKIF_OP_FLUSH_DISKCACHE:
    case BLKIF_OP_WRITE_BARRIER:
        if (!disk->flush)
            return BLKIF_RSP_EOPNOTSUPP;
        return parse_rw(slot, disk, r);
    case BLKIF_OP_READ:
    case BLKIF_OP_WRITE: return parse_rw(slot, disk, r);
    case BLKIF_OP_DISCARD: return parse_discard(slot, disk, r);
    case BLKIF_OP_INDIRECT:
        r->segment = NULL;
        return parse_indirect(slot, disk, r);
    default: return BLKIF_RSP_EOPNOTSUPP;
    }
}
