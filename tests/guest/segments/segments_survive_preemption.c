/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: hv-args=dom0_max_vcpus=2 */
/*
 * Two vCPUs take turns on one processor, each with its own GDT, selectors and bases. Each must find
 * its own again, whatever the other one loaded. [SEG-6]
 */
#include "../calls/twovcpus.h"
#include "gdt.h"

static uint64_t *gdts[2];
static uint64_t data[2][2] = {{0, 0xaaaa}, {0, 0xbbbb}};

static unsigned long gs_user_base(void)
{
    unsigned long base;

    asm volatile("rdmsr\n\tshl $32, %%rdx\n\tor %%rdx, %%rax"
                 : "=a"(base)
                 : "c"(0xc0000102)
                 : "rdx");
    return base;
}

static void load(unsigned int cpu)
{
    CHECK_RC(set_gdt_page(gdts[cpu], GDT_PAGE_ENTRIES), 0);
    asm volatile("mov %0, %%ds\n\tmov %0, %%es" : : "r"((unsigned int)SELECTOR(10 + cpu)));
    CHECK_RC(hypercall_set_segment_base(SEGBASE_FS, (unsigned long)data[cpu]), 0);
    CHECK_RC(hypercall_set_segment_base(SEGBASE_GS_USER, 0x1000 * (cpu + 1)), 0);
}

static void load_other(void)
{
    load(1);
}

TEST("segments_survive_preemption", "GDT, selectors and bases are those of each vCPU")
{
    uint64_t value;
    unsigned int ds;

    for (unsigned int i = 0; i < 2; i++) {
        gdts[i] = gdt_page();
        CHECK_RC(set_desc(&gdts[i][10 + i], DESC_DATA), 0);
    }
    load(0);
    turns_start(load_other);
    for (int i = 0; i < 10; i++) {
        turns_wait();
        asm volatile("mov %%fs:8, %0" : "=r"(value));
        CHECK_EQ(value, 0xaaaa);
        CHECK_EQ(this_cpu(), &cpus[0]);
        asm volatile("mov %%ds, %0" : "=r"(ds));
        CHECK_EQ(ds, SELECTOR(10));
        CHECK_EQ(read_es(), SELECTOR(10));
        CHECK_EQ(gs_user_base(), 0x1000);
        CHECK_NO_FAULT(TRY_ASM("mov %0, %%es", : : "r"((unsigned int)SELECTOR(10))));
        CHECK_FAULT(TRY_ASM("mov %0, %%ss", : : "r"((unsigned int)SELECTOR(11))), TRAP_GP);
    }
    turns_stop();
}
