/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/*
 * With the assist, an area says by a flag that it is being written: another vCPU that sees the flag
 * clear before and after reads a consistent state. A pass: it never sees times out of order, and
 * the flag is clear when nobody writes. On a machine whose CPUs take turns a change can be seen only
 * once in a turn: a few are enough.
 */
#include "harness.h"

static volatile struct vcpu_runstate_info area;
static volatile bool over;

static void sleeper(void *arg)
{
    struct vcpu_register_runstate_memory_area op = {.addr.p = (unsigned long)&area};

    (void)arg;
    MUST(hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 1, &op));
    while (!over)
        sched_poll(NULL, 0, time_ns() + NS_PER_MS / 4);
}

TEST("runstate_update_flag", "an area without the update flag is consistent for other vCPUs")
{
    uint64_t until, last = 0, entry, blocked, last_blocked = 0;
    unsigned int changes = 0;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    MUST(smp_start(1));
    CHECK_RC(hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag), 0);
    smp_run(1, sleeper, NULL);
    for (until = time_ns() + DEADLINE_NS; changes < 200 && time_ns() < until;) {
        entry = area.state_entry_time;
        barrier();
        blocked = area.time[RUNSTATE_blocked];
        barrier();
        if ((entry & XEN_RUNSTATE_UPDATE) || area.state_entry_time != entry || !entry)
            continue;
        CHECK(entry >= last && blocked >= last_blocked, "%lx, %lx before %lx, %lx", last,
              last_blocked, entry, blocked);
        changes += entry != last;
        last = entry;
        last_blocked = blocked;
    }
    over = true;
    CHECK(smp_wait(1), "vCPU 1 does not come back");
    CHECK(changes >= 10 && last_blocked > 0, "%u changes, blocked %lu ns", changes, last_blocked);
    /* vCPU 1 has said that it is over, and may just be going to sleep, which is a write. */
    for (until = time_ns() + DEADLINE_NS; (area.state_entry_time & XEN_RUNSTATE_UPDATE) && time_ns() < until;)
        cpu_relax();
    CHECK(!(area.state_entry_time & XEN_RUNSTATE_UPDATE), "the flag stays set");
}
