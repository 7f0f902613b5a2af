/* SPDX-License-Identifier: MIT */
#include "hypercall/mmu.h"

struct domain *mmu_frame_owner(struct vcpu *v, domid_t id)
{
    struct domain *d;

    if (likely(id == DOMID_SELF))
        return v->domain;
    d = id == v->domain->id ? NULL : domain_find_any(id);
    if (!d)
        refuse(v->domain, ESRCH, NO_SUCH_DOMAIN, id, 0, 0);
    return d;
}

void mmu_frame_owner_put(struct vcpu *v, struct domain *d)
{
    if (unlikely(d != v->domain))
        domain_put(d);
}

int mmu_may_touch(struct vcpu *v, struct domain *d)
{
    if (likely(d == v->domain) || v->domain->privileged)
        return 0;
    return refuse(v->domain, EPERM, NOT_PRIVILEGED, d->id, 0, 0);
}

int mmu_batch_begin(struct vcpu *v, struct mmu_batch *b, uint64_t list, uint64_t count, uint64_t pdone,
                    uint64_t arg4, long *rc)
{
    b->list = list;
    b->pdone = pdone;
    b->count = (uint32_t)count;
    b->done = b->done_before = 0;
    b->arg4 = (uint32_t)arg4;
    if (likely(!(b->count & MMU_PREEMPTED)))
        return 1;
    if (b->count == MMU_PREEMPTED && !list) {
        if (type_drain(v->domain, true) == -ERESTART)
            *rc = hypercall_restart(v, 0, MMU_PREEMPTED, 0, arg4, 0);
        else
            *rc = (int32_t)b->arg4;
        return 0;
    }
    b->count &= ~MMU_PREEMPTED;
    if (pdone)
        port_copy_from_guest(&b->done_before, pdone, sizeof(b->done_before));
    return 1;
}

/*
 * LIMIT: the dead tables of another domain are dropped without preemption: only the control domain can do
 * that, and what it drops so (a domain it has just built) is small.
 */
long mmu_batch_end(struct vcpu *v, struct mmu_batch *b, struct domain *tables_of, long rc)
{
    uint32_t total = b->done_before + b->done;

    if (unlikely(b->pdone))
        port_copy_to_guest(b->pdone, &total, sizeof(total)); /* a bad pointer only hurts the guest */
    if (unlikely(rc == -ERESTART))
        return hypercall_restart(v, b->list, (b->count - b->done) | MMU_PREEMPTED, b->pdone, b->arg4, 0);
    if (unlikely(tables_of != v->domain && type_drain_needed(tables_of)))
        type_drain(tables_of, false);
    if (unlikely(type_drain_needed(v->domain)) && type_drain(v->domain, true) == -ERESTART)
        return hypercall_restart(v, 0, MMU_PREEMPTED, 0, (uint32_t)rc, 0);
    return rc;
}

int mmu_vcpu_mask(struct vcpu *v, gva_t bitmap, cpumask_t *cpus)
{
    struct domain *d = v->domain;

    *cpus = 0;
    for (unsigned base = 0; base < d->max_vcpus; base += 64) {
        uint64_t word = 0;
        size_t bytes = min(DIV_ROUND_UP(d->max_vcpus - base, 8u), 8u);

        if (door_in(v, &word, bitmap + base / 8, bytes))
            return -EFAULT;
        for (; word; word &= word - 1) {
            unsigned id = base + (unsigned)__builtin_ctzll(word);
            struct vcpu *o = id < d->max_vcpus ? READ_ONCE(d->vcpus[id]) : NULL;

            /* One that comes to run now loads its tables afresh. */
            if (o && (o == v || READ_ONCE(o->sched.on_cpu)))
                *cpus |= BIT(o == v ? port_cpu() : READ_ONCE(o->sched.cpu));
        }
    }
    return 0;
}
