/* SPDX-License-Identifier: MIT */
#include "core/vcpu_context.h"
#include "core/debugreg.h"
#include "core/emul_port.h"
#include "core/emulate.h"
#include "core/pagetype.h"
#include "core/refusal.h"
#include "core/sched.h"
#include "core/segdesc.h"
#include "core/time.h"
#include "lib/errno.h"
#include "lib/string.h"

#define RFLAGS_GUEST 0x254dd5u /* CF PF AF ZF SF TF DF OF NT RF AC ID: a guest's own to set */
#define RFLAGS_FORCED 0x202u   /* IF, and the bit that is always 1 */
#define RFLAGS_IOPL_AT 12
#define CR0_TS_BIT BIT(3)
#define MXCSR_VALID 0xffffu
#define FXSAVE_MXCSR 24
#define XSAVE_HEADER 512

/* Guest kernel and user both run in ring 3: a selector of an inner ring becomes ring 3's. */
static uint16_t ring3(uint64_t sel)
{
    return (uint16_t)(sel | 3);
}

/* ---- checks ---- */

static int addresses_check(struct domain *d, const struct vcpu_guest_context *c)
{
    const uint64_t va[] = {
        c->user_regs.rip,         c->user_regs.rsp,        c->kernel_sp, c->event_callback_eip,
        c->failsafe_callback_eip, c->syscall_callback_eip, c->fs_base,   c->gs_base_kernel,
        c->gs_base_user};

    for (unsigned i = 0; i < ARRAY_SIZE(va); i++)
        if (!va_canonical(va[i]))
            return refuse(d, EINVAL, CONTEXT_ADDRESS, va[i], i, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(c->trap_ctxt); i++)
        if (!va_canonical(c->trap_ctxt[i].address))
            return refuse(d, EINVAL, CONTEXT_TRAP, c->trap_ctxt[i].address, i, 0);
    return 0;
}

static int ldt_check(struct domain *d, const struct vcpu_guest_context *c)
{
    if ((c->ldt_ents && !va_canonical(c->ldt_base)) || (c->ldt_base & ~PAGE_MASK) ||
        c->ldt_ents > LDT_MAX_ENTRIES || !va_is_guest(c->ldt_base, 1))
        return refuse(d, EINVAL, DESC_TABLE_SIZE, c->ldt_ents, LDT_MAX_ENTRIES, c->ldt_base);
    return 0;
}

static uint64_t cr3_of(uint64_t ctrlreg)
{
    return xen_pfn_to_cr3(xen_cr3_to_pfn(ctrlreg));
}

/* What a vcpu that has a context must keep: its tables and descriptors are changed by hypercalls. */
static bool same_tables(const struct vcpu *v, const struct vcpu_guest_context *c)
{
    if (c->ctrlreg[3] != v->cr3_kernel || c->ctrlreg[1] != v->cr3_user)
        return false;
    if (!v->cr3_user && !(c->flags & VGCF_in_kernel))
        return false;
    for (unsigned i = 0; i < DIV_ROUND_UP(v->gdt_ents, 512); i++)
        if (v->gdt_frames[i] != c->gdt_frames[i])
            return false;
    return v->gdt_ents == c->gdt_ents && v->ldt_base == c->ldt_base && v->ldt_ents == c->ldt_ents;
}

static int context_check(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct domain *d = v->domain;
    int rc = addresses_check(d, c);

    if (!rc)
        rc = ldt_check(d, c);
    if (rc)
        return rc;
    if (v->initialised)
        return same_tables(v, c) ? 0 : refuse(d, EOPNOTSUPP, CONTEXT_TABLES, v->id, 0, 0);
    if (!(c->flags & VGCF_in_kernel) && !c->ctrlreg[1])
        return refuse(d, EINVAL, CONTEXT_NO_USER_TABLE, v->id, 0, 0);
    return 0;
}

/* ---- tables ---- */

/* Make *cr3 name this root table with a reference and type held; a leftover of an earlier try with
 * another table goes. */
