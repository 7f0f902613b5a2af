/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* Two vCPUs undo the same mapping at the same time: one of them does, the other has no handle. */
#include "self.h"

#define ROUNDS 300

static uint64_t *va;
static volatile grant_handle_t handle;
static volatile int turn, other_done, other_status;

static void unmap_too(void *arg)
{
    (void)arg;
    for (int i = 1; i <= ROUNDS; i++) {
        while (turn < i)
            cpu_relax();
        other_status = grant_unmap(va, handle);
        other_done = i;
    }
}

TEST("unmap_race", "a handle is undone once, whoever is first")
{
    uint64_t deadline = time_ns() + 4 * DEADLINE_NS;
    struct offer o = offer(0x1, 0);
    int status;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    MUST(smp_start(1));
    va = va_alloc(1);
    smp_run(1, unmap_too, NULL);
    for (int i = 1; i <= ROUNDS; i++) {
        handle = map_at(va, o.ref, 0);
        turn = i;
        status = grant_unmap(va, handle);
        while (other_done < i)
            CHECK(time_ns() < deadline, "vCPU 1 hangs in round %d", i);
        CHECK((status == GNTST_okay) != (other_status == GNTST_okay), "round %d: %d and %d", i,
              status, other_status);
        CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
    }
    CHECK(smp_wait(1), "vCPU 1 does not come back");
}
