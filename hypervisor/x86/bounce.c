/* SPDX-License-Identifier: MIT */
/*
 * Frames on the guest's kernel stack. From low to high addresses, as the ABI has it:
 *   rcx r11 [ds es fs gs: failsafe] [error code] rip cs|mask<<32 rflags rsp ss
 */
#include "core/domain.h"
#include "core/pte.h"
#include "x86/trap.h"

#define FRAME_MAX 12

/* Where the frame starts: the current stack in kernel mode, kernel_sp (after the switch) else. */
static uint64_t frame_base(struct vcpu *v)
{
    if (v->in_kernel)
        return v->regs.rsp & ~15ull;
    guest_toggle_mode(v);
    return v->kernel_sp & ~15ull;
}

static void frame_push(struct vcpu *v, const uint64_t *extra, unsigned nr_extra, uint64_t rip, bool mask)
{
    struct cpu_user_regs *r = &v->regs;
    bool from_kernel = v->in_kernel; /* before frame_base() may switch */
    uint8_t old_mask = READ_ONCE(v->info->evtchn_upcall_mask);
    uint64_t flags = r->rflags & ~(RFLAGS_IF | RFLAGS_IOPL);
    uint64_t f[FRAME_MAX], sp;
    unsigned n = 0;

    f[n++] = r->rcx;
    f[n++] = r->r11;
    for (unsigned i = 0; i < nr_extra; i++)
        f[n++] = extra[i];
    f[n++] = r->rip;
    /* A guest kernel is shown the ring 0 it believes in. */
    f[n++] = (uint64_t)(from_kernel ? r->cs & ~3u : r->cs) | (uint64_t)old_mask << 32;
    if (!old_mask)
        flags |= RFLAGS_IF;
    if (v->domain->vm_assist & BIT(VMASST_TYPE_architectural_iopl))
        flags |= (uint64_t)v->iopl << 12;
    f[n++] = flags;
    f[n++] = r->rsp;
    f[n++] = r->ss;

    sp = frame_base(v) - n * 8;
    if (unlikely(!va_is_guest(sp, n * 8) || copy_user((void *)sp, f, n * 8))) {
        domain_crash(v->domain, "cannot write an exception frame to the guest's stack at %#lx", sp);
        return;
    }
    if (mask)
        v->info->evtchn_upcall_mask = 1;
    r->rsp = sp;
    r->rip = rip;
    r->cs = SEL_CS64;
    r->ss = SEL_DS;
    r->rflags = (r->rflags & ~(RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM | RFLAGS_AC)) | RFLAGS_IF;
}

void bounce_trap(struct vcpu *v, uint8_t vector, bool has_error, uint32_t error)
{
    const struct trap_info *t = &v->traps[vector];
    uint64_t err = error;

    if (unlikely(!t->address)) {
        domain_crash(v->domain, "trap %u (error %#x) and the guest has no handler for it", vector, error);
        return;
    }
    frame_push(v, &err, has_error, t->address, TI_GET_IF(t));
}

void bounce_callback(struct vcpu *v, uint64_t rip, bool mask_events)
{
    if (unlikely(!rip)) {
        domain_crash(v->domain, "an event or system call, and the guest has no callback for it");
        return;
    }
    frame_push(v, NULL, 0, rip, mask_events);
}

void bounce_failsafe(struct vcpu *v, const uint16_t sel[4])
{
    uint64_t extra[4] = { sel[0], sel[1], sel[2], sel[3] };

    if (!v->cb_failsafe.rip) {
        domain_crash(v->domain, "a segment register cannot be reloaded and the guest has no failsafe callback");
        return;
    }
    frame_push(v, extra, 4, v->cb_failsafe.rip, v->cb_failsafe.mask_events);
}
