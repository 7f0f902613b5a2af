/* SPDX-License-Identifier: MIT */
/* A vcpu's life, its reasons to run or not, and the areas it shares with its guest. */
#include "core/vcpu.h"
#include "core/evtchn.h"
#include "core/log.h"
#include "core/pagetype.h"
#include "core/sched.h"
#include "core/time.h"
#include "lib/errno.h"
#include "lib/string.h"

#define PERIODIC_DEFAULT_NS 10000000ull /* a PV guest begins with a 100 Hz tick */

/* For vcpus beyond those with a place in shared_info, until they register one: masked forever. */
static struct vcpu_info dummy_info;

static struct vcpu_info *info_default(struct domain *d, unsigned id)
{
    if (id < XEN_LEGACY_MAX_VCPUS && d->shared_info)
        return &d->shared_info->vcpu_info[id];
    dummy_info.evtchn_upcall_mask = 1;
    return &dummy_info;
}

bool vcpu_has_info(const struct vcpu *v)
{
    return v->info != &dummy_info;
}

int vcpu_create(struct domain *d, unsigned id, struct vcpu **out)
{
    struct vcpu *v;
    int rc;

    if (id >= d->max_vcpus)
        return -EINVAL;
    if (d->vcpus[id])
        return -EEXIST;
    v = xnew(struct vcpu);
    if (!v)
        return -ENOMEM;
    v->domain = d;
    v->id = id;
    v->hc_nr = ~0u;
    v->in_kernel = 1;
    v->down = true;
    v->run = VCPU_OFFLINE;
    v->info_mfn = MFN_INVALID;
    v->info = info_default(d, id);
    v->runstate.state = RUNSTATE_offline;
    v->runstate.state_entry_time = port_now();
    v->periodic_ns = PERIODIC_DEFAULT_NS;
    time_vcpu_init(v);
    sched_vcpu_init(v);
    rc = port_vcpu_init(v);
    if (rc) {
        sched_vcpu_exit(v);
        xfree(v);
        return rc;
    }
    __atomic_store_n(&d->vcpus[id], v, __ATOMIC_RELEASE);
    if (out)
        *out = v;
    return 0;
}

void vcpu_destroy(struct vcpu *v)
{
    BUG_ON(v->sched.on_cpu || v->sched.queued);
    time_vcpu_exit(v);
    sched_vcpu_exit(v);
    vcpu_release_frames(v);
    v->domain->cpu_time_dead += v->sched.cpu_time;
    port_vcpu_free(v);
    v->domain->vcpus[v->id] = NULL;
    xfree(v);
}

static void put_machine_frame(struct domain *d, uint64_t mfn)
{
    frame_and_type_put(d, frame_of(MFN(mfn)));
}

void vcpu_release_frames(struct vcpu *v)
{
    struct domain *d = v->domain;

    if (v->cr3_kernel)
        put_machine_frame(d, v->cr3_kernel >> PAGE_SHIFT);
    if (v->cr3_user)
        put_machine_frame(d, v->cr3_user >> PAGE_SHIFT);
    v->cr3_kernel = v->cr3_user = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(v->gdt_frames); i++) {
        if (v->gdt_frames[i])
            put_machine_frame(d, v->gdt_frames[i]);
        if (v->ldt_frames[i])
            put_machine_frame(d, v->ldt_frames[i]);
        v->gdt_frames[i] = v->ldt_frames[i] = 0;
    }
    v->gdt_ents = v->ldt_ents = 0;
    if (!mfn_eq(v->info_mfn, MFN_INVALID)) {
        v->info = info_default(d, v->id);
        put_machine_frame(d, v->info_mfn.n);
        v->info_mfn = MFN_INVALID;
        v->info_page = NULL;
    }
    v->initialised = false;
}

/* ---- reasons to run or not ---- */

void vcpu_pause_nosync(struct vcpu *v)
{
    if (__atomic_add_fetch(&v->pause_count, 1, __ATOMIC_SEQ_CST) == 1)
        sched_update(v);
}

void vcpu_pause(struct vcpu *v)
{
    vcpu_pause_nosync(v);
    sched_wait_off_cpu(v);
}

void vcpu_unpause(struct vcpu *v)
{
    uint32_t left = __atomic_sub_fetch(&v->pause_count, 1, __ATOMIC_SEQ_CST);

    BUG_ON(left == ~0u);
    if (!left)
        sched_update(v);
}

/*
 * A poll and its wakers: v sets poll_ports, then blocked, and then looks at its ports; the waker makes a port pending,
 * looks at poll_ports, clears it, and only then clears blocked. So a waker that is late never ends the next poll without
 * waking v from it. What is left of poll_ports when v runs costs others a look, until v waits again.
 */
void vcpu_poll_end(struct vcpu *v)
{
    if (READ_ONCE(v->poll_ports) && __atomic_exchange_n(&v->poll_ports, 0, __ATOMIC_SEQ_CST))
        __atomic_sub_fetch(&v->domain->evtchn.pollers, 1, __ATOMIC_SEQ_CST);
}

