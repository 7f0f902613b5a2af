/* SPDX-License-Identifier: MIT */
/* Checks [VCPU-2] [VCPU-3] [VCPU-4] [TIME-3] [TIME-4]. */
/*
 * LINK: core/vcpu.c core/vcpu_context.c core/domain.c core/domain_death.c core/obituary.c core/sched.c core/sched_credit.c core/sched_rr.c core/sched_audit.c
 * LINK: core/timer.c core/time.c core/watchdog.c core/tlb.c core/frame.c hypercall/vcpu.c hypercall/sched.c hypercall/timer.c hypercall/door.c
 */
#include <criterion/criterion.h>
#include "start.h"
#include "core/sched.h"
#include "core/time.h"
#include "hypercall/hypercall.h"
#include <xen/sched.h>

#define MS 1000000ull

static struct domain *d;
static struct vcpu *me, *other;
static struct vcpu_guest_context ctx;

/* What the exit path would do with the work that a hypercall left. */
static void go_to_exit(void)
{
    uint32_t work = __atomic_exchange_n(&me->work, 0, __ATOMIC_ACQ_REL);
    struct vcpu *next;

    if (fake_current && !(work & WORK_RESCHED))
        return;
    next = sched_next(fake_current);
    if (next == fake_current)
        return;
    if (fake_current) {
        struct vcpu *prev = fake_current;

        fake_current = next;
        sched_switched_from(prev);
    }
    fake_current = next;
    if (next)
        vcpu_switched_to(next);
}

static void good_context(void)
{
    memset(&ctx, 0, sizeof(ctx));
    ctx.flags = VGCF_in_kernel;
    ctx.user_regs.rip = 0xffffffff81000000;
    ctx.user_regs.rsp = 0xffffffff82000000;
    ctx.user_regs.cs = 0x10;
    ctx.user_regs.ss = 0x18;
    ctx.user_regs.rflags = 0x1000;
    ctx.ctrlreg[3] = 1000ull << 12;
    ctx.gdt_frames[0] = 1001;
    ctx.gdt_ents = 16;
    ctx.kernel_ss = 0x18;
    ctx.kernel_sp = 0xffffffff82000000;
    ctx.event_callback_eip = 0xffffffff81001000;
}

static void setup(void)
{
    core_start();
    fake_refusals = 0;
    fake_pending_port = 0;
    fake_machine_shutdown = -1;
    memset(fake_virqs, 0, sizeof(fake_virqs));
    memset(fake_virqs_global, 0, sizeof(fake_virqs_global));
    fake_now = 1000 * MS;
    cr_assert_eq(domain_create(5, 34, false, &d), 0);
    for (unsigned i = 0; i < 34; i++)
        cr_assert_eq(vcpu_create(d, i, NULL), 0);
    me = d->vcpus[0];
    other = d->vcpus[1];
    good_context();
    ctx.flags |= VGCF_online;
    cr_assert_eq(vcpu_set_context(me, &ctx), 0);
    good_context();
    domain_unpause(d);
    go_to_exit();
    cr_assert_eq(fake_current, me);
    time_set_periodic(me, 0);
    memset(fake_virqs, 0, sizeof(fake_virqs));
    me->info->evtchn_upcall_pending = 0;
}

static void teardown(void)
{
    domain_pause_nosync(d);
    for (unsigned i = 0; i < d->max_vcpus; i++)
        if (d->vcpus[i]->sched.on_cpu) {
            fake_current = d->vcpus[i];
            cr_assert_null(sched_next(fake_current));
            sched_switched_from(fake_current);
        }
    fake_current = NULL;
    cr_assert_eq(domain_destroy(d), 0);
}

#define T(name) Test(vcpu, name, .init = setup, .fini = teardown)

static long vcpu_op(unsigned op, unsigned id, gva_t arg)
{
    return hc_vcpu_op(fake_current, op, id, arg, 0, 0);
}
static long sched_op(unsigned op, gva_t arg)
{
    return hc_sched_op(fake_current, op, arg, 0, 0, 0);
}
static long timer_op(uint64_t t)
{
    return hc_set_timer_op(fake_current, t, 0, 0, 0, 0);
}

static void clock_to(uint64_t now)
{
    fake_now = now;
    timer_run();
}

/* ---- VCPUOP_is_up, up, down ---- */

T(is_up_of_a_vcpu_that_does_not_exist_is_enoent)
{
    cr_assert_eq(vcpu_op(VCPUOP_is_up, 34, 0), -ENOENT);
    cr_assert_eq(vcpu_op(VCPUOP_is_up, ~0u, 0), -ENOENT);
    cr_assert_eq(vcpu_op(99, 34, 0), -ENOENT);
    cr_assert_eq(vcpu_op(99, 0, 0), -ENOSYS);
    cr_assert_eq(vcpu_op(VCPUOP_is_up, 0, 0), 1);
    cr_assert_eq(vcpu_op(VCPUOP_is_up, 1, 0), 0);
}

