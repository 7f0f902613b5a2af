/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/blkring.c */
/* The block back end's side of a ring: it takes what can be, and refuses the rest with the answer that front ends expect. */
#include "dom0/backend/blkring.h"
#include <criterion/criterion.h>
#include <string.h>

static union {
    struct blkif_sring ring;
    uint8_t bytes[BLK_PAGE];
} page;
static struct blk_ring r;
static struct blk_disk disk;
static struct blk_request q;
static struct blk_segment room[BLK_SEGMENTS];
static union blk_slot slot;

static void setup(void)
{
    memset(&page, 0, sizeof(page));
    memset(&slot, 0, sizeof(slot));
    blk_ring_attach(&r, &page, 1, 0, 0);
    disk = (struct blk_disk){.sectors = 1000, .sector_size = 512, .discard = true, .flush = true};
}

TestSuite(blkring, .init = setup);

static void ask(uint8_t operation, uint64_t sector, unsigned n, uint8_t first, uint8_t last)
{
    slot.rw.operation = operation;
    slot.rw.id = 77;
    slot.rw.nr_segments = (uint8_t)n;
    slot.rw.sector_number = sector;
    for (unsigned i = 0; i < n && i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++)
        slot.rw.seg[i] = (struct blkif_request_segment){.gref = 5 + i, .first_sect = first, .last_sect = last};
}

Test(blkring, a_page_has_32_slots_and_16_pages_512)
{
    cr_assert_eq(blk_ring_slots(1), 32);
    cr_assert_eq(blk_ring_slots(16), 512);
}

Test(blkring, a_request_that_was_made_waits_and_is_copied_whole)
{
    cr_assert_eq(blk_ring_waiting(&r), 0);
    for (unsigned i = 0; i < sizeof(page.ring.ring[0].req); i++)
        ((uint8_t *)&page.ring.ring[0].req)[i] = (uint8_t)i;
    page.ring.req_prod = 1;
    cr_assert_eq(blk_ring_waiting(&r), 1);
    blk_ring_copy(&r, &slot);
    cr_assert_arr_eq(&slot, &page.ring.ring[0].req, sizeof(slot));
    r.taken++;
    cr_assert_eq(blk_ring_waiting(&r), 0);
}

Test(blkring, more_requests_than_slots_are_impossible)
{
    page.ring.req_prod = 32;
    cr_assert_eq(blk_ring_waiting(&r), 32);
    page.ring.req_prod = 33;
    cr_assert_eq(blk_ring_waiting(&r), -1);
}

Test(blkring, requests_that_are_taken_back_are_impossible)
{
    blk_ring_attach(&r, &page, 1, 10, 4);
    page.ring.req_prod = 9;
    cr_assert_eq(blk_ring_waiting(&r), -1);
    page.ring.req_prod = 3;
    cr_assert_eq(blk_ring_waiting(&r), -1);
    page.ring.req_prod = 10;
    cr_assert_eq(blk_ring_waiting(&r), 0);
}

Test(blkring, indices_go_over_the_end_of_numbers)
{
    blk_ring_attach(&r, &page, 1, 0xfffffffe, 0xfffffffe);
    page.ring.req_prod = 2;
    cr_assert_eq(blk_ring_waiting(&r), 4);
    r.taken += 4;
    for (unsigned i = 0; i < 4; i++)
        blk_ring_answer(&r, i, 0, 0);
    page.ring.rsp_event = 0xffffffff;
    cr_assert(blk_ring_publish(&r));
    cr_assert_eq(page.ring.rsp_prod, 2);
}

Test(blkring, the_pages_word_for_what_was_answered_is_not_read)
{
    page.ring.rsp_prod = 20;
    page.ring.req_prod = 21;
    cr_assert_eq(blk_ring_waiting(&r), 21);
}

Test(blkring, rest_asks_for_the_next_and_sees_one_that_came_meanwhile)
{
    cr_assert_not(blk_ring_rest(&r));
    cr_assert_eq(page.ring.req_event, 1);
    page.ring.req_prod = 1;
    cr_assert(blk_ring_rest(&r));
}

Test(blkring, answers_are_seen_when_they_are_published_and_notified_when_asked_for)
{
    union blkif_sring_entry *entry = page.ring.ring;

    page.ring.req_prod = r.taken = 3;
    page.ring.rsp_event = 2;
    blk_ring_answer(&r, 9, BLKIF_OP_READ, BLKIF_RSP_OKAY);
    cr_assert_eq(page.ring.rsp_prod, 0);
    cr_assert_not(blk_ring_publish(&r));
    cr_assert_eq(page.ring.rsp_prod, 1);
    blk_ring_answer(&r, 10, BLKIF_OP_WRITE, BLKIF_RSP_ERROR);
    cr_assert(blk_ring_publish(&r));
    cr_assert_eq(entry[1].rsp.id, 10);
    cr_assert_eq(entry[1].rsp.operation, BLKIF_OP_WRITE);
    cr_assert_eq(entry[1].rsp.status, BLKIF_RSP_ERROR);
}

