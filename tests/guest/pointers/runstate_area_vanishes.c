/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor stores into registered areas whenever it likes: when the guest unmaps them or
 * makes them read-only, nothing is stored and nobody dies.
 */
#include "pointers.h"

TEST("runstate_area_vanishes", "a registered runstate and time area may be unmapped at any time")
{
    struct vcpu_register_runstate_memory_area run;
    struct vcpu_register_time_memory_area time;
    char *page = page_alloc();

    run.addr.v = (void *)page;
    time.addr.v = (void *)(page + 1024);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &run), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &time), 0);
    time_sleep_until(time_ns() + NS_PER_MS);
    CHECK(((struct vcpu_runstate_info *)(void *)page)->state_entry_time, "no runstate was stored");
    MUST(page_set_ro(page));
    time_sleep_until(time_ns() + NS_PER_MS);
    MUST(hypercall_update_va_mapping((unsigned long)page, 0, UVMF_INVLPG));
    time_sleep_until(time_ns() + NS_PER_MS);
    run.addr.v = (void *)0xffff830000000000ul;
    CHECK_RC(hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &run), -XEN_EFAULT);
    time_sleep_until(time_ns() + NS_PER_MS);
    CHECK_ALIVE();
}