T(up_before_initialise_is_einval)
{
    cr_assert_eq(vcpu_op(VCPUOP_up, 1, 0), -EINVAL);
    cr_assert_eq(other->run, VCPU_OFFLINE);
}

T(initialise_then_up_makes_it_run_and_twice_is_eexist)
{
    gva_t arg = fake_guest_put(&ctx, sizeof(ctx));

    cr_assert_eq(vcpu_op(VCPUOP_initialise, 1, arg), 0);
    cr_assert_eq(vcpu_op(VCPUOP_is_up, 1, 0), 0);
    cr_assert_eq(other->run, VCPU_OFFLINE);
    cr_assert_eq(vcpu_op(VCPUOP_initialise, 1, arg), -EEXIST);
    cr_assert_eq(vcpu_op(VCPUOP_up, 1, 0), 0);
    cr_assert_eq(vcpu_op(VCPUOP_is_up, 1, 0), 1);
    cr_assert_eq(other->run, VCPU_RUNNABLE);
    cr_assert(other->sched.queued);
    cr_assert_eq(sched_audit(), 0);
}

T(down_stops_it_and_up_resumes_it)
{
    gva_t arg = fake_guest_put(&ctx, sizeof(ctx));

    vcpu_op(VCPUOP_initialise, 1, arg);
    vcpu_op(VCPUOP_up, 1, 0);
    cr_assert_eq(vcpu_op(VCPUOP_down, 0, 0), 0);
    go_to_exit();
    cr_assert_eq(fake_current, other);
    cr_assert_eq(me->run, VCPU_OFFLINE);
    cr_assert_eq(me->runstate.state, RUNSTATE_offline);
    cr_assert_eq(vcpu_op(VCPUOP_up, 0, 0), 0);
    cr_assert_eq(me->run, VCPU_RUNNABLE);
    cr_assert_eq(vcpu_op(VCPUOP_down, 1, 0), 0);
    vcpu_set_work(me, WORK_RESCHED);
    go_to_exit();
    cr_assert_eq(fake_current, me);
}

T(the_last_vcpu_going_down_powers_the_domain_off)
{
    cr_assert_eq(vcpu_op(VCPUOP_down, 0, 0), 0);
    cr_assert_eq(d->state, DOM_SHUTDOWN);
    cr_assert_eq(d->shutdown_code, SHUTDOWN_poweroff);
    cr_assert_eq(fake_virqs_global[VIRQ_DOM_EXC], 1);
    go_to_exit();
    cr_assert_null(fake_current);
}

T(initialise_without_vcpu_info_is_einval_from_vcpu_32_on)
{
    gva_t arg = fake_guest_put(&ctx, sizeof(ctx));
    struct vcpu_register_vcpu_info info = {.mfn = 2000, .offset = 64};

    cr_assert_eq(vcpu_op(VCPUOP_initialise, 32, arg), -EINVAL);
    cr_assert_eq(vcpu_op(VCPUOP_register_vcpu_info, 32, fake_guest_put(&info, sizeof(info))), 0);
    cr_assert_eq(d->vcpus[32]->info->evtchn_upcall_mask, 1);
    cr_assert_eq(vcpu_op(VCPUOP_initialise, 32, arg), 0);
    cr_assert_eq(vcpu_op(VCPUOP_initialise, 31, arg), 0);
}

T(initialise_from_unmapped_memory_is_efault)
{
    cr_assert_eq(vcpu_op(VCPUOP_initialise, 1, 0x10), -EFAULT);
    cr_assert(!other->initialised);
}

/* ---- the context's checks ---- */

static int with(struct vcpu *v)
{
    int rc = vcpu_set_context(v, &ctx);

    good_context();
    return rc;
}

T(addresses_of_a_context_must_be_canonical)
{
    const uint64_t bad = 0x800000000000;
    uint64_t *fields[] = {&ctx.user_regs.rip,
                          &ctx.user_regs.rsp,
                          (uint64_t *)&ctx.kernel_sp,
                          (uint64_t *)&ctx.event_callback_eip,
                          (uint64_t *)&ctx.failsafe_callback_eip,
                          (uint64_t *)&ctx.syscall_callback_eip,
                          &ctx.fs_base,
                          &ctx.gs_base_kernel,
                          &ctx.gs_base_user,
                          (uint64_t *)&ctx.trap_ctxt[255].address};

    for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
        *fields[i] = bad;
        cr_assert_eq(with(other), -EINVAL, "field %u", i);
        cr_assert_eq(other->cr3_kernel, 0);
    }
    cr_assert_eq(with(other), 0);
}

