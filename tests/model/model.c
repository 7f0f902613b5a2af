/* SPDX-License-Identifier: MIT */
/*
 * Random operations on the core, audited after each one.
 *
 *   model                 the kept seeds, then new ones until the time is over; each in its own process
 *   model SEED [OPS]      that one, with its log
 *
 * A few domains build, change, pin and drop page tables of their own and each other's frames, give and
 * take memory, grant pages, use events and die, with preemption at random places; some operations are
 * begun and never finished, as a hostile guest would. What is checked is not the answers but that all
 * counts still follow from what refers to what (frames_audit, grant_audit, evtchn_audit).
 */
#include "core/evtchn.h"
#include "core/grant.h"
#include "core/memory.h"
#include "core/sched.h"
#include "core/timer.h"
#include "fake_port.h"
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECONDS   18
#define OPS       1500
#define FRAMES    2048u
#define DOMAINS   4
#define MOST      180 /* frames of a domain */
#define MAPS      64

/* Seeds that found something once. */
static const uint64_t kept_seeds[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

/* Objects live in the arena, where the leak checker sees nothing and can only stumble. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }

static uint64_t rnd_state;
static struct domain *dom[DOMAINS];
static struct { struct domain *d; uint32_t handle; uint64_t pte; } maps[MAPS];

static uint32_t rnd(uint32_t below)
{
    rnd_state ^= rnd_state << 13;
    rnd_state ^= rnd_state >> 7;
    rnd_state ^= rnd_state << 17;
    return (uint32_t)((rnd_state * 0x2545f4914f6cdd1dull) >> 33) % below;
}

static bool chance(unsigned percent) { return rnd(100) < percent; }

/* ---- picking ---- */

static struct domain *any_domain(void)
{
    struct domain *d = dom[rnd(DOMAINS)];

    fake_current = d->vcpus[0];
    return d;
}

/* One of d's frames, MFN_INVALID if it has none; now and then something else. */
static mfn_t any_frame(struct domain *d)
{
    uint32_t n = d->pages.head;

    if (chance(3))
        return MFN(rnd(FRAMES + 20));
    if (n == FRAME_NIL)
        return MFN_INVALID;
    for (unsigned i = rnd((uint32_t)d->pages.count); i && frame_table[n].next != FRAME_NIL; i--)
        n = frame_table[n].next;
    return MFN(n);
}

/* Tables, if there are any: most of what is interesting happens to them. */
static mfn_t any_table(struct domain *d)
{
    mfn_t m = any_frame(d);

    for (unsigned i = 0; i < 12 && mfn_valid(m); i++, m = any_frame(d)) {
        uint32_t t = frame_of(m)->type;

        if ((t & TYPE_VALIDATED) && (t & TYPE_COUNT_MASK) && (t & TYPE_MASK) >= TYPE_L1 &&
            (t & TYPE_MASK) <= TYPE_L4)
            break;
    }
    return m;
}

static uint64_t any_entry(struct domain *d)
{
    static const uint64_t rare[] = { PTE_PS, PTE_G, PTE_PCD, PTE_PWT, 1ull << 52, 1ull << 9 };
    uint64_t e = PTE_P | (chance(60) ? PTE_RW : 0) | (chance(50) ? PTE_US : 0) |
                 (chance(30) ? PTE_A | PTE_D : 0) | (chance(20) ? PTE_NX : 0);

    if (chance(25))
        return chance(50) ? 0 : (uint64_t)rnd(1u << 30) << 1;
    if (chance(5))
        e |= rare[rnd(6)];
    return e | ((any_frame(d).n & ((1ull << 40) - 1)) << PAGE_SHIFT);
}

/* Few places, so that entries are overwritten and tables shared. */
static unsigned any_index(void) { return chance(90) ? rnd(12) : rnd(512); }

static void maybe_preempt(void) { fake_preempt_after = chance(30) ? (int)rnd(6) : -1; }

/* ---- memory ---- */

static void op_populate(void)
{
    struct domain *d = any_domain();
    mfn_t m;

    if (d->tot_pages < MOST)
        memory_populate(d, rnd(10000), chance(90) ? 0 : rnd(5), chance(10) ? 18 + rnd(5) : 0, &m);
}

static void op_remove(void)
{
    struct domain *d = any_domain();

    memory_remove(d, any_frame(d));
}

static void op_exchange(void)
{
    struct domain *d = any_domain();
    mfn_t m = any_frame(d), n;

    if (memory_steal(d, m))
        return;
    n = heap_alloc(0, chance(20) ? ALLOC_BITS(18) : 0);
    if (mfn_eq(n, MFN_INVALID)) {
        memory_unsteal(d, m);
        return;
    }
    memory_stolen_free(m);
    memory_assign(d, n, 0, rnd(10000));
}

static void op_scrub(void) { heap_scrub_some(); }

/* ---- page tables ---- */

/* What a guest does with its own writable pages: anything. */
static void op_write(void)
{
    struct domain *d = any_domain();
    mfn_t m = any_frame(d);

    if (frame_and_type_get(d, m, TYPE_WRITABLE, false))
        return;
    for (unsigned i = rnd(10); i; i--)
        ((uint64_t *)frame_va(m))[any_index()] = any_entry(d);
    if (chance(30))
        memset(frame_va(m), 0, PAGE_SIZE);
    frame_and_type_put(d, frame_of(m));
}

/* A table that has a good chance to be valid. */
static void op_build(void)
{
    struct domain *d = any_domain();
    mfn_t m = any_frame(d);
    uint32_t level = 1 + rnd(4);

    if (frame_and_type_get(d, m, TYPE_WRITABLE, false))
        return;
    memset(frame_va(m), 0, PAGE_SIZE);
    for (unsigned i = rnd(4); i; i--) {
        mfn_t c = any_frame(d);
        bool rw = mfn_valid(c) && ((frame_of(c)->type & TYPE_MASK) == TYPE_WRITABLE || chance(10));

        if (level > 1 && mfn_valid(c) && (frame_of(c)->type & TYPE_MASK) != (level - 1) * TYPE_L1 &&
            chance(70))
            continue;
        ((uint64_t *)frame_va(m))[any_index()] = pte_make(MFN(c.n & 0xffffffff),
                                                         PTE_P | (rw || level > 1 ? PTE_RW : 0));
    }
    frame_and_type_put(d, frame_of(m));
    maybe_preempt();
    table_pin(d, m, level * TYPE_L1);
    fake_preempt_after = -1;
}

static void op_pin(void)
{
    struct domain *d = any_domain();

    maybe_preempt();
    while (table_pin(d, any_frame(d), (1 + rnd(4)) * TYPE_L1) == -ERESTART && chance(50))
        fake_preempt_after = (int)rnd(4);
    fake_preempt_after = -1;
}

static void op_unpin(void)
{
    struct domain *d = any_domain();

    table_unpin(d, any_table(d));
}

static void op_drain(void)
{
    maybe_preempt();
    type_drain(any_domain(), chance(50));
    fake_preempt_after = -1;
}

static void op_entry(void)
{
    struct domain *d = any_domain(), *pg = d;
    mfn_t m = any_table(d);
    uint32_t type;

    if (!mfn_valid(m) || frame_of(m)->owner != d->id)
        return;
    type = frame_of(m)->type & TYPE_MASK;
    if (type < TYPE_L1 || type > TYPE_L4 || frame_and_type_get(d, m, type, false))
        return;
    if (d->privileged && chance(40))
        pg = dom[rnd(DOMAINS)];
    if (chance(3))
        pg = chance(50) ? dom_io : dom_xen;
    maybe_preempt();
    for (unsigned i = 1 + rnd(4); i; i--)
        entry_update(fake_current, d, pg, frame_of(m), any_index(),
                     any_entry(pg->is_system ? d : pg), chance(30));
    fake_preempt_after = -1;
    if (type == TYPE_L1 && chance(20)) {
        uint64_t seen = ((uint64_t *)frame_va(m))[3];

        entry_cmpxchg_l1(fake_current, d, frame_of(m), 3, seen, any_entry(d), &seen);
    }
    frame_and_type_put(d, frame_of(m));
}

static void op_base(void)
{
    struct domain *d = any_domain();
    struct vcpu *v = fake_current;
    uint64_t *cr3 = chance(50) ? &v->cr3_kernel : &v->cr3_user;
    mfn_t m = any_table(d);

    if (*cr3) {
        frame_and_type_put(d, frame_of(MFN(*cr3 >> PAGE_SHIFT)));
        *cr3 = 0;
    }
    maybe_preempt();
    if (!frame_and_type_get(d, m, TYPE_L4, true))
        *cr3 = m.n << PAGE_SHIFT;
    fake_preempt_after = -1;
}

static void op_descriptors(void)
{
    struct domain *d = any_domain();
    struct vcpu *v = fake_current;
    unsigned i = rnd(16);
    mfn_t m = any_frame(d);

    if (v->gdt_frames[i]) {
        frame_and_type_put(d, frame_of(MFN(v->gdt_frames[i])));
        v->gdt_frames[i] = 0;
    } else if (!frame_and_type_get(d, m, TYPE_SEGDESC, false)) {
        v->gdt_frames[i] = m.n;
    }
}

static void op_time(void)
{
    fake_now += rnd(30) * 1000000ull;
    timer_run();
}

/* ---- grants ---- */

static void op_grant(void)
{
    struct domain *from = dom[rnd(DOMAINS)], *to = dom[rnd(DOMAINS)];
    uint32_t ref = rnd(16);
    uint64_t *entry;
    mfn_t shared, m = any_frame(from);

    if (grant_frame_mfn(from, 0, &shared))
        return;
    entry = (uint64_t *)frame_va(shared) + ref;
    /* A guest changes its entry at any time, also while it is mapped. */
    *entry = chance(80) ? (uint64_t)(m.n & 0xffffffff) << 32 | (uint64_t)to->id << 16 | GTF_permit_access |
                              (chance(30) ? GTF_readonly : 0)
                        : 0;
}

static void op_grant_map(void)
{
    struct domain *d = any_domain();
    struct gnttab_map_grant_ref op = { .ref = rnd(17), .dom = dom[rnd(DOMAINS)]->id };
    mfn_t l1 = any_table(d);
    unsigned slot = rnd(MAPS);

    if (maps[slot].d || !mfn_valid(l1))
        return;
    op.flags = GNTMAP_host_map | GNTMAP_contains_pte | (chance(40) ? GNTMAP_readonly : 0) |
               (chance(10) ? GNTMAP_device_map : 0);
    op.host_addr = (l1.n << PAGE_SHIFT) + any_index() * 8;
    grant_map(fake_current, &op);
    if (op.status)
        return;
    maps[slot].d = d;
    maps[slot].handle = op.handle;
    maps[slot].pte = op.host_addr;
}

static void op_grant_unmap(void)
{
    unsigned slot = rnd(MAPS);
    struct gnttab_unmap_grant_ref op = { .host_addr = maps[slot].pte, .handle = maps[slot].handle };
    struct grant_unmap_batch b = { 0 };

    if (!maps[slot].d)
        return;
    fake_current = maps[slot].d->vcpus[0];
    grant_unmap(fake_current, &op, &b);
    grant_unmap_flush(fake_current, &b);
    if (!op.status)
        maps[slot].d = NULL;
}

/* ---- events ---- */

static void op_event(void)
{
    struct domain *d = any_domain(), *o = dom[rnd(DOMAINS)];
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = o->id };
    struct evtchn_bind_interdomain b = { .remote_dom = o->id, .remote_port = 1 + rnd(20) };
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct evtchn_bind_virq virq = { .virq = rnd(24), .vcpu = 0 };

    switch (rnd(7)) {
    case 0: evtchn_alloc_unbound(d, &a); break;
    case 1: evtchn_bind_interdomain(d, &b); break;
    case 2: evtchn_close(d, 1 + rnd(20)); break;
    case 3: evtchn_send(d, 1 + rnd(20)); break;
    case 4: evtchn_bind_ipi(d, &ipi); break;
    case 5: evtchn_bind_virq(d, &virq); break;
    case 6: evtchn_unmask(d, 1 + rnd(20)); break;
    }
}

