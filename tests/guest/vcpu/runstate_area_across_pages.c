/* SPDX-License-Identifier: MIT */
/* A runstate area whose second half is not mapped: the update fails, and only that. */
#include "harness.h"

TEST("runstate_area_across_pages",
     "a runstate area may cross a page, and half of it may be missing")
{
    char *va = va_alloc(2), *page = page_alloc();
    volatile struct vcpu_runstate_info *area = (void *)(va + PAGE_SIZE - 16);
    struct vcpu_register_runstate_memory_area op = {.addr.p = (unsigned long)area};
    volatile uint64_t *entry_time = (void *)&area->state_entry_time;

    MUST(map_page(&kernel_aspace, (unsigned long)va, va_to_mfn(page), PROT_RW));
    CHECK_RC(hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &op), 0);
    time_sleep_until(time_ns() + 5 * NS_PER_MS);
    MUST(map_page(&kernel_aspace, (unsigned long)va + PAGE_SIZE, va_to_mfn(page_alloc()), PROT_RW));
    time_sleep_until(time_ns() + 5 * NS_PER_MS);
    CHECK(*entry_time > 0 && *entry_time <= time_ns(), "the state began at %lx", *entry_time);
    CHECK(area->time[RUNSTATE_blocked] > 0, "never blocked");
}