T(ldt_of_a_context_must_be_aligned_and_the_guests)
{
    ctx.ldt_base = 0x1008;
    cr_assert_eq(with(other), -EINVAL);
    ctx.ldt_base = 0xffff800000000000;
    cr_assert_eq(with(other), -EINVAL);
    ctx.ldt_ents = 8193;
    cr_assert_eq(with(other), -EINVAL);
    ctx.ldt_ents = 8192;
    ctx.ldt_base = 0xffff880000000000;
    cr_assert_eq(with(other), 0);
    cr_assert_eq(other->ldt_ents, 8192);
}

T(a_context_in_user_mode_needs_a_user_table)
{
    ctx.flags = 0;
    cr_assert_eq(with(other), -EINVAL);
    ctx.flags = 0;
    ctx.ctrlreg[1] = 1002ull << 12;
    cr_assert_eq(with(other), 0);
    cr_assert_eq(other->in_kernel, 0);
    cr_assert_eq(other->cr3_user, 1002ull << 12);
}

T(a_bad_root_or_gdt_leaves_nothing_behind)
{
    ctx.ctrlreg[3] = 99999ull << 12;
    cr_assert_eq(with(other), -EINVAL);
    ctx.ctrlreg[3] = 0;
    cr_assert_eq(with(other), -EINVAL);
    ctx.ctrlreg[1] = 99999ull << 12;
    cr_assert_eq(with(other), -EINVAL);
    ctx.gdt_ents = 14 * 512 + 1;
    cr_assert_eq(with(other), -EINVAL);
    cr_assert_eq(other->cr3_kernel | other->cr3_user, 0);
    cr_assert(!other->initialised);
}

T(selectors_are_forced_to_ring_3_and_flags_to_what_a_guest_may_have)
{
    ctx.user_regs.rflags = ~0ull;
    ctx.trap_ctxt[14] = (struct trap_info){.vector = 14, .flags = 4, .cs = 0x10, .address = 0x1000};
    cr_assert_eq(with(other), 0);
    cr_assert_eq(other->regs.cs, 0x13);
    cr_assert_eq(other->regs.ss, 0x1b);
    cr_assert_eq(other->kernel_ss, 0x1b);
    cr_assert_eq(other->traps[14].cs, 0x13);
    cr_assert_eq(other->regs.rflags & 0x3000, 0, "IOPL is virtual only");
    cr_assert_eq(other->iopl, 3);
    cr_assert_eq(other->regs.rflags & 0x20200, 0x200, "IF on, VM off");
    ctx.user_regs.rflags = 0;
    cr_assert_eq(vcpu_set_context(d->vcpus[2], &ctx), 0);
    cr_assert_eq(d->vcpus[2]->regs.rflags, 0x202);
}

T(callbacks_mask_events_as_the_flags_say)
{
    ctx.flags |= VGCF_syscall_disables_events;
    cr_assert_eq(with(other), 0);
    cr_assert(other->cb_event.mask_events);
    cr_assert(other->cb_syscall.mask_events);
    cr_assert(!other->cb_failsafe.mask_events);
}

T(a_second_context_may_not_change_tables)
{
    cr_assert_eq(with(other), 0);
    ctx.user_regs.rip = 0x4000;
    cr_assert_eq(with(other), 0);
    cr_assert_eq(other->regs.rip, 0x4000);
    ctx.ctrlreg[3] = 1005ull << 12;
    cr_assert_eq(with(other), -EOPNOTSUPP);
    ctx.gdt_ents = 17;
    cr_assert_eq(with(other), -EOPNOTSUPP);
    ctx.ldt_ents = 1;
    cr_assert_eq(with(other), -EOPNOTSUPP);
    cr_assert_eq(other->cr3_kernel, 1000ull << 12);
}

T(mxcsr_of_a_context_cannot_hold_reserved_bits)
{
    static uint8_t area[1024] __attribute__((aligned(64)));

    memset(ctx.fpu_ctxt.x, 0xff, sizeof(ctx.fpu_ctxt.x));
    ctx.flags |= VGCF_I387_VALID;
    other->xsave = area;
    cr_assert_eq(with(other), 0);
    cr_assert_eq(*(uint32_t *)(area + 24), 0xffff);
    other->xsave = NULL;
}

/* ---- VCPUOP_register_vcpu_info ---- */