static int root_get(struct domain *d, uint64_t *cr3, uint64_t wanted)
{
    int rc;

    if (*cr3 == wanted)
        return 0;
    if (*cr3) {
        frame_and_type_put(d, frame_of(MFN(*cr3 >> PAGE_SHIFT)));
        *cr3 = 0;
    }
    if (!wanted)
        return 0;
    rc = frame_and_type_get(d, MFN(wanted >> PAGE_SHIFT), TYPE_L4, true);
    if (!rc)
        *cr3 = wanted;
    return rc;
}

static int tables_set(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct domain *d = v->domain;
    int rc = type_drain(d, true);

    if (!rc)
        rc = cr3_of(c->ctrlreg[3]) ? root_get(d, &v->cr3_kernel, cr3_of(c->ctrlreg[3]))
                                   : refuse(d, EINVAL, FRAME_NOT_OWNED, 0, d->id, DOMID_INVALID);
    if (!rc)
        rc = root_get(d, &v->cr3_user, cr3_of(c->ctrlreg[1]));
    if (!rc)
        rc = gdt_set(v, (const uint64_t *)c->gdt_frames, (unsigned)c->gdt_ents);
    if (rc && rc != -ERESTART) {
        root_get(d, &v->cr3_kernel, 0);
        root_get(d, &v->cr3_user, 0);
    }
    if (!rc && v->cr3_user)
        l4_show_m2p(MFN(v->cr3_user >> PAGE_SHIFT), false);
    return rc;
}

/* ---- registers ---- */

static void set_regs(struct vcpu *v, const struct vcpu_guest_context *c)
{
    uint64_t rflags = c->user_regs.rflags;

    v->regs = c->user_regs;
    v->regs.cs = ring3(c->user_regs.cs);
    v->regs.ss = ring3(c->user_regs.ss);
    v->regs.rflags = (rflags & RFLAGS_GUEST) | RFLAGS_FORCED;
    v->iopl = rflags >> RFLAGS_IOPL_AT & 3;
    v->in_kernel = (c->flags & VGCF_in_kernel) != 0;
    v->kernel_sp = c->kernel_sp;
    v->kernel_ss = ring3(c->kernel_ss);
    v->fs_base = c->fs_base;
    v->gs_base_kernel = c->gs_base_kernel;
    v->gs_base_user = c->gs_base_user;
    v->cr0 = c->ctrlreg[0] & CR0_TS_BIT;
    v->cr4 = cr4_guest_value(c->ctrlreg[4]);
}

static void set_traps(struct vcpu *v, const struct vcpu_guest_context *c)
{
    memcpy(v->traps, c->trap_ctxt, sizeof(v->traps));
    for (unsigned i = 0; i < ARRAY_SIZE(v->traps); i++)
        v->traps[i].cs = ring3(v->traps[i].cs);
    v->cb_event = (struct callback){c->event_callback_eip, true};
    v->cb_failsafe = (struct callback){c->failsafe_callback_eip,
                                       (c->flags & VGCF_failsafe_disables_events) != 0};
    v->cb_syscall =
        (struct callback){c->syscall_callback_eip, (c->flags & VGCF_syscall_disables_events) != 0};
}

/* The FXSAVE image is the head of the extended-state area. A reserved bit of MXCSR would make the
 * hypervisor's own restore fault. */
static void set_fpu(struct vcpu *v, const struct vcpu_guest_context *c)
{
    uint8_t *area = v->xsave;

    v->fpu_initialised = (c->flags & VGCF_I387_VALID) != 0;
    if (!v->fpu_initialised || !area)
        return;
    memcpy(area, &c->fpu_ctxt, sizeof(c->fpu_ctxt));
    *(uint32_t *)(area + FXSAVE_MXCSR) &= MXCSR_VALID;
    if (xcr0_host_mask)
        *(uint64_t *)(area + XSAVE_HEADER) |= 3; /* x87 and SSE are there */
}

/* Values that are not allowed are not taken over, and that is no error. */
static void set_debug(struct vcpu *v, const struct vcpu_guest_context *c)
{
    memset(v->dr, 0, sizeof(v->dr));
    for (int i = 0; i < 4; i++)
        debugreg_set(v, i, c->debugreg[i]);
    debugreg_set(v, 6, c->debugreg[6]);
    debugreg_set(v, 7, c->debugreg[7]);
}

