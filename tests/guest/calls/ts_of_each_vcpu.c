/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: hv-args=dom0_max_vcpus=2 */
/*
 * TS, set by one vCPU, waits there while the other one runs and uses its registers; the #NM then
 * comes, once, and the registers are the first one's. [VCPU-5]
 */
#include "twovcpus.h"

static void use_vectors(void)
{
    asm volatile("pcmpeqd %xmm5, %xmm5");
}

TEST("ts_of_each_vcpu", "fpu_taskswitch(1) outlasts the other vCPU's turns, and loses no register")
{
    uint64_t value = 0x1234567;
    struct fault f;

    asm volatile("movq %0, %%xmm5" : : "r"(value));
    turns_start(use_vectors);
    for (int i = 0; i < 5; i++) {
        CHECK_RC(hypercall_fpu_taskswitch(1), 0);
        turns_wait();
        turns_wait();
        value = 0;
        f = TRY_ASM("movq %%xmm5, %0", : "=r"(value));
        CHECK_FAULT(f, TRAP_NM);
        f = TRY_ASM("movq %%xmm5, %0", : "=r"(value));
        CHECK_NO_FAULT(f);
        CHECK_EQ(value, 0x1234567);
    }
    turns_stop();
}