static long register_info(unsigned vcpu, uint64_t mfn, uint32_t offset)
{
    struct vcpu_register_vcpu_info info = {.mfn = mfn, .offset = offset};

    return vcpu_op(VCPUOP_register_vcpu_info, vcpu, fake_guest_put(&info, sizeof(info)));
}

T(vcpu_info_moves_with_its_contents_and_everything_counts_as_pending)
{
    struct vcpu_info *old = me->info,
                     *new = (struct vcpu_info *)((char *)frame_va(MFN(2000)) + 128);

    old->arch.cr2 = 0x1234;
    old->evtchn_upcall_mask = 1;
    cr_assert_eq(register_info(0, 2000, 128), 0);
    cr_assert_eq(me->info, new);
    cr_assert_eq(new->arch.cr2, 0x1234);
    cr_assert_eq(new->evtchn_upcall_mask, 1);
    cr_assert_eq(new->evtchn_upcall_pending, 1);
    cr_assert_eq(new->evtchn_pending_sel, ~0ull);
    cr_assert_neq(new->time.tsc_to_system_mul, 0);
}

T(vcpu_info_misplaced_is_enxio_twice_or_of_a_running_other_einval)
{
    cr_assert_eq(register_info(0, 2000, 4096 - 63), -ENXIO);
    cr_assert_eq(register_info(0, 2000, 4), -ENXIO);
    cr_assert_eq(register_info(0, 99999, 0), -EINVAL);
    cr_assert_eq(register_info(0, 2000, 4096 - 64), 0);
    cr_assert_eq(register_info(0, 2000, 0), -EINVAL);
    other->down = false;
    cr_assert_eq(register_info(1, 2000, 0), -EINVAL);
    other->down = true;
    cr_assert_eq(register_info(1, 2000, 0), 0);
}

/* ---- runstate ---- */

T(runstate_times_add_up_to_all_time_since_the_first_state)
{
    struct vcpu_runstate_info r;
    gva_t out = fake_guest_alloc(sizeof(r));
    uint64_t created = 1000 * MS;

    fake_now += 7 * MS;
    vcpu_block(me);
    go_to_exit();
    fake_now += 5 * MS;
    me->info->evtchn_upcall_pending = 1;
    vcpu_kick(me);
    fake_now += 2 * MS;
    go_to_exit();
    cr_assert_eq(fake_current, me);
    fake_now += 1 * MS;
    cr_assert_eq(vcpu_op(VCPUOP_get_runstate_info, 0, out), 0);
    memcpy(&r, fake_guest_ptr(out), sizeof(r));
    cr_assert_eq(r.state, RUNSTATE_running);
    cr_assert_eq(r.time[RUNSTATE_running], 8 * MS);
    cr_assert_eq(r.time[RUNSTATE_blocked], 5 * MS);
    cr_assert_eq(r.time[RUNSTATE_runnable], 2 * MS);
    cr_assert_eq(r.time[0] + r.time[1] + r.time[2] + r.time[3], fake_now - created);
    cr_assert_eq(vcpu_op(VCPUOP_get_runstate_info, 0, 0x10), -EFAULT);
}

T(the_runstate_area_is_written_at_once_and_at_each_switch)
{
    gva_t area = fake_guest_alloc(sizeof(struct vcpu_runstate_info));
    struct vcpu_runstate_info *r = fake_guest_ptr(area);
    struct vcpu_register_runstate_memory_area reg = {.addr.p = area};

    r->state = 77;
    cr_assert_eq(
        vcpu_op(VCPUOP_register_runstate_memory_area, 0, fake_guest_put(&reg, sizeof(reg))), 0);
    cr_assert_eq(r->state, RUNSTATE_running);
    vcpu_block(me);
    go_to_exit();
    cr_assert_eq(r->state, RUNSTATE_blocked);
    fake_now += 3 * MS;
    vcpu_wake(me);
    go_to_exit();
    cr_assert_eq(r->state, RUNSTATE_running);
    cr_assert_eq(r->time[RUNSTATE_blocked], 3 * MS);
    cr_assert_eq(r->state_entry_time, fake_now);

    reg.addr.p = 0xffff800000001000;
    cr_assert_eq(
        vcpu_op(VCPUOP_register_runstate_memory_area, 0, fake_guest_put(&reg, sizeof(reg))),
        -EFAULT);
}

