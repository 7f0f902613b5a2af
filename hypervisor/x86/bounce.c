/* SPDX-License-Identifier: MIT */
/*
 * Frames on the guest's kernel stack. From low to high addresses, as the ABI has it:
 *   rcx r11 [ds es fs gs: failsafe] [error code] rip cs|mask<<32 rflags rsp ss
 */
#include "core/domain.h"
#include "core/pte.h"
#include "x86/trap.h"
#include "x86/uaccess.h"

/* Where the frame starts: the current stack in kernel mode, kernel_sp (after the switch) else. */
static inline uint64_t frame_base(struct vcpu *v)
{
    if (v->in_kernel)
        return v->regs.rsp & ~15ull;
    guest_toggle_mode(v);
    return v->kernel_sp & ~15ull;
}

static __attribute__((noinline, cold)) void frame_refused(struct vcpu *v, uint64_t sp)
{
    domain_crash(v->domain, "cannot write an exception frame to the guest's stack at %#lx", sp);
}

/* Inlined into each user, so that the number of extra words is a constant. */
static inline __attribute__((always_inline)) void
frame_push(struct vcpu *v, const uint64_t *extra, unsigned nr_extra, uint64_t rip, bool mask)
{
    struct cpu_user_regs *r = &v->regs;
    struct vcpu_info *info = v->info;
    uint8_t old_mask = READ_ONCE(info->evtchn_upcall_mask);
    uint64_t flags = r->rflags & ~(RFLAGS_IF | RFLAGS_IOPL), cs = r->cs, sp, *f;

    /* A guest kernel is shown the ring 0 it believes in. */
    if (v->in_kernel)
        cs &= ~3ull;
    if (!old_mask)
        flags |= RFLAGS_IF;
    if (unlikely(v->keeps_iopl))
        flags |= (uint64_t)v->iopl << 12;
    sp = frame_base(v) - (7 + nr_extra) * 8;
    if (unlikely(!va_is_guest(sp, (7 + nr_extra) * 8)))
        goto fault;
    f = (uint64_t *)sp;
    PUT_GUEST(f++, r->rcx, fault);
    PUT_GUEST(f++, r->r11, fault);
    for (unsigned i = 0; i < nr_extra; i++)
        PUT_GUEST(f++, extra[i], fault);
    PUT_GUEST(f++, r->rip, fault);
    PUT_GUEST(f++, cs | (uint64_t)old_mask << 32, fault);
    PUT_GUEST(f++, flags, fault);
    PUT_GUEST(f++, r->rsp, fault);
    PUT_GUEST(f, r->ss, fault);
    if (mask)
        info->evtchn_upcall_mask = 1;
    r->rsp = sp;
    r->rip = rip;
    r->cs = SEL_CS64;
    r->ss = SEL_DS;
    r->rflags = (r->rflags & ~(RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM | RFLAGS_AC)) | RFLAGS_IF;
    return;
fault:
    frame_refused(v, sp);
}

void bounce_trap(struct vcpu *v, uint8_t vector, bool has_error, uint32_t error)
{
    const struct trap_info *t = &v->traps[vector];
    uint64_t err = error;

    if (unlikely(!t->address)) {
        domain_crash(v->domain, "trap %u (error %#x) and the guest has no handler for it", vector, error);
        return;
    }
    if (has_error)
        frame_push(v, &err, 1, t->address, TI_GET_IF(t));
    else
        frame_push(v, NULL, 0, t->address, TI_GET_IF(t));
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

    /* Without a callback the guest goes to address 0, as with Xen. */
    frame_push(v, extra, 4, v->cb_failsafe.rip, v->cb_failsafe.mask_events);
}