int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct domain *d = v->domain;
    int rc = context_check(v, c);

    if (!rc && !v->initialised)
        rc = tables_set(v, c);
    if (rc)
        return rc;
    set_regs(v, c);
    set_traps(v, c);
    set_fpu(v, c);
    set_debug(v, c);
    if (!v->initialised) {
        v->ldt_base = c->ldt_base;
        v->ldt_ents = (unsigned)c->ldt_ents;
        if (v->id == 0) {
            d->vm_assist = (uint32_t)(c->vm_assist & VM_ASSISTS);
            time_domain_wallclock(d);
        }
        v->initialised = true;
    }
    __atomic_store_n(&v->down, !(c->flags & VGCF_online), __ATOMIC_SEQ_CST);
    sched_update(v);
    return 0;
}

/* ---- the other way ---- */

static void get_regs(const struct vcpu *v, struct vcpu_guest_context *c)
{
    c->user_regs = v->regs;
    c->user_regs.rflags |= (uint64_t)v->iopl << RFLAGS_IOPL_AT;
    c->kernel_ss = v->kernel_ss;
    c->kernel_sp = v->kernel_sp;
    c->fs_base = v->fs_base;
    c->gs_base_kernel = v->gs_base_kernel;
    c->gs_base_user = v->gs_base_user;
    c->ctrlreg[0] = GUEST_CR0_FIXED | (v->cr0 & GUEST_CR0_TS);
    c->ctrlreg[1] = v->cr3_user;
    c->ctrlreg[3] = v->cr3_kernel;
    c->ctrlreg[4] = cr4_guest_value(v->cr4);
}

static void get_tables(const struct vcpu *v, struct vcpu_guest_context *c)
{
    for (unsigned i = 0; i < ARRAY_SIZE(c->gdt_frames); i++)
        c->gdt_frames[i] = v->gdt_frames[i];
    c->gdt_ents = v->gdt_ents;
    c->ldt_base = v->ldt_base;
    c->ldt_ents = v->ldt_ents;
    memcpy(c->trap_ctxt, v->traps, sizeof(c->trap_ctxt));
    c->event_callback_eip = v->cb_event.rip;
    c->failsafe_callback_eip = v->cb_failsafe.rip;
    c->syscall_callback_eip = v->cb_syscall.rip;
}

void vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
    memset(c, 0, sizeof(*c));
    get_regs(v, c);
    get_tables(v, c);
    for (unsigned i = 0; i < 4; i++)
        c->debugreg[i] = v->dr[i];
    c->debugreg[6] = v->dr[6];
    c->debugreg[7] = v->dr[7] | v->dr[5]; /* 5 keeps the breakpoints on ports */
    if (v->xsave)
        memcpy(&c->fpu_ctxt, v->xsave, sizeof(c->fpu_ctxt));
    c->flags = VGCF_I387_VALID | (v->in_kernel ? VGCF_in_kernel : 0) | (v->down ? 0 : VGCF_online) |
               (v->cb_failsafe.mask_events ? VGCF_failsafe_disables_events : 0) |
               (v->cb_syscall.mask_events ? VGCF_syscall_disables_events : 0);
    c->vm_assist = v->domain->vm_assist;
}

bool vcpu_xsave_valid(const uint8_t *area)
{
    const uint64_t *head = (const uint64_t *)(area + XSAVE_HEADER);

    for (unsigned i = 1; i < 8; i++) /* the uncompacted form; what is reserved is zero */
        if (head[i])
            return false;
    return !(head[0] & ~xcr0_host_mask) && !(*(const uint32_t *)(area + FXSAVE_MXCSR) & ~MXCSR_VALID);
}

int vcpu_reset(struct vcpu *v)
{
    __atomic_store_n(&v->down, true, __ATOMIC_SEQ_CST);
    vcpu_poll_end(v);
    __atomic_store_n(&v->blocked, false, __ATOMIC_SEQ_CST);
    vcpu_release_frames(v);
    sched_update(v);
    return type_drain(v->domain, true);
}