T(the_runstate_update_flag_ends_up_clear_and_the_time_right)
{
    gva_t area = fake_guest_alloc(sizeof(struct vcpu_runstate_info));
    struct vcpu_runstate_info *r = fake_guest_ptr(area);
    struct vcpu_register_runstate_memory_area reg = {.addr.p = area};

    d->vm_assist = BIT(VMASST_TYPE_runstate_update_flag);
    r->state_entry_time = ~0ull;
    vcpu_op(VCPUOP_register_runstate_memory_area, 0, fake_guest_put(&reg, sizeof(reg)));
    cr_assert_eq(r->state_entry_time, me->runstate.state_entry_time);
    /* Only the last write may clear the flag: stop all writes after the first word. */
    fake_guest_limit = area + offsetof(struct vcpu_runstate_info, state_entry_time) + 8;
    vcpu_runstate_to_guest(me);
    fake_guest_limit = ~0ull;
    cr_assert_eq(r->state_entry_time >> 63, 0);
}

/* ---- timers ---- */

T(singleshot_fires_once_at_its_time)
{
    struct vcpu_set_singleshot_timer s = {.timeout_abs_ns = fake_now + 10 * MS};
    gva_t arg = fake_guest_put(&s, sizeof(s));

    cr_assert_eq(vcpu_op(VCPUOP_set_singleshot_timer, 0, arg), 0);
    clock_to(s.timeout_abs_ns - 1);
    cr_assert_eq(fake_virqs[VIRQ_TIMER], 0);
    clock_to(s.timeout_abs_ns);
    cr_assert_eq(fake_virqs[VIRQ_TIMER], 1);
    clock_to(s.timeout_abs_ns + 100 * MS);
    cr_assert_eq(fake_virqs[VIRQ_TIMER], 1);
}

T(a_past_singleshot_fires_at_once_whatever_its_flags)
{
    struct vcpu_set_singleshot_timer s = {.timeout_abs_ns = fake_now - 1};
    struct vcpu_set_singleshot_timer f = {.timeout_abs_ns = fake_now - 1,
                                          .flags = VCPU_SSHOTTMR_future};

    cr_assert_eq(vcpu_op(VCPUOP_set_singleshot_timer, 0, fake_guest_put(&f, sizeof(f))), 0);
    clock_to(fake_now);
    cr_assert_eq(fake_virqs[VIRQ_TIMER], 1);
    cr_assert_eq(vcpu_op(VCPUOP_set_singleshot_timer, 0, fake_guest_put(&s, sizeof(s))), 0);
    clock_to(fake_now);
    cr_assert_eq(fake_virqs[VIRQ_TIMER], 2);
}

T(singleshot_times_are_signed)
{
    struct vcpu_set_singleshot_timer never = {.timeout_abs_ns = ~0ull >> 1},
                                     past = {.timeout_abs_ns = ~0ull};

    cr_assert_eq(vcpu_op(VCPUOP_set_singleshot_timer, 0, fake_guest_put(&never, sizeof(never))), 0);
    clock_to(fake_now + (1ull << 60));
    cr_assert_eq(fake_virqs[VIRQ_TIMER], 0);
    cr_assert_eq(vcpu_op(VCPUOP_set_singleshot_timer, 0, fake_guest_put(&past, sizeof(past))), 0);
    clock_to(fake_now);
    cr_assert_eq(fake_virqs[VIRQ_TIMER], 1);
}

T(singleshot_of_another_vcpu_is_einval_before_the_argument_is_read)
{
    cr_assert_eq(vcpu_op(VCPUOP_set_singleshot_timer, 1, 0x10), -EINVAL);
    cr_assert_eq(vcpu_op(VCPUOP_stop_singleshot_timer, 1, 0), -EINVAL);
    cr_assert_eq(vcpu_op(VCPUOP_set_singleshot_timer, 0, 0x10), -EFAULT);
}

T(set_timer_op_sets_moves_and_cancels)
{
    uint64_t t = fake_now;

    cr_assert_eq(timer_op(t + 5 * MS), 0);
    cr_assert_eq(timer_op(t + 9 * MS), 0);
    clock_to(t + 6 * MS);
    cr_assert_eq(fake_virqs[VIRQ_TIMER], 0);
    cr_assert_eq(timer_op(0), 0);
    clock_to(t + 20 * MS);
    cr_assert_eq(fake_virqs[VIRQ_TIMER], 0);
    cr_assert_eq(timer_op(1), 0); /* long past */
    clock_to(fake_now);
    cr_assert_eq(fake_virqs[VIRQ_TIMER], 1);
}

T(set_timer_op_absurdly_far_fires_after_100_ms)
{
    uint64_t t = fake_now, far[] = {1ull << 63, ~0ull, t + (1ull << 50) + 200 * MS};

    for (unsigned i = 0; i < ARRAY_SIZE(far); i++) {
        t = fake_now;
        timer_op(far[i]);
        clock_to(t + 99 * MS);
        cr_assert_eq(fake_virqs[VIRQ_TIMER], i);
        clock_to(t + 100 * MS);
        cr_assert_eq(fake_virqs[VIRQ_TIMER], i + 1);
    }
    timer_op(t + (1ull << 49));
    cr_assert_eq(me->singleshot.deadline, t + (1ull << 49));
}

