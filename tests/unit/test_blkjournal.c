/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/blkjournal.c dom0/backend/blkring.c */
/* Wherever pxbackd is killed, the next one finds in the journal which requests were taken and which were answered. */
#include "dom0/backend/blkjournal.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[] = "/tmp/journal.XXXXXX";
static struct journal j;
static struct journal_ring rings[2];

static void setup(void)
{
    journal_directory = mkdtemp(directory);
    memset(rings, 0, sizeof(rings));
    rings[0] = (struct journal_ring){.port = 7, .pages = 1, .ref = {8}};
    rings[1] = (struct journal_ring){.port = 9, .pages = 2, .ref = {10, 11}};
    cr_assert_eq(journal_make(&j, 3, 51712, rings, 2), 0);
}

static void teardown(void)
{
    journal_close(&j, true);
    rmdir(directory);
}

TestSuite(blkjournal, .init = setup, .fini = teardown);

static void next_process(void)
{
    journal_close(&j, false);
    cr_assert_eq(journal_open(&j, 3, 51712, rings, 2), 0);
}

Test(blkjournal, a_new_one_is_found_and_empty)
{
    next_process();
    cr_assert_eq(journal_recover(&j, 0), 0);
    cr_assert_eq(journal_recover(&j, 1), 0);
    cr_assert_eq(j.head->queue[1].first, 32);
    cr_assert_eq(j.head->queue[1].slots, 64);
}

Test(blkjournal, one_of_other_rings_is_not_believed)
{
    journal_close(&j, false);
    rings[1].ref[1] = 12;
    cr_assert_eq(journal_open(&j, 3, 51712, rings, 2), ESTALE);
    rings[1].ref[1] = 11;
    cr_assert_eq(journal_open(&j, 3, 51712, rings, 1), ESTALE);
    cr_assert_eq(journal_open(&j, 4, 51712, rings, 2), ENOENT);
    cr_assert_eq(journal_open(&j, 3, 51712, rings, 2), 0);
}

Test(blkjournal, what_was_taken_is_busy_with_its_whole_request)
{
    j.entry[5].slot.rw.id = 77;
    journal_take(&j.head->queue[0], &j.entry[5], 0);
    next_process();
    cr_assert_eq(journal_recover(&j, 0), 1);
    cr_assert_eq(j.head->queue[0].taken, 1);
    cr_assert_eq(j.entry[5].slot.rw.id, 77);
    cr_assert_eq(j.entry[5].index, 0);
}

Test(blkjournal, killed_between_mark_and_count_it_was_taken)
{
    journal_take(&j.head->queue[0], &j.entry[5], 0);
    j.entry[6].index = 1;
    j.entry[6].state = ENTRY_BUSY;
    next_process();
    cr_assert_eq(journal_recover(&j, 0), 2);
    cr_assert_eq(j.head->queue[0].taken, 2);
}

Test(blkjournal, killed_before_the_mark_it_was_not)
{
    j.entry[6].index = 0;
    next_process();
    cr_assert_eq(journal_recover(&j, 0), 0);
    cr_assert_eq(j.head->queue[0].taken, 0);
}

Test(blkjournal, an_answer_counts_from_the_commit_on)
{
    for (unsigned i = 0; i < 3; i++)
        journal_take(&j.head->queue[0], &j.entry[i], i);
    journal_answer(&j.entry[1], 0);
    journal_answer(&j.entry[0], 1);
    next_process();
    cr_assert_eq(journal_recover(&j, 0), 3, "not committed: all are done again");
    journal_answer(&j.entry[1], 0);
    journal_answer(&j.entry[0], 1);
    journal_commit(&j.head->queue[0], 2);
    next_process();
    cr_assert_eq(journal_recover(&j, 0), 1, "committed, not yet freed");
    cr_assert_eq(j.entry[2].state, ENTRY_BUSY);
    cr_assert_eq(j.entry[0].state, ENTRY_FREE);
}

Test(blkjournal, an_answer_after_a_commit_is_not_part_of_it)
{
    for (unsigned i = 0; i < 2; i++)
        journal_take(&j.head->queue[0], &j.entry[i], i);
    journal_answer(&j.entry[1], 0);
    journal_commit(&j.head->queue[0], 1);
    journal_answer(&j.entry[0], 1);
    next_process();
    cr_assert_eq(journal_recover(&j, 0), 1);
    cr_assert_eq(j.entry[0].state, ENTRY_BUSY);
}

Test(blkjournal, numbers_go_over_their_end)
{
    struct journal_queue *q = &j.head->queue[0];

    q->taken = q->answered = 0xffffffff;
    journal_take(q, &j.entry[0], 0xffffffff);
    journal_take(q, &j.entry[1], 0);
    journal_answer(&j.entry[0], 0xffffffff);
    journal_commit(q, 0);
    next_process();
    cr_assert_eq(journal_recover(&j, 0), 1);
    cr_assert_eq(j.head->queue[0].taken, 1);
}

Test(blkjournal, one_that_contradicts_itself_is_refused)
{
    j.head->queue[0].taken = 5;
    next_process();
    cr_assert_eq(journal_recover(&j, 0), -1);
}
