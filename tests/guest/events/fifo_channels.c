/* SPDX-License-Identifier: MIT */
/*
 * The FIFO form of event channels: init_control with good and bad arguments, expand_array, an event
 * that arrives in the array. The domain has far more ports then.
 */
#include "ports.h"

static long init_control(unsigned long mfn, unsigned int offset, unsigned int vcpu)
{
    struct evtchn_init_control op = {.control_gfn = mfn, .offset = offset, .vcpu = vcpu};

    return hypercall_event_channel_op(EVTCHNOP_init_control, &op);
}

TEST("fifo_channels", "EVTCHNOP_init_control turns a domain to FIFO event channels")
{
    evtchn_port_t port = ipi_port(0);
    event_word_t *array = page_alloc();
    void *control = page_alloc();
    struct evtchn_expand_array expand = {.array_gfn = va_to_mfn(array)};
    struct evtchn_set_priority priority = {.port = port, .priority = 3};

    events_disable();
    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_expand_array, &expand), -XEN_EOPNOTSUPP);
    CHECK_RC(init_control(va_to_mfn(control), 0, 1000), -XEN_ENOENT);
    CHECK_RC(init_control(va_to_mfn(control), PAGE_SIZE - 8, 0), -XEN_EINVAL);
    CHECK_RC(init_control(va_to_mfn(control), 4, 0), -XEN_EINVAL);
    CHECK_RC(init_control(1ul << 40, 0, 0), -XEN_EINVAL);
    CHECK_RC(init_control(va_to_mfn(control), 0, 0), 0);
    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_expand_array, &expand), 0);
    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_set_priority, &priority), 0);
    priority.priority = 16;
    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_set_priority, &priority), -XEN_EINVAL);
    CHECK_RC(evtchn_send(port), 0);
    CHECK(array[port] & (1u << EVTCHN_FIFO_PENDING), "event word %x", array[port]);
    CHECK(!evtchn_pending(port), "the event is in shared_info");
}