T(the_periodic_timer_of_a_vcpu_that_runs_elsewhere_is_begun_there)
{
    other->sched.on_cpu = true; /* on CPU 1, as far as a kick is concerned */
    other->sched.cpu = 1;
    other->work = 0;
    fake_kicks[1] = 0;
    time_set_periodic(other, 10 * MS);
    cr_assert(other->work & WORK_TIME);
    cr_assert_eq(fake_kicks[1], 1);
    other->work = 0;
    time_set_periodic(other, 0);
    cr_assert_eq(other->work, 0);
    other->sched.on_cpu = false;
    other->sched.cpu = 0;
}

T(periodic_ticks_while_it_runs_and_once_after_a_pause)
{
    struct vcpu_set_periodic_timer p = {.period_ns = 10 * MS};
    uint64_t t;

    cr_assert_eq(vcpu_op(VCPUOP_set_periodic_timer, 0, fake_guest_put(&p, sizeof(p))), 0);
    t = fake_now;
    fake_virqs[VIRQ_TIMER] = 0;
    for (unsigned i = 1; i <= 5; i++)
        clock_to(t + i * 10 * MS);
    cr_assert_eq(fake_virqs[VIRQ_TIMER], 5);
    me->info->evtchn_upcall_pending = 0;
    vcpu_block(me);
    go_to_exit();
    cr_assert_null(fake_current);
    clock_to(t + 100 * MS); /* a blocked vcpu is not ticked awake */
    cr_assert_eq(fake_virqs[VIRQ_TIMER], 5);
    vcpu_wake(me);
    go_to_exit();
    cr_assert_eq(fake_virqs[VIRQ_TIMER], 6);
    cr_assert_eq(vcpu_op(VCPUOP_stop_periodic_timer, 0, 0), 0);
    clock_to(t + 500 * MS);
    cr_assert_eq(fake_virqs[VIRQ_TIMER], 6);
}

T(period_below_1_ms_is_einval)
{
    struct vcpu_set_periodic_timer p = {.period_ns = MS - 1};

    cr_assert_eq(vcpu_op(VCPUOP_set_periodic_timer, 0, fake_guest_put(&p, sizeof(p))), -EINVAL);
    p.period_ns = ~0ull;
    cr_assert_eq(vcpu_op(VCPUOP_set_periodic_timer, 0, fake_guest_put(&p, sizeof(p))), -EINVAL);
    p.period_ns = MS;
    cr_assert_eq(vcpu_op(VCPUOP_set_periodic_timer, 0, fake_guest_put(&p, sizeof(p))), 0);
    cr_assert_eq(vcpu_op(VCPUOP_set_periodic_timer, 0, 0x10), -EFAULT);
}

/* ---- the rest of vcpu_op ---- */

T(send_nmi_marks_and_wakes_and_wants_no_argument)
{
    cr_assert_eq(vcpu_op(VCPUOP_send_nmi, 1, 8), -EINVAL);
    cr_assert_eq(vcpu_op(VCPUOP_send_nmi, 0, 0), 0);
    cr_assert(me->work & WORK_NMI);
    vcpu_block(me); /* an NMI is pending: no sleep */
    cr_assert(!me->blocked);
}

T(physid_is_told_to_the_control_domain_about_vcpus_that_cannot_move)
{
    struct vcpu_get_physid id = {77};
    gva_t arg = fake_guest_put(&id, sizeof(id));

    cr_assert_eq(vcpu_op(VCPUOP_get_physid, 0, arg), -EINVAL);
    d->privileged = true;
    cr_assert_eq(vcpu_op(VCPUOP_get_physid, 0, arg), 0); /* there is one CPU */
    cr_assert_eq(*(uint64_t *)fake_guest_ptr(arg), 0);
    cr_assert_eq(vcpu_op(VCPUOP_get_physid, 0, 0x10), -EFAULT);
    cpus_online |= BIT(1);
    cr_assert_eq(vcpu_op(VCPUOP_get_physid, 0, arg), -EINVAL);
    cpus_online = BIT(0);
    d->privileged = false;
}