void vcpu_block(struct vcpu *v)
{
    v->info->evtchn_upcall_mask = 0;
    vcpu_poll_end(v);
    __atomic_store_n(&v->blocked, true, __ATOMIC_SEQ_CST);
    if (vcpu_event_pending(v) || ((READ_ONCE(v->work) & WORK_NMI) && !v->nmi_blocked))
        __atomic_store_n(&v->blocked, false, __ATOMIC_SEQ_CST);
    else
        vcpu_set_work(v, WORK_RESCHED);
}

void vcpu_poll_begin(struct vcpu *v)
{
    if (!__atomic_exchange_n(&v->poll_ports, POLL_ANY, __ATOMIC_SEQ_CST))
        __atomic_add_fetch(&v->domain->evtchn.pollers, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&v->blocked, true, __ATOMIC_SEQ_CST);
}

bool vcpu_poll_narrow(struct vcpu *v, evtchn_port_t port)
{
    uint32_t any = POLL_ANY;

    WRITE_ONCE(v->poll_port, port);
    return __atomic_compare_exchange_n(&v->poll_ports, &any, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void vcpu_wake(struct vcpu *v)
{
    vcpu_poll_end(v);
    if (__atomic_exchange_n(&v->blocked, false, __ATOMIC_SEQ_CST))
        sched_update(v);
}

void vcpu_kick(struct vcpu *v)
{
    if (__atomic_load_n(&v->blocked, __ATOMIC_SEQ_CST))
        vcpu_wake(v);
    else if (__atomic_load_n(&v->sched.on_cpu, __ATOMIC_SEQ_CST) && v->sched.cpu != port_cpu())
        port_kick_cpu(v->sched.cpu);
}

/* ---- vcpu_info ---- */

static void info_move(struct vcpu *v, struct vcpu_info *new)
{
    if (vcpu_has_info(v)) {
        memcpy(new, v->info, sizeof(*new));
    } else {
        memset(new, 0, sizeof(*new));
        new->evtchn_upcall_mask = 1;
    }
    __atomic_store_n(&v->info, new, __ATOMIC_SEQ_CST);
}

int vcpu_register_info(struct vcpu *v, mfn_t m, unsigned offset)
{
    struct domain *d = v->domain;

    if (offset > PAGE_SIZE - sizeof(struct vcpu_info) || offset % _Alignof(struct vcpu_info))
        return refuse(d, ENXIO, VCPU_INFO_PLACE, m.n, offset, v->id);
    if (!mfn_eq(v->info_mfn, MFN_INVALID))
        return refuse(d, EINVAL, VCPU_INFO_TWICE, v->id, v->info_mfn.n, 0);
    if (v != port_current() && !v->down)
        return refuse(d, EINVAL, VCPU_NOT_DOWN, v->id, 0, 0);
    if (frame_and_type_get(d, m, TYPE_WRITABLE, false))
        return -EINVAL;
    v->info_page = frame_va(m);
    info_move(v, (struct vcpu_info *)((char *)frame_va(m) + offset));
    v->info_mfn = m;
    v->sched.time_cpu = ~0u;
    vcpu_set_work(v, WORK_TIME);
    /* An event raised in the old place meanwhile is not lost: everything counts as pending. */
    evtchn_redeliver(v);
    return 0;
}

/* ---- runstate ---- */

void vcpu_runstate_update(struct vcpu *v, int new_state, uint64_t now)
{
    if (!now)
        now = port_now();
    spin_lock(&v->runstate_lock);
    if (now > v->runstate.state_entry_time) {
        v->runstate.time[v->runstate.state] += now - v->runstate.state_entry_time;
        v->runstate.state_entry_time = now;
    }
    v->runstate.state = new_state;
    spin_unlock(&v->runstate_lock);
}

void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
    uint64_t now = port_now();

    spin_lock(&v->runstate_lock);
    *out = v->runstate;
    spin_unlock(&v->runstate_lock);
    if (now > out->state_entry_time)
        out->time[out->state] += now - out->state_entry_time;
}

/* Into the area the guest registered; v's address space is loaded. With the assist on, the guest
 * sees by a flag in state_entry_time that the words change under its eyes. A fault is the guest's. */
void vcpu_runstate_to_guest(struct vcpu *v)
{
    const size_t entry = offsetof(struct vcpu_runstate_info, state_entry_time);
    bool flag = v->domain->vm_assist & BIT(VMASST_TYPE_runstate_update_flag);
    struct vcpu_runstate_info copy;
    uint64_t word;

    spin_lock(&v->runstate_lock);
    copy = v->runstate;
    spin_unlock(&v->runstate_lock);
    if (flag) {
        word = copy.state_entry_time |= XEN_RUNSTATE_UPDATE;
        port_copy_to_guest(v->runstate_gva + entry, &word, sizeof(word));
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    }
    port_copy_to_guest(v->runstate_gva, &copy, sizeof(copy));
    if (flag) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        word = copy.state_entry_time & ~XEN_RUNSTATE_UPDATE;
        port_copy_to_guest(v->runstate_gva + entry, &word, sizeof(word));
    }
}

void vcpu_switched_to(struct vcpu *v)
{
    if (v->runstate_gva)
        vcpu_runstate_to_guest(v);
    if (v->sched.time_cpu != v->sched.cpu) {
        v->sched.time_cpu = v->sched.cpu;
        time_vcpu_update(v);
    }
    time_periodic_resume(v);
}
