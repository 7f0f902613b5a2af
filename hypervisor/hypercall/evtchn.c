/* SPDX-License-Identifier: MIT */
/* event_channel_op(cmd, pointer): each operation's structure in, the operation, the structure
 * out. */
#include "core/evtchn.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"

/* Operations that answer in their structure. A failing copy out leaves the port as it is: the guest
 * gave a pointer it cannot write, and only it loses the number. */
#define IN_OUT(type, function)                                                                     \
    static long op_##type(struct vcpu *v, gva_t arg)                                               \
    {                                                                                              \
        struct evtchn_##type a;                                                                    \
        int rc = door_in_obj(v, a, arg);                                                           \
                                                                                                   \
        if (!rc)                                                                                   \
            rc = function(v->domain, &a);                                                          \
        return rc ? rc : door_out_obj(v, arg, a);                                                  \
    }

IN_OUT(alloc_unbound, evtchn_alloc_unbound)
IN_OUT(bind_interdomain, evtchn_bind_interdomain)
IN_OUT(bind_virq, evtchn_bind_virq)
IN_OUT(bind_ipi, evtchn_bind_ipi)
IN_OUT(bind_pirq, evtchn_bind_pirq)
IN_OUT(status, evtchn_status)
IN_OUT(init_control, evtchn_init_control)

static long op_bind_vcpu(struct vcpu *v, gva_t arg)
{
    struct evtchn_bind_vcpu a;
    int rc = door_in_obj(v, a, arg);

    return rc ? rc : evtchn_bind_vcpu(v->domain, a.port, a.vcpu);
}

static long op_reset(struct vcpu *v, gva_t arg)
{
    struct evtchn_reset a;
    int rc = door_in_obj(v, a, arg);

    if (!rc)
        rc = evtchn_reset(v->domain, &a);
    return rc == -ERESTART ? hypercall_restart(v, EVTCHNOP_reset, arg, 0, 0, 0) : rc;
}

static long op_expand_array(struct vcpu *v, gva_t arg)
{
    struct evtchn_expand_array a;
    int rc = door_in_obj(v, a, arg);

    return rc ? rc : evtchn_expand_array(v->domain, &a);
}

static long op_set_priority(struct vcpu *v, gva_t arg)
{
    struct evtchn_set_priority a;
    int rc = door_in_obj(v, a, arg);

    return rc ? rc : evtchn_set_priority(v->domain, &a);
}

/* The operations whose structure is a port number. */
static inline __attribute__((always_inline)) long
port_only(struct vcpu *v, gva_t arg, int (*function)(struct domain *, evtchn_port_t))
{
    evtchn_port_t port;
    int rc = door_in_obj(v, port, arg);

    return unlikely(rc) ? rc : function(v->domain, port);
}

static __attribute__((noinline)) long op_other(struct vcpu *v, uint64_t a1, gva_t a2)
{
    switch ((uint32_t)a1) {
    case EVTCHNOP_close: return port_only(v, a2, evtchn_close);
    case EVTCHNOP_alloc_unbound: return op_alloc_unbound(v, a2);
    case EVTCHNOP_bind_interdomain: return op_bind_interdomain(v, a2);
    case EVTCHNOP_bind_virq: return op_bind_virq(v, a2);
    case EVTCHNOP_bind_ipi: return op_bind_ipi(v, a2);
    case EVTCHNOP_bind_pirq: return op_bind_pirq(v, a2);
    case EVTCHNOP_status: return op_status(v, a2);
    case EVTCHNOP_bind_vcpu: return op_bind_vcpu(v, a2);
    case EVTCHNOP_reset: return op_reset(v, a2);
    case EVTCHNOP_expand_array: return op_expand_array(v, a2);
    case EVTCHNOP_init_control: return op_init_control(v, a2);
    case EVTCHNOP_set_priority: return op_set_priority(v, a2);
    }
    return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, a1, 0, 0);
}

long hc_event_channel_op(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                         uint64_t a5)
{
    (void)a3, (void)a4, (void)a5;
    v->hc_sub = (uint32_t)a1;
    if (likely((uint32_t)a1 == EVTCHNOP_send))
        return port_only(v, a2, evtchn_send);
    if (likely((uint32_t)a1 == EVTCHNOP_unmask))
        return port_only(v, a2, evtchn_unmask);
    return op_other(v, a1, a2);
}