T(the_time_area_is_kept_like_vcpu_info)
{
    gva_t area = fake_guest_alloc(sizeof(struct vcpu_time_info));
    struct vcpu_time_info *t = fake_guest_ptr(area);
    struct vcpu_register_time_memory_area reg = {.addr.p = area};

    cr_assert_eq(
        vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, fake_guest_put(&reg, sizeof(reg))), 0);
    cr_assert_eq(memcmp(&t->tsc_timestamp, &me->info->time.tsc_timestamp, sizeof(*t) - 8), 0);
    cr_assert_eq(t->version & 1, 0);
    fake_now += 5 * MS;
    time_vcpu_update(me);
    cr_assert_eq(memcmp(&t->tsc_timestamp, &me->info->time.tsc_timestamp, sizeof(*t) - 8), 0);
    reg.addr.p = 0xffff87fffffffff0;
    cr_assert_eq(
        vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, fake_guest_put(&reg, sizeof(reg))),
        -EFAULT);
}

/* ---- sched_op ---- */

T(block_unmasks_events_and_sleeps_until_one_comes)
{
    me->info->evtchn_upcall_mask = 1;
    cr_assert_eq(sched_op(SCHEDOP_block, 0), 0);
    cr_assert_eq(me->info->evtchn_upcall_mask, 0);
    go_to_exit();
    cr_assert_null(fake_current);
    cr_assert_eq(me->run, VCPU_BLOCKED);
    me->info->evtchn_upcall_pending = 1;
    vcpu_kick(me);
    go_to_exit();
    cr_assert_eq(fake_current, me);
}

T(block_with_an_event_pending_goes_on)
{
    me->info->evtchn_upcall_mask = 1;
    me->info->evtchn_upcall_pending = 1;
    cr_assert_eq(sched_op(SCHEDOP_block, 0), 0);
    cr_assert(!me->blocked);
    cr_assert_eq(me->work & WORK_RESCHED, 0);
}

static long poll_ports_of(evtchn_port_t a, evtchn_port_t b, unsigned n, uint64_t timeout)
{
    evtchn_port_t ports[2] = {a, b};
    struct sched_poll p = {.nr_ports = n, .timeout = timeout};

    set_xen_guest_handle(p.ports, (evtchn_port_t *)fake_guest_put(ports, sizeof(ports)));
    return sched_op(SCHEDOP_poll, fake_guest_put(&p, sizeof(p)));
}

T(poll_of_a_pending_port_returns_at_once_though_it_is_masked)
{
    fake_pending_port = 7;
    cr_assert_eq(poll_ports_of(6, 7, 2, 0), 0);
    cr_assert(!me->blocked);
    cr_assert_eq(me->poll_ports, 0);
}

T(poll_sleeps_until_its_port_is_raised)
{
    cr_assert_eq(poll_ports_of(7, 0, 1, 0), 0);
    cr_assert_eq(me->poll_ports, 1);
    cr_assert_eq(me->poll_port, 7);
    go_to_exit();
    cr_assert_null(fake_current);
    vcpu_wake(me);
    cr_assert_eq(me->poll_ports, 0);
    go_to_exit();
    cr_assert_eq(fake_current, me);
}

T(a_port_raised_between_poll_and_sleep_is_not_missed)
{
    cr_assert_eq(poll_ports_of(7, 0, 1, 0), 0);
    fake_pending_port = 7; /* masked, raised by a timer of this CPU */
    go_to_exit();
    cr_assert_eq(fake_current, me);
    cr_assert_eq(me->poll_ports, 0);
}

T(a_poll_that_was_woken_before_it_was_decided_does_not_sleep)
{
    vcpu_poll_begin(me);
    cr_assert_eq(me->domain->evtchn.pollers, 1);
    vcpu_wake(me);
    cr_assert(!vcpu_poll_narrow(me, 7));
    cr_assert_eq(me->poll_ports, 0);
    cr_assert_eq(me->domain->evtchn.pollers, 0);
}

T(what_a_late_waker_leaves_of_a_poll_is_counted_once)
{
    for (unsigned i = 0; i < 2; i++) {
        cr_assert_eq(poll_ports_of(7, 0, 1, 0), 0);
        cr_assert_eq(me->domain->evtchn.pollers, 1);
        me->blocked = false; /* by one that looked at poll_ports before the poll */
    }
    me->info->evtchn_upcall_mask = 1;
    cr_assert_eq(sched_op(SCHEDOP_block, 0), 0);
    cr_assert_eq(me->poll_ports, 0, "others' events are no reason to wake from this");
    cr_assert_eq(me->domain->evtchn.pollers, 0);
}

T(poll_ends_at_its_timeout)
{
    uint64_t t = fake_now;

    cr_assert_eq(poll_ports_of(7, 0, 1, t + 4 * MS), 0);
    go_to_exit();
    clock_to(t + 3 * MS);
    go_to_exit();
    cr_assert_null(fake_current);
    clock_to(t + 4 * MS);
    go_to_exit();
    cr_assert_eq(fake_current, me);
}

