/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/blkring.c */
/* A guest that writes anything into its disk's ring and descriptors, between any two operations of the back end: what is taken
 * is within the disk and within pages, and the ring's positions never contradict each other. */
#include "dom0/backend/blkring.h"
#include <stdlib.h>
#include <string.h>

#define MUST(c)                                                                                    \
    do {                                                                                           \
        if (!(c))                                                                                  \
            abort();                                                                               \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t input_size;

static uint32_t number(void)
{
    uint32_t n = 0;
    size_t take = input_size < sizeof(n) ? input_size : sizeof(n);

    memcpy(&n, input, take);
    input += take;
    input_size -= take;
    return n;
}

static void check(const struct blk_request *q, const struct blk_disk *disk)
{
    uint64_t sectors = 0;

    MUST(q->sector <= disk->sectors && q->sectors <= disk->sectors - q->sector);
    MUST(!((q->sector | q->sectors) % (disk->sector_size / BLK_SECTOR)));
    MUST(q->nr_segments <= BLK_SEGMENTS && q->sectors * BLK_SECTOR <= (uint64_t)BLK_SEGMENTS * BLK_PAGE + (q->operation == BLKIF_OP_DISCARD ? UINT64_MAX / 2 : 0));
    for (unsigned i = 0; i < q->nr_segments; i++) {
        MUST(q->segment[i].bytes && q->segment[i].offset + q->segment[i].bytes <= BLK_PAGE);
        sectors += q->segment[i].bytes / BLK_SECTOR;
    }
    MUST(q->operation == BLKIF_OP_DISCARD || sectors == q->sectors);
    MUST(!disk->readonly || q->operation == BLKIF_OP_READ || !q->nr_segments);
}

static void take(struct blk_ring *r, const struct blk_disk *disk)
{
    int waiting = blk_ring_waiting(r);
    struct blk_segment *room;
    struct blkif_request_segment *list;
    struct blk_request q;
    union blk_slot slot;

    MUST(waiting <= (int)r->size);
    if (waiting <= 0)
        return;
    blk_ring_copy(r, &slot);
    r->taken++;
    if (blk_parse(&slot, disk, &q) != BLKIF_RSP_OKAY)
        return;
    if (q.segment) {
        check(&q, disk);
        return;
    }
    MUST(q.nr_segments && q.nr_segments <= BLK_SEGMENTS && q.nr_pages && q.nr_pages <= BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST);
    list = calloc(q.nr_segments, sizeof(*list)); /* of their exact sizes, for the sanitizer */
    room = calloc(q.nr_segments, sizeof(*room));
    for (unsigned i = 0; i < q.nr_segments; i++) {
        uint32_t n = number();

        list[i] = (struct blkif_request_segment){.gref = n, .first_sect = (uint8_t)(n % 10), .last_sect = (uint8_t)(n >> 8) % 10};
    }
    if (blk_parse_segments(list, disk, &q, room) == BLKIF_RSP_OKAY)
        check(&q, disk);
    free(list);
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct blkif_sring *page = calloc(1, BLK_PAGE);
    struct blk_disk disk = {.sectors = 4096, .sector_size = 512, .discard = true, .flush = true};
    struct blk_ring r;

    input = data;
    input_size = size;
    blk_ring_attach(&r, page, 1, 0, 0);
    while (input_size) {
        uint32_t n = number(), at = n >> 8;

        switch (n & 15) {
        case 0: page->req_prod = number(); break;
        case 1: page->rsp_prod = number(); break;
        case 2: page->req_event = number(); break;
        case 3: page->rsp_event = number(); break;
        case 4: page->req_prod = r.taken + at % 34; break;
        case 5:
        case 6: ((uint32_t *)page)[at % (BLK_PAGE / 4)] = number(); break;
        case 7: /* a likely request */
            page->ring[r.taken % 32].req = (struct blkif_request){.operation = at % 8, .nr_segments = (at >> 4) % 13, .sector_number = number() % 5000};
            page->req_prod = r.taken + 1;
            break;
        case 8: disk.readonly = at & 1; break;
        case 9: disk.sector_size = 512u << at % 4; break;
        case 10: disk.sectors = (uint64_t)number() << at % 40; break;
        case 11: blk_ring_rest(&r); break;
        case 12:
            if (r.answered != r.taken)
                blk_ring_answer(&r, at, (uint8_t)at, (int16_t)at);
            break;
        case 13: blk_ring_publish(&r); break;
        default: take(&r, &disk); break;
        }
        MUST(r.taken - r.answered <= r.size);
    }
    free(page);
    return 0;
}
