/* SPDX-License-Identifier: MIT */
/* nmi_op names the NMI handler, in place of the trap table, for vCPU 0 of the first domain. */
#include "catch.h"

static void send(void *arg)
{
    (void)arg;
    hypercall_vcpu_op(VCPUOP_send_nmi, 0, NULL);
}

TEST("nmi_op_registers_handler", "nmi_op registers and unregisters, and refuses the rest")
{
    struct xennmi_callback cb = {.handler_address = (unsigned long)catch_entry};
    struct xennmi_callback bad = {.handler_address = 0x800000000000};

    CHECK_RC(hypercall_nmi_op(XENNMI_register_callback, &cb), 0);
    CHECK_RC(hypercall_nmi_op(XENNMI_register_callback, &bad), -XEN_EINVAL);
    CHECK(catch_run(send, NULL), "the handler did not run");
    CHECK_EQ(caught.slot[CAUGHT_CS], FLAT_KERNEL_CS & ~3);
    CHECK_RC(hypercall_nmi_op(XENNMI_unregister_callback, NULL), 0);
    CHECK_RC(hypercall_nmi_op(XENNMI_register_callback, (void *)8), -XEN_EFAULT);
    CHECK_RC(hypercall_nmi_op(2, NULL), -XEN_ENOSYS);
    CHECK_RC(hypercall_nmi_op(99, NULL), -XEN_ENOSYS);
}
