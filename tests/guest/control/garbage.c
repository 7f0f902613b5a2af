/* SPDX-License-Identifier: MIT */
/*
 * Structures of random bytes for every operation on an empty domain: any answer will do, as long as the
 * hypervisor and this domain live. Left out is what is meant to end something: debug keys.
 */
/* TEST-REQUIRES: timeout=60 */
#include "ops.h"

#define ROUNDS 12

static uint64_t state = 88172645463325252ull;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static char *page; /* nothing is mapped behind it: lists that are too long end there */

/* Words that are often believed: 0, 1, all ones, a page of this domain, no address at all. */
static uint64_t odd_word(void)
{
    switch (next_random() % 8) {
    case 0: return 0;
    case 1: return next_random() % 4;
    case 2: return ~0ull;
    case 3: return (uint64_t)page;
    case 4: return (uint64_t)page + next_random() % 4096;
    case 5: return 0xffff800000000000ull;
    case 6: return next_random() & 0x7fffffff;
    default: return next_random() & ~(1ull << 63);
    }
}

static void fill(void *u, unsigned int size)
{
    for (unsigned int i = 0; i < size / 8; i++)
        ((uint64_t *)u)[i] = odd_word();
}

static void try_domctls(domid_t id)
{
    for (uint32_t cmd = 0; cmd < 90; cmd++) {
        if (cmd == XEN_DOMCTL_createdomain || cmd == XEN_DOMCTL_destroydomain || cmd == XEN_DOMCTL_unpausedomain ||
            cmd == XEN_DOMCTL_set_virq_handler || cmd == XEN_DOMCTL_soft_reset)
            continue;
        fill(&dop.u, sizeof(dop.u));
        CHECK(domctl(cmd, id) <= 0, "domctl %u says more than 0", cmd);
    }
}

static void try_sysctls(void)
{
    for (uint32_t cmd = 0; cmd < 32; cmd++) {
        if (cmd == XEN_SYSCTL_debug_keys || cmd == XEN_SYSCTL_cpu_hotplug || cmd == XEN_SYSCTL_page_offline_op ||
            cmd == XEN_SYSCTL_cpupool_op || cmd == XEN_SYSCTL_tbuf_op || cmd == XEN_SYSCTL_pm_op)
            continue;
        fill(&sop.u, sizeof(sop.u));
        sysctl(cmd);
    }
}

TEST("garbage", "no domctl or sysctl of random bytes harms anybody but its domain")
{
    domid_t id = new_domain(3);

    page = pages_alloc(2);
    REQUIRE(hypercall_update_va_mapping((unsigned long)page + PAGE_SIZE, 0, UVMF_INVLPG | UVMF_ALL) == 0, "unmap");
    for (unsigned int round = 0; round < ROUNDS; round++) {
        try_domctls(id);
        try_sysctls();
    }
    CHECK_RC(domctl0(XEN_DOMCTL_pausedomain, id) == -XEN_ESRCH, 0);
    destroy(id);
}