Test(blkring, a_read_gives_sectors_and_pieces_of_pages)
{
    ask(BLKIF_OP_READ, 8, 2, 1, 3);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_OKAY);
    cr_assert_eq(q.id, 77);
    cr_assert_eq(q.sectors, 6);
    cr_assert_eq(q.segment[1].ref, 6);
    cr_assert_eq(q.segment[1].offset, 512);
    cr_assert_eq(q.segment[1].bytes, 1536);
}

Test(blkring, no_segments_or_too_many_are_an_error)
{
    ask(BLKIF_OP_WRITE, 0, 0, 0, 0);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
    ask(BLKIF_OP_WRITE, 0, 12, 0, 0);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
}

Test(blkring, a_segment_out_of_its_page_or_backwards_is_an_error)
{
    ask(BLKIF_OP_READ, 0, 1, 0, 8);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
    ask(BLKIF_OP_READ, 0, 1, 255, 255);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
    ask(BLKIF_OP_READ, 0, 1, 3, 2);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
}

Test(blkring, what_reaches_over_the_end_of_the_disk_or_of_numbers_is_an_error)
{
    ask(BLKIF_OP_READ, 992, 1, 0, 7);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_OKAY);
    ask(BLKIF_OP_READ, 993, 1, 0, 7);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
    ask(BLKIF_OP_READ, UINT64_MAX - 3, 1, 0, 7);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
    slot.discard.operation = BLKIF_OP_DISCARD;
    slot.discard.flag = 0;
    slot.discard.sector_number = 2;
    slot.discard.nr_sectors = UINT64_MAX - 1;
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
}

Test(blkring, parts_of_large_sectors_are_an_error)
{
    disk.sector_size = 4096;
    ask(BLKIF_OP_READ, 8, 1, 0, 7);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_OKAY);
    ask(BLKIF_OP_READ, 9, 1, 0, 7);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
    ask(BLKIF_OP_READ, 8, 1, 0, 6);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
}

Test(blkring, nothing_changes_a_disk_that_is_read_only)
{
    disk.readonly = true;
    ask(BLKIF_OP_WRITE, 0, 1, 0, 0);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
    ask(BLKIF_OP_WRITE_BARRIER, 0, 1, 0, 0);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
    slot.indirect.operation = BLKIF_OP_INDIRECT;
    slot.indirect.indirect_op = BLKIF_OP_WRITE;
    slot.indirect.nr_segments = 12;
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
    slot.discard.operation = BLKIF_OP_DISCARD;
    slot.discard.flag = 0;
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
    ask(BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0, 0);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_OKAY);
}

Test(blkring, a_secure_discard_and_unknown_operations_are_not_supported)
{
    slot.discard.operation = BLKIF_OP_DISCARD;
    slot.discard.flag = BLKIF_DISCARD_SECURE;
    slot.discard.nr_sectors = 8;
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_EOPNOTSUPP);
    slot.discard.flag = 0;
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_OKAY);
    cr_assert_eq(q.sectors, 8);
    for (unsigned op = BLKIF_OP_INDIRECT + 1; op < 256; op++) {
        ask((uint8_t)op, 0, 1, 0, 0);
        cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_EOPNOTSUPP);
        cr_assert_eq(q.id, 77);
        cr_assert_eq(q.operation, op);
    }
}

static void ask_indirect(uint8_t operation, unsigned n)
{
    slot.indirect.operation = BLKIF_OP_INDIRECT;
    slot.indirect.indirect_op = operation;
    slot.indirect.nr_segments = (uint16_t)n;
    slot.indirect.id = 78;
    slot.indirect.sector_number = 16;
    slot.indirect.indirect_grefs[0] = 9;
}

Test(blkring, an_indirect_request_names_its_pages_and_is_answered_as_what_it_does)
{
    static struct blkif_request_segment list[BLK_SEGMENTS];

    ask_indirect(BLKIF_OP_READ, 20);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_OKAY);
    cr_assert_eq(q.nr_pages, 1);
    cr_assert_eq(q.page[0], 9);
    cr_assert_eq(q.operation, BLKIF_OP_READ);
    cr_assert_eq(q.id, 78);
    for (unsigned i = 0; i < 20; i++)
        list[i] = (struct blkif_request_segment){.gref = i, .last_sect = 7};
    cr_assert_eq(blk_parse_segments(list, &disk, &q, room), BLKIF_RSP_OKAY);
    cr_assert_eq(q.sectors, 160);
    list[19].last_sect = 8;
    cr_assert_eq(blk_parse_segments(list, &disk, &q, room), BLKIF_RSP_ERROR);
}

Test(blkring, an_indirect_request_of_none_of_too_many_or_of_itself_is_refused)
{
    ask_indirect(BLKIF_OP_READ, 0);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
    ask_indirect(BLKIF_OP_READ, BLK_SEGMENTS + 1);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
    ask_indirect(BLKIF_OP_READ, 0xffff);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_ERROR);
    ask_indirect(BLKIF_OP_INDIRECT, 20);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_EOPNOTSUPP);
    cr_assert_eq(q.id, 78);
    ask_indirect(BLKIF_OP_FLUSH_DISKCACHE, 20);
    cr_assert_eq(blk_parse(&slot, &disk, &q), BLKIF_RSP_EOPNOTSUPP);
}
