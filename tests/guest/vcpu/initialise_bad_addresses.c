/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* Addresses in the context that no pointer can be: they would fault in the hypervisor's exit. */
#include "harness.h"

#define NOT_CANONICAL 0x800000000000ul

static struct vcpu_guest_context ctx;

#define CHECK_REFUSED(field)                                                                       \
    do {                                                                                           \
        smp_context(1, &ctx);                                                                      \
        ctx.field = NOT_CANONICAL;                                                                 \
        CHECK_RC(hypercall_vcpu_op(VCPUOP_initialise, 1, &ctx), -XEN_EINVAL);                      \
    } while (0)

TEST("initialise_bad_addresses", "a context with an address that is not canonical is EINVAL")
{
    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_REFUSED(user_regs.rip);
    CHECK_REFUSED(user_regs.rsp);
    CHECK_REFUSED(kernel_sp);
    CHECK_REFUSED(event_callback_eip);
    CHECK_REFUSED(failsafe_callback_eip);
    CHECK_REFUSED(syscall_callback_eip);
    CHECK_REFUSED(fs_base);
    CHECK_REFUSED(gs_base_kernel);
    CHECK_REFUSED(gs_base_user);
    CHECK_REFUSED(trap_ctxt[14].address);
    CHECK_REFUSED(trap_ctxt[255].address);
    CHECK_RC(smp_start(1), 0);
}
