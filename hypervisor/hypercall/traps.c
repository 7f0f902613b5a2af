/* SPDX-License-Identifier: MIT */
/* Where the guest wants its exceptions and callbacks: set_trap_table, set_callbacks, callback_op, nmi_op. */
#include "core/pte.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include <xen/callback.h>
#include <xen/nmi.h>

/* A selector a guest may name for its own code: any ring it likes to think of, it runs in ring 3. */
static uint16_t fix_selector(uint16_t sel) { return (uint16_t)(sel | 3); }

/* table: array of struct trap_info ended by address 0; NULL clears all. -EFAULT, -EPERM (address). */
long hc_set_trap_table(struct vcpu *v, uint64_t table, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    (void)a2, (void)a3, (void)a4, (void)a5;
    if (!table) {
        memset(v->traps, 0, sizeof(v->traps));
        return 0;
    }
    for (;; table += sizeof(struct trap_info)) {
        struct trap_info t;
        int rc = door_in_obj(v, t, table);

        if (rc)
            return rc;
        if (!t.address)
            return 0;
        if (!va_canonical(t.address))
            return refuse(v->domain, EINVAL, ADDRESS_NOT_CANONICAL, t.address, t.vector, 0);
        t.cs = fix_selector(t.cs);
        v->traps[t.vector] = t;
        if (port_preempt_pending())
            return hypercall_restart(v, table + sizeof(t), 0, 0, 0, 0);
    }
}

static int callback_register(struct vcpu *v, const struct callback_register *reg)
{
    struct callback cb = { .rip = reg->address, .mask_events = reg->flags & CALLBACKF_mask_events };

    if (!va_canonical(reg->address))
        return refuse(v->domain, EINVAL, ADDRESS_NOT_CANONICAL, reg->address, reg->type, 0);
    switch (reg->type) {
    case CALLBACKTYPE_event:
        v->cb_event = cb;
        break;
    case CALLBACKTYPE_failsafe:
        v->cb_failsafe = cb;
        break;
    case CALLBACKTYPE_syscall:
        v->cb_syscall = cb;
        break;
    case CALLBACKTYPE_syscall32:
        v->cb_syscall32 = cb;
        break;
    case CALLBACKTYPE_sysenter:
        v->cb_sysenter = cb;
        break;
    case CALLBACKTYPE_nmi:
        v->traps[2] = (struct trap_info){ .vector = 2, .flags = 4, .cs = 0xe033, .address = reg->address };
        break;
    default:
        return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, reg->type, 0, 0);
    }
    return 0;
}

static int callback_unregister(struct vcpu *v, unsigned type)
{
    switch (type) {
    case CALLBACKTYPE_event:
    case CALLBACKTYPE_failsafe:
    case CALLBACKTYPE_syscall:
    case CALLBACKTYPE_syscall32:
    case CALLBACKTYPE_sysenter:
        return -EINVAL; /* the ABI lets only the NMI callback go */
    case CALLBACKTYPE_nmi:
        memset(&v->traps[2], 0, sizeof(v->traps[2]));
        return 0;
    default:
        return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, type, 0, 0);
    }
}

long hc_callback_op(struct vcpu *v, uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct callback_register reg;
    struct callback_unregister unreg;
    int rc;

    (void)a3, (void)a4, (void)a5;
    v->hc_sub = (uint32_t)cmd;
    switch ((int)cmd) {
    case CALLBACKOP_register:
        rc = door_in_obj(v, reg, arg);
        return rc ? rc : callback_register(v, &reg);
    case CALLBACKOP_unregister:
        rc = door_in_obj(v, unreg, arg);
        return rc ? rc : callback_unregister(v, unreg.type);
    default:
        return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, cmd, 0, 0);
    }
}

/* The three at once. As in Xen a bad address leaves that callback alone and the result is 0. */
long hc_set_callbacks(struct vcpu *v, uint64_t event, uint64_t failsafe, uint64_t syscall, uint64_t a4, uint64_t a5)
{
    struct callback_register reg[] = {
        { .type = CALLBACKTYPE_event, .address = event },
        { .type = CALLBACKTYPE_failsafe, .address = failsafe, .flags = CALLBACKF_mask_events },
        { .type = CALLBACKTYPE_syscall, .address = syscall },
    };

    (void)a4, (void)a5;
    for (unsigned i = 0; i < ARRAY_SIZE(reg); i++)
        callback_register(v, &reg[i]);
    return 0;
}

long hc_nmi_op(struct vcpu *v, uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct xennmi_callback cb;
    struct callback_register reg = { .type = CALLBACKTYPE_nmi };
    int rc;

    (void)a3, (void)a4, (void)a5;
    v->hc_sub = (uint32_t)cmd;
    switch ((int)cmd) {
    case XENNMI_register_callback:
        rc = door_in_obj(v, cb, arg);
        reg.address = cb.handler_address;
        return rc ? rc : callback_register(v, &reg);
    case XENNMI_unregister_callback:
        return callback_unregister(v, CALLBACKTYPE_nmi);
    default:
        return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, cmd, 0, 0);
    }
}