/* ---- life ---- */

static struct domain *new_domain(domid_t id)
{
    struct domain *d;
    struct vcpu *v;

    if (domain_create(id, 1, id == 0, &d) || vcpu_create(d, 0, &v)) {
        fprintf(stderr, "a domain could not be made\n");
        exit(2);
    }
    d->max_pages = MOST + 32;
    return d;
}

static void op_destroy(void)
{
    unsigned i = 1 + rnd(DOMAINS - 1);
    struct domain *d = dom[i];
    int rc;

    if (!chance(15))
        return;
    fake_current = dom[0]->vcpus[0];
    for (unsigned s = 0; s < MAPS; s++)
        if (maps[s].d == d)
            maps[s].d = NULL;
    do {
        maybe_preempt();
        rc = domain_destroy(d);
    } while (rc == -ERESTART);
    fake_preempt_after = -1;
    if (rc)
        BUG();
    dom[i] = new_domain(DOMID_FIRST_RESERVED);
}

static const struct { void (*fn)(void); unsigned weight; const char *name; } ops[] = {
    { op_populate, 12, "populate" }, { op_remove, 4, "remove" }, { op_exchange, 3, "exchange" },
    { op_scrub, 1, "scrub" }, { op_write, 8, "write" }, { op_build, 20, "build" }, { op_pin, 8, "pin" },
    { op_unpin, 6, "unpin" }, { op_drain, 8, "drain" }, { op_entry, 30, "entry" }, { op_base, 5, "base" },
    { op_descriptors, 4, "descriptors" }, { op_time, 2, "time" }, { op_grant, 8, "grant" },
    { op_grant_map, 10, "grant_map" }, { op_grant_unmap, 6, "grant_unmap" }, { op_event, 8, "event" },
    { op_destroy, 2, "destroy" },
};