T(poll_refuses_too_many_ports_closed_ports_and_bad_lists)
{
    struct sched_poll p = {.nr_ports = 129};

    cr_assert_eq(sched_op(SCHEDOP_poll, fake_guest_put(&p, sizeof(p))), -EINVAL);
    cr_assert_eq(poll_ports_of(131071, 131072, 2, 0), -EINVAL);
    cr_assert_eq(poll_ports_of(0, 0, 1, 0), -EINVAL);
    cr_assert(!me->blocked);
    p.nr_ports = 1;
    cr_assert_eq(sched_op(SCHEDOP_poll, fake_guest_put(&p, sizeof(p))), -EFAULT);
    cr_assert(!me->blocked);
    cr_assert_eq(me->poll_ports, 0);
    cr_assert_eq(sched_op(SCHEDOP_poll, 0x10), -EFAULT);
}

T(shutdown_keeps_a_code_given_before)
{
    struct sched_shutdown s = {SHUTDOWN_suspend}, t = {SHUTDOWN_reboot};

    cr_assert_eq(sched_op(SCHEDOP_shutdown_code, fake_guest_put(&s, sizeof(s))), 0);
    cr_assert_eq(sched_op(SCHEDOP_shutdown_code, fake_guest_put(&t, sizeof(t))), 0);
    cr_assert_eq(d->state, DOM_ALIVE);
    cr_assert_eq(sched_op(SCHEDOP_shutdown, fake_guest_put(&t, sizeof(t))), 0);
    cr_assert_eq(d->state, DOM_SHUTDOWN);
    cr_assert_eq(d->shutdown_code, SHUTDOWN_suspend);
    cr_assert_eq(sched_op(SCHEDOP_shutdown, 0x10), -EFAULT);
}

T(remote_shutdown_is_for_the_control_domain)
{
    struct sched_remote_shutdown s = {.domain_id = 5, .reason = SHUTDOWN_reboot};
    gva_t arg = fake_guest_put(&s, sizeof(s));

    cr_assert_eq(sched_op(SCHEDOP_remote_shutdown, arg), -EPERM);
    s.domain_id = 77;
    cr_assert_eq(sched_op(SCHEDOP_remote_shutdown, fake_guest_put(&s, sizeof(s))), -ESRCH);
    s.domain_id = DOMID_SELF;
    cr_assert_eq(sched_op(SCHEDOP_remote_shutdown, fake_guest_put(&s, sizeof(s))), -ESRCH);
    cr_assert_eq(d->state, DOM_ALIVE);
    d->privileged = true;
    cr_assert_eq(sched_op(SCHEDOP_remote_shutdown, arg), 0);
    cr_assert_eq(fake_machine_shutdown, SHUTDOWN_reboot);
    d->privileged = false;
}

static long watchdog(uint32_t id, uint32_t timeout)
{
    struct sched_watchdog w = {id, timeout};

    return sched_op(SCHEDOP_watchdog, fake_guest_put(&w, sizeof(w)));
}

T(watchdogs_are_two_and_shut_the_domain_down_unless_fed)
{
    uint64_t t = fake_now;

    cr_assert_eq(watchdog(1, 5), -EINVAL);
    cr_assert_eq(watchdog(3, 5), -EINVAL);
    cr_assert_eq(watchdog(0, 5), 1);
    cr_assert_eq(watchdog(0, 50), 2);
    cr_assert_eq(watchdog(0, 5), 0xffffffe4);
    clock_to(t + 4000 * MS);
    cr_assert_eq(watchdog(1, 5), 0);
    clock_to(t + 8000 * MS);
    cr_assert_eq(d->state, DOM_ALIVE);
    cr_assert_eq(watchdog(2, 0), 0);
    cr_assert_eq(watchdog(2, 0), -EINVAL);
    clock_to(t + 9000 * MS);
    cr_assert_eq(d->state, DOM_SHUTDOWN);
    cr_assert_eq(d->shutdown_code, SHUTDOWN_watchdog);
}

T(unknown_sub_operations_are_enosys)
{
    cr_assert_eq(sched_op(8, 0), -ENOSYS);
    cr_assert_eq(sched_op(SCHEDOP_pin_override, 0), -EPERM);
    cr_assert_eq(hc_sched_op_compat(me, SCHEDOP_poll, 0, 0, 0, 0), -ENOSYS);
    cr_assert_eq(hc_sched_op_compat(me, SCHEDOP_yield, 0, 0, 0, 0), 0);
    cr_assert_eq(hc_sched_op_compat(me, SCHEDOP_shutdown, SHUTDOWN_reboot, 0, 0, 0), 0);
    cr_assert_eq(d->shutdown_code, SHUTDOWN_reboot);
}
