/* SPDX-License-Identifier: MIT */
/* domctl(op): which function does an operation on a domain, and what is refused without one. */
#include "hypercall/control.h"
#include "core/domain_death.h"

#define SELF_EINVAL 1 /* not on the caller's own domain: it would have to stop for itself */
#define SELF_ESRCH 2
#define SELF_EPERM 4
#define ANY_ID 8   /* the handler looks for the domain itself */
#define UNLOCKED 16

/* fn, or the error number everybody gets. */
struct domctl_entry {
    domctl_fn *fn;
    uint8_t flags;
    uint8_t err;
};

#define DO(number, function, how) [number] = {.fn = function, .flags = (how)}
#define NO(number, error) [number] = {.err = error}

static const struct domctl_entry table[] = {
    DO(XEN_DOMCTL_createdomain, domctl_create, ANY_ID),
    DO(XEN_DOMCTL_destroydomain, domctl_destroy, SELF_EINVAL | UNLOCKED),
    DO(XEN_DOMCTL_pausedomain, domctl_pause, SELF_EINVAL),
    DO(XEN_DOMCTL_unpausedomain, domctl_unpause, 0),
    DO(XEN_DOMCTL_getdomaininfo, domctl_info, ANY_ID),
    DO(XEN_DOMCTL_setvcpuaffinity, domctl_set_affinity, 0),
    DO(XEN_DOMCTL_shadow_op, domctl_shadow, SELF_EINVAL),
    DO(XEN_DOMCTL_max_mem, domctl_max_mem, 0),
    DO(XEN_DOMCTL_setvcpucontext, domctl_set_context, SELF_EINVAL),
    DO(XEN_DOMCTL_getvcpucontext, domctl_get_context, SELF_EINVAL),
    DO(XEN_DOMCTL_getvcpuinfo, domctl_vcpu_info, 0),
    DO(XEN_DOMCTL_max_vcpus, domctl_max_vcpus, SELF_EINVAL),
    DO(XEN_DOMCTL_scheduler_op, domctl_scheduler, 0),
    DO(XEN_DOMCTL_setdomainhandle, domctl_handle, 0),
    DO(XEN_DOMCTL_setdebugging, domctl_debugging, SELF_EINVAL),
    DO(XEN_DOMCTL_irq_permission, domctl_irq, 0),
    DO(XEN_DOMCTL_iomem_permission, domctl_iomem, 0),
    DO(XEN_DOMCTL_ioport_permission, domctl_ioport, 0),
    DO(XEN_DOMCTL_hypercall_init, domctl_hypercall_page, 0),
    NO(23 /* soft_reset_cont */, EBUSY),
    DO(XEN_DOMCTL_settimeoffset, domctl_time_offset, 0),
    DO(XEN_DOMCTL_getvcpuaffinity, domctl_get_affinity, 0),
    DO(XEN_DOMCTL_resumedomain, domctl_resume, SELF_EINVAL),
    DO(XEN_DOMCTL_sendtrigger, domctl_trigger, 0),
    DO(XEN_DOMCTL_subscribe, domctl_subscribe, 0),
    NO(XEN_DOMCTL_gethvmcontext, EINVAL),
    NO(XEN_DOMCTL_sethvmcontext, EINVAL),
    DO(XEN_DOMCTL_set_address_size, domctl_set_address_size, 0),
    DO(XEN_DOMCTL_get_address_size, domctl_get_address_size, 0),
    NO(XEN_DOMCTL_assign_device, EOPNOTSUPP), /* no IOMMU */
    NO(XEN_DOMCTL_bind_pt_irq, EINVAL),
    DO(XEN_DOMCTL_memory_mapping, domctl_memory_mapping, 0),
    NO(XEN_DOMCTL_ioport_mapping, EOPNOTSUPP),
    DO(XEN_DOMCTL_set_ext_vcpucontext, domctl_set_ext_context, SELF_ESRCH),
    DO(XEN_DOMCTL_get_ext_vcpucontext, domctl_get_ext_context, SELF_ESRCH),
    NO(XEN_DOMCTL_test_assign_device, EOPNOTSUPP),
    [XEN_DOMCTL_set_target] = {.flags = SELF_EINVAL, .err = EOPNOTSUPP},
    NO(XEN_DOMCTL_deassign_device, EOPNOTSUPP),
    NO(XEN_DOMCTL_unbind_pt_irq, EINVAL),
    NO(XEN_DOMCTL_get_device_group, EOPNOTSUPP),
    NO(XEN_DOMCTL_debug_op, EINVAL),
    NO(XEN_DOMCTL_gethvmcontext_partial, EINVAL),
    [XEN_DOMCTL_vm_event_op] = {.flags = SELF_EINVAL, .err = ENOSYS},
    DO(XEN_DOMCTL_gettscinfo, domctl_get_tsc, SELF_EINVAL),
    DO(XEN_DOMCTL_settscinfo, domctl_set_tsc, SELF_EINVAL),
    DO(XEN_DOMCTL_getpageframeinfo3, domctl_page_info, 0),
    DO(XEN_DOMCTL_setvcpuextstate, domctl_set_xstate, SELF_EINVAL),
    DO(XEN_DOMCTL_getvcpuextstate, domctl_get_xstate, SELF_EINVAL),
    [XEN_DOMCTL_set_access_required] = {.flags = SELF_EPERM, .err = ENOSYS},
    DO(XEN_DOMCTL_set_virq_handler, domctl_virq_handler, 0),
    NO(XEN_DOMCTL_set_broken_page_p2m, EINVAL),
    DO(XEN_DOMCTL_setnodeaffinity, domctl_set_nodes, 0),
    DO(XEN_DOMCTL_getnodeaffinity, domctl_get_nodes, 0),
    DO(XEN_DOMCTL_get_vcpu_msrs, domctl_get_msrs, SELF_EINVAL),
    DO(XEN_DOMCTL_set_vcpu_msrs, domctl_set_msrs, SELF_EINVAL),
    NO(XEN_DOMCTL_setvnumainfo, EINVAL),
    NO(XEN_DOMCTL_psr_cmt_op, ENODEV),
    [XEN_DOMCTL_monitor_op] = {.flags = SELF_EPERM, .err = EOPNOTSUPP},
    NO(XEN_DOMCTL_psr_alloc, ENODEV),
    NO(XEN_DOMCTL_soft_reset, EINVAL),
    DO(XEN_DOMCTL_get_cpu_policy, domctl_get_policy, 0),
    DO(XEN_DOMCTL_set_cpu_policy, domctl_set_policy, SELF_EINVAL),
    NO(XEN_DOMCTL_vmtrace_op, EINVAL),
    NO(XEN_DOMCTL_get_paging_mempool_size, EOPNOTSUPP),
    NO(XEN_DOMCTL_set_paging_mempool_size, EOPNOTSUPP),
};