static void start(uint64_t seed)
{
    rnd_state = seed * 0x9e3779b97f4a7c15ull + 1;
    fake_frames = FRAMES;
    fake_reset();
    domain_system_init();
    sched_init("rr");
    sched_cpu_up(0);
    for (unsigned i = 0; i < DOMAINS; i++)
        dom[i] = new_domain((domid_t)i);
    for (unsigned i = 0; i < 60 * DOMAINS; i++)
        op_populate();
}

static void audit(uint64_t seed, unsigned n, const char *name)
{
    unsigned errors = frames_audit();

    for (unsigned i = 0; i < DOMAINS; i++)
        errors += grant_audit(dom[i]) + evtchn_audit(dom[i]);
    if (!errors)
        return;
    fprintf(stderr, "seed %lu: %u errors after operation %u, %s\n", (unsigned long)seed, errors, n, name);
    exit(1);
}

static void run_seed(uint64_t seed, unsigned count)
{
    unsigned total = 0;

    start(seed);
    for (unsigned i = 0; i < ARRAY_SIZE(ops); i++)
        total += ops[i].weight;
    for (unsigned n = 0; n < count; n++) {
        unsigned w = rnd(total), i = 0;

        while (w >= ops[i].weight)
            w -= ops[i++].weight;
        ops[i].fn();
        audit(seed, n, ops[i].name);
    }
}

/* In a process of its own: true if it went well. */
static bool try_seed(uint64_t seed)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        fake_quiet = true;
        run_seed(seed, OPS);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    if (!status)
        return true;
    printf("seed %lu failed: build/tests/model %lu\n", (unsigned long)seed, (unsigned long)seed);
    return false;
}

int main(int argc, char **argv)
{
    time_t end = time(NULL) + SECONDS;
    unsigned failed = 0, tried = 0;
    uint64_t seed = (uint64_t)time(NULL);

    if (argc > 1) {
        run_seed(strtoull(argv[1], NULL, 0), argc > 2 ? (unsigned)atoi(argv[2]) : OPS);
        printf("seed %s passed\n", argv[1]);
        return 0;
    }
    printf("new seeds from %lu\n", (unsigned long)seed);
    fflush(stdout);
    for (unsigned i = 0; i < ARRAY_SIZE(kept_seeds); i++, tried++)
        failed += !try_seed(kept_seeds[i]);
    for (; time(NULL) < end; seed++, tried++)
        failed += !try_seed(seed);
    printf("%u seeds of %u operations, %u failed\n", tried, OPS, failed);
    return failed != 0;
}
