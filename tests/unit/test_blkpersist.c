/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/blkpersist.c */
/* Pages that stay mapped: each grant once, none that is in use is taken away, never more than the bound. */
#include "dom0/backend/backend.h"
#include "dom0/backend/blkpersist.h"
#include "dom0/backend/blkring.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static unsigned mapped, calls;
static uint32_t bad_ref;
static struct persist p;
static struct mapped_page pages[BLK_SEGMENTS];

void *grants_map(unsigned domid, const uint32_t *refs, unsigned n, bool write)
{
    uint8_t *at = malloc((size_t)n * BLK_PAGE);

    cr_assert(domid == 3 && write);
    calls++;
    for (unsigned i = 0; i < n; i++) {
        if (refs[i] == bad_ref) {
            free(at);
            return NULL;
        }
        memcpy(at + (size_t)i * BLK_PAGE, &refs[i], sizeof(refs[i]));
    }
    mapped += n;
    return at;
}

void grants_unmap(void *at, unsigned n)
{
    mapped -= n;
    free(at);
}

static void setup(void)
{
    bad_ref = UINT32_MAX;
    persist_open(&p, 3);
}

static void teardown(void)
{
    persist_close(&p);
    cr_assert_eq(mapped, 0);
}

TestSuite(blkpersist, .init = setup, .fini = teardown);

static bool get(const uint32_t *refs, unsigned n)
{
    if (!persist_get(&p, refs, n, pages))
        return false;
    for (unsigned i = 0; i < n; i++) {
        uint32_t there;

        memcpy(&there, pages[i].at, sizeof(there));
        cr_assert_eq(there, refs[i]);
    }
    return true;
}

Test(blkpersist, a_grant_is_mapped_once_also_when_a_request_names_it_twice)
{
    const uint32_t refs[] = {5, 6, 5, 7, 5};

    cr_assert(get(refs, 5));
    cr_assert_eq(mapped, 3);
    persist_put(pages, 5);
    cr_assert(get(refs, 5));
    cr_assert_eq(calls, 1);
    persist_put(pages, 5);
}

Test(blkpersist, what_cannot_be_mapped_leaves_nothing_in_use)
{
    const uint32_t good[] = {1, 2}, bad[] = {1, 99, 3};

    bad_ref = 99;
    cr_assert(get(good, 2));
    persist_put(pages, 2);
    cr_assert_not(get(bad, 3));
    cr_assert_eq(mapped, 2);
    for (unsigned i = 0; i < 100; i++)
        cr_assert_not(get(bad, 3));
    cr_assert_lt(calls, 30, "it gives up");
}

Test(blkpersist, never_more_than_the_bound_and_the_last_stay)
{
    uint32_t refs[11];

    for (unsigned round = 0; round < 1000; round++) {
        for (unsigned i = 0; i < 11; i++)
            refs[i] = round * 11 + i;
        cr_assert(get(refs, 11));
        persist_put(pages, 11);
        cr_assert_leq(mapped, PERSIST_MOST);
    }
    calls = 0;
    for (unsigned i = 0; i < 11; i++)
        refs[i] -= 11;
    cr_assert(get(refs, 11));
    cr_assert_eq(calls, 0);
    persist_put(pages, 11);
}

Test(blkpersist, what_is_in_use_is_not_taken_away)
{
    static struct mapped_page kept[96][11];
    uint32_t refs[11];

    for (unsigned n = 0; n < 96; n++) {
        for (unsigned i = 0; i < 11; i++)
            refs[i] = n * 11 + i;
        cr_assert(persist_get(&p, refs, 11, kept[n]));
    }
    refs[0] = 5000;
    cr_assert_not(persist_get(&p, refs, 1, pages), "all 1056 are in use");
    persist_put(kept[7], 11);
    cr_assert(get(refs, 1));
    persist_put(pages, 1);
    for (unsigned n = 0; n < 96; n++)
        if (n != 7)
            persist_put(kept[n], 11);
}

/* Against a list that is searched from its start: which grants are known. */
Test(blkpersist, grants_that_collide_are_found_and_forgotten_rightly)
{
    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        uint32_t refs[4];

        for (unsigned i = 0; i < 4; i++)
            refs[i] = (uint32_t)rand() % 1500 * 4096; /* their products' upper bits are close to each other */
        cr_assert(get(refs, 4));
        persist_put(pages, 4);
        cr_assert_eq(mapped, p.pages);
    }
}