static spinlock_t control_lock;

/* Refused for what the domain or the number is; 0: go on. */
static long refused(struct vcpu *v, const struct domctl_entry *e, const struct xen_domctl *op, bool self)
{
    if (!v->domain->privileged)
        return refuse(v->domain, EPERM, NOT_PRIVILEGED, op->domain, 0, 0);
    if (self && (e->flags & (SELF_EINVAL | SELF_ESRCH | SELF_EPERM)))
        return refuse(v->domain, e->flags & SELF_EINVAL ? EINVAL : e->flags & SELF_ESRCH ? ESRCH : EPERM,
                      DOMCTL_SELF, op->cmd, 0, 0);
    if (!e->fn)
        return refuse(v->domain, e->err ? e->err : ENOSYS, UNKNOWN_SUBOP, op->cmd, op->domain, 0);
    return 0;
}

static long call(struct domctl_call *c, const struct domctl_entry *e, struct xen_domctl *op)
{
    long rc;

    if (e->flags & UNLOCKED)
        return e->fn(c, op);
    if (!spin_trylock(&control_lock))
        return -ERESTART;
    rc = e->fn(c, op);
    spin_unlock(&control_lock);
    return rc;
}

long hc_domctl(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    static const struct domctl_entry none;
    const struct domctl_entry *e;
    struct domctl_call c = {.v = v, .arg = a1};
    struct xen_domctl op;
    long rc;

    (void)a2, (void)a3, (void)a4, (void)a5;
    if (door_in_obj(v, op, a1))
        return -EFAULT;
    v->hc_sub = op.cmd;
    if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
        return refuse(v->domain, EACCES, INTERFACE_VERSION, op.interface_version, XEN_DOMCTL_INTERFACE_VERSION, 0);
    e = op.cmd < ARRAY_SIZE(table) ? &table[op.cmd] : &none;
    if (!(e->flags & ANY_ID)) {
        c.d = domain_find(op.domain);
        if (!c.d)
            return refuse(v->domain, ESRCH, NO_SUCH_DOMAIN, op.domain, 0, 0);
    }
    rc = refused(v, e, &op, c.d == v->domain);
    if (!rc)
        rc = call(&c, e, &op);
    if (c.d)
        domain_put(c.d);
    if (rc == -ERESTART)
        return hypercall_restart(v, a1, 0, 0, 0, 0);
    if (c.answer && door_out_obj(v, a1, op))
        rc = -EFAULT;
    if (op.cmd == XEN_DOMCTL_destroydomain)
        domain_reap(); /* the last reference may have been the one above */
    return rc;
}
