/* SPDX-License-Identifier: MIT */
/*
 * vCPU 1 maps a page writable and read-only in turn while vCPU 0 pins and unpins it. Never may both
 * have what they want: while the pin holds, the entry is not writable. [TYP-2]
 */
/* TEST-REQUIRES: smp=2 */
#include "tables.h"

#define ROUNDS 3000

static uint64_t *page, *alias;
static volatile int stop;
static volatile unsigned long remaps, refused;
static volatile long odd;

static void remapper(void *arg)
{
    (void)arg;
    while (!stop) {
        long rc = remap(alias, entry_to(page, PROT_RW));

        remaps += rc == 0;
        refused += rc == -XEN_EBUSY;
        if (rc && rc != -XEN_EBUSY)
            odd = rc;
        rc = remap(alias, entry_to(page, PROT_RO));
        if (rc)
            odd = rc;
    }
}

TEST("race_pin_remap", "a page is never a pinned table and mapped writable at once")
{
    volatile uint64_t *pte;
    unsigned long pins = 0;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(smp_start(1), 0);
    page = pt_page_alloc();
    alias = va_alloc(1);
    pte = pte_alias(alias);
    smp_run(1, remapper, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        long rc = pin(page, i % 3 + 1);

        CHECK(rc == 0 || rc == -XEN_EINVAL, "pin: %ld", rc);
        if (rc)
            continue;
        pins++;
        for (int j = 0; j < 50; j++) {
            uint64_t e = *pte;

            CHECK((e & (PTE_P | PTE_RW)) != (PTE_P | PTE_RW), "the table is mapped by %lx", e);
        }
        CHECK_RC(unpin(page), 0);
    }
    stop = 1;
    CHECK(smp_wait(1), "vCPU 1 does not finish");
    CHECK(odd == 0, "vCPU 1 got %ld", odd);
    CHECK(pins && remaps, "%lu pins, %lu remaps, %lu refused: no race", pins, remaps, refused);
    CHECK_RC(remap(page, entry_to(page, PROT_RW)), 0);
}
