/* SPDX-License-Identifier: MIT */
/* The guest unmaps the page with its runstate area: the update is lost, the guest goes on. */
#include "harness.h"

TEST("runstate_area_unmapped", "a runstate area that is not there any more harms nobody")
{
    volatile struct vcpu_runstate_info *area = page_alloc();
    struct vcpu_register_runstate_memory_area op = {.addr.p = (unsigned long)area};
    uint64_t pte = pte_read(area), before;

    CHECK_RC(hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &op), 0);
    before = area->state_entry_time;
    CHECK_RC(hypercall_update_va_mapping((unsigned long)area, 0, UVMF_INVLPG), 0);
    time_sleep_until(time_ns() + 5 * NS_PER_MS);
    CHECK_RC(hypercall_update_va_mapping((unsigned long)area, pte, UVMF_INVLPG), 0);
    CHECK_EQ(area->state_entry_time, before);
    time_sleep_until(time_ns() + 5 * NS_PER_MS);
    CHECK(area->state_entry_time > before, "no update after the page came back");
}
