/* SPDX-License-Identifier: MIT */
/*
 * set_trap_table stops at an entry without address; entries before a bad one are taken. A handler
 * that is not canonical is -EINVAL, a table that cannot be read -EFAULT; the hypervisor's own range
 * is taken.
 */
#include "catch.h"

static void ud(void *arg)
{
    (void)arg;
    asm volatile("ud2");
}

static void gp(void *arg)
{
    (void)arg;
    asm volatile("mov %0, %%es" ::"r"(0x68));
}

TEST("set_trap_table_checks", "set_trap_table is incremental, in order, and refuses bad handlers")
{
    unsigned long handler = (unsigned long)catch_entry;
    trap_info_t *page = pages_alloc(2), *last = &page[PAGE_SIZE / sizeof(*page) - 1];
    trap_info_t table[3] = {
        {.vector = TRAP_UD, .address = handler},
        {.vector = TRAP_GP, .address = 0x800000000000},
    };
    struct fault f;

    CHECK_RC(hypercall_set_trap_table(table), -XEN_EINVAL);
    CHECK(catch_run(ud, NULL), "the entry before the bad one was not taken");
    f = try_call(gp, NULL);
    CHECK_FAULT(f, TRAP_GP);

    /* What comes behind the end does not count. */
    table[0].address = 0;
    table[1].address = handler;
    CHECK_RC(hypercall_set_trap_table(table), 0);
    CHECK(catch_run(ud, NULL), "an entry without address cleared its vector");
    f = try_call(gp, NULL);
    CHECK_FAULT(f, TRAP_GP);

    /* A table that runs into a hole: what could be read is taken. */
    MUST(hypercall_update_va_mapping((unsigned long)page + PAGE_SIZE, 0, UVMF_INVLPG));
    *last = (trap_info_t){.vector = TRAP_GP, .address = handler};
    CHECK_RC(hypercall_set_trap_table(last), -XEN_EFAULT);
    CHECK(catch_run(gp, NULL), "the entry before the hole was not taken");
    CHECK_RC(hypercall_set_trap_table((void *)HYPERVISOR_VIRT_START), -XEN_EFAULT);
    CHECK_RC(hypercall_set_trap_table((void *)8), -XEN_EFAULT);

    CHECK_RC(set_trap(0x50, 0, HYPERVISOR_VIRT_START), 0);
    CHECK_RC(set_trap(0xff, 0xff, handler), 0);
}
