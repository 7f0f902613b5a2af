/* SPDX-License-Identifier: MIT */
/*
 * Random operations on the core and the hypercalls, audited after each one.
 *
 *   model                 the kept seeds, then new ones until the time is over; each in its own
 *                         process
 *   model SEED [OPS]      that one, with its log
 *
 * A few domains build, change, pin and drop page tables of their own and each other's frames, give
 * and take memory, grant pages, use events and die, with preemption at random places; some
 * operations are begun and never finished, as a hostile guest would. What is checked is not the
 * answers but that all counts still follow from what refers to what (frames_audit, grant_audit,
 * evtchn_audit), that no domain maps what nobody gave it, that nothing is left when all domains
 * have died, and that each kind of operation succeeds now and then.
 */
#include "model.h"
#include "core/evtchn.h"
#include "core/sched.h"
#include "core/tlb.h"
#include "core/timer.h"
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECONDS 18
#define OPS 1200

/* The first ones, and seeds that found something once. */
static const uint64_t kept_seeds[] = {1, 2, 3, 4, 5, 6, 7, 8};

/* Objects live in the arena, where the leak checker sees nothing and can only stumble. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static const struct operation *const parts[] = {memory_ops, table_ops, grant_ops, life_ops};
#define MAX_OPS 64

/* In memory that the processes of all seeds share. */
static struct {
    unsigned long tried, succeeded;
} * tally; /* by operation, in the order of the parts */

static const struct operation *ops[MAX_OPS];
static unsigned nr_ops, total_weight;

static uint64_t now_seed;
static unsigned now_op;
static const char *now_name = "the start";

static void gather(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(parts); i++)
        for (const struct operation *op = parts[i]; op->fn; op++) {
            ops[nr_ops++] = op;
            total_weight += op->weight;
        }
    tally = mmap(NULL, MAX_OPS * sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0);
}

static void start(uint64_t seed);
static void finish(void);

static void failed(const char *what, unsigned long n)
{
    fprintf(stderr, "seed %lu: %s: %lu, in operation %u, %s\n", (unsigned long)now_seed, what, n,
            now_op, now_name);
    exit(1);
}

/* [TLB-1] */
static unsigned tlb_audit(void)
{
    static uint32_t last[NR_CPUS];
    unsigned errors = 0;

    for (unsigned i = 0; i < NR_CPUS; i++) {
        errors +=
            (int32_t)(tlb_clock - tlb_cpu_time[i]) < 0 || (int32_t)(tlb_cpu_time[i] - last[i]) < 0;
        last[i] = tlb_cpu_time[i];
    }
    return errors;
}

void audit(void)
{
    unsigned errors = frames_audit() + grants_isolation_audit() + tlb_audit();

    for (unsigned i = 0; i < DOMAINS; i++)
        errors += grant_audit(dom[i]) + evtchn_audit(dom[i]);
    if (errors)
        failed("errors", errors);
}

static void run_seed(uint64_t seed, unsigned count)
{
    now_seed = seed;
    start(seed);
    audit();
    for (now_op = 0; now_op < count; now_op++) {
        unsigned w = rnd(total_weight), i = 0;

        while (w >= ops[i]->weight)
            w -= ops[i++]->weight;
        now_name = ops[i]->name;
        tally[i].tried++;
        tally[i].succeeded += ops[i]->fn();
        never_preempt();
        audit();
    }
    now_name = "the end";
    finish();
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
    if (status)
        printf("FAIL seed-%lu: played back by build/tests/model %lu\n", (unsigned long)seed,
               (unsigned long)seed);
    fflush(stdout);
    return !status;
}

/* An operation that is always refused tests nothing. */
static unsigned idle_operations(bool all)
{
    unsigned idle = 0;

    for (unsigned i = 0; i < nr_ops; i++) {
        if (all)
            printf("%-16s %8lu of %8lu succeeded\n", ops[i]->name, tally[i].succeeded,
                   tally[i].tried);
        else if (!tally[i].succeeded)
            printf("FAIL %s: never succeeded\n", ops[i]->name);
        idle += !tally[i].succeeded;
    }
    return idle;
}

int main(int argc, char **argv)
{
    time_t end = time(NULL) + SECONDS;
    unsigned failed = 0, tried = 0;
    uint64_t seed = (uint64_t)time(NULL);

    gather();
    if (argc > 1) {
        run_seed(strtoull(argv[1], NULL, 0), argc > 2 ? (unsigned)atoi(argv[2]) : OPS);
        idle_operations(true);
        printf("seed %s passed\n", argv[1]);
        return 0;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(kept_seeds); i++)
        failed += !try_seed(kept_seeds[i]);
    if (!failed)
        printf("PASS kept_seeds\n");
    printf("new seeds from %lu\n", (unsigned long)seed);
    fflush(stdout);
    for (; time(NULL) < end; seed++, tried++)
        failed += !try_seed(seed);
    printf("%u new seeds of %u operations\n", tried, OPS);
    if (!failed)
        printf("PASS new_seeds\n");
    if (!idle_operations(false))
        printf("PASS every_operation_succeeds\n");
    else
        failed++;
    return failed != 0;
}

/* ---- picking ---- */

static uint64_t rnd_state;
struct domain *dom[DOMAINS];
bool control_meddles;

uint32_t rnd(uint32_t below)
{
    rnd_state ^= rnd_state << 13;
    rnd_state ^= rnd_state >> 7;
    rnd_state ^= rnd_state << 17;
    return (uint32_t)((rnd_state * 0x2545f4914f6cdd1dull) >> 33) % below;
}

struct domain *any_domain(void)
{
    struct domain *d = dom[rnd(DOMAINS)];

    fake_current = d->vcpus[rnd(d->max_vcpus)];
    return d;
}

mfn_t any_frame(struct domain *d)
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

mfn_t any_table(struct domain *d, uint32_t type)
{
    mfn_t m = any_frame(d);
    uint32_t n;

    if (!mfn_valid(m) || chance(2))
        return m;
    n = frame_of(m)->owner == d->id ? (uint32_t)m.n : d->pages.head;
    for (uint64_t i = 0; i < d->pages.count; i++) {
        uint32_t t = frame_table[n].type;

        if ((t & TYPE_VALIDATED) && (t & TYPE_COUNT_MASK) &&
            (type ? (t & TYPE_MASK) == type : (t & TYPE_MASK) - TYPE_L1 <= TYPE_L4 - TYPE_L1))
            return MFN(n);
        n = frame_table[n].next == FRAME_NIL ? d->pages.head : frame_table[n].next;
    }
    return m;
}

uint64_t any_entry(struct domain *d, mfn_t table)
{
    static const uint64_t rare[] = {PTE_PS, PTE_G, PTE_PCD, PTE_PWT, 1ull << 52, 1ull << 9};
    uint64_t e = PTE_P | (chance(60) ? PTE_RW : 0) | (chance(50) ? PTE_US : 0) |
                 (chance(30) ? PTE_A | PTE_D : 0) | (chance(20) ? PTE_NX : 0);
    uint32_t type = mfn_valid(table) ? frame_of(table)->type & TYPE_MASK : 0;
    mfn_t m;

    if (chance(25))
        return chance(50) ? 0 : (uint64_t)rnd(1u << 30) << 1;
    if (chance(5))
        e |= rare[rnd(6)];
    m = type > TYPE_L1 && type <= TYPE_L4 && chance(80) ? any_table(d, type - TYPE_L1)
                                                        : any_frame(d);
    return e | ((m.n & ((1ull << 40) - 1)) << PAGE_SHIFT);
}

unsigned any_index(void)
{
    return chance(90) ? rnd(12) : rnd(512);
}

/* Under the tables that tables_begin() makes, mostly. */
gva_t any_address(void)
{
    uint64_t upper =
        chance(90) ? 0 : (uint64_t)rnd(3) << 39 | (uint64_t)rnd(3) << 30 | rnd(3) << 21;

    return upper | any_index() << PAGE_SHIFT;
}

/* ---- calling ---- */

gva_t guest_args, guest_list;

void maybe_preempt(void)
{
    fake_preempt_after = chance(30) ? (int)rnd(6) : -1;
}
void never_preempt(void)
{
    fake_preempt_after = -1;
}

long call(hypercall_fn *fn, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    struct vcpu *v = fake_current;
    long rc;

    maybe_preempt();
    rc = fn(v, a1, a2, a3, a4, 0);
    while (v->hc_restart & HC_RESTART) {
        v->hc_restart = 0;
        never_preempt();
        audit();
        if (chance(5))
            return -ERESTART;
        maybe_preempt();
        rc = fn(v, v->hc_args[0], v->hc_args[1], v->hc_args[2], v->hc_args[3], v->hc_args[4]);
    }
    never_preempt();
    return rc;
}

/* ---- the machine ---- */

static uint64_t free_at_first;
/* Kept for ever: memory of a struct domain, which is used again, and the slabs' last pages. */
#define FRAMES_KEPT 16u

static void start(uint64_t seed)
{
    rnd_state = seed * 0x9e3779b97f4a7c15ull + 1;
    control_meddles = chance(25);
    fake_frames = FRAMES;
    fake_reset();
    guest_args = fake_guest_alloc(PAGE_SIZE);
    guest_list = fake_guest_alloc(GUEST_LIST_BYTES);
    domain_system_init();
    sched_init("rr");
    sched_cpu_up(0);
    free_at_first = heap_free_frames();
    for (unsigned i = 0; i < DOMAINS; i++) {
        dom[i] = new_domain((domid_t)i);
        tables_begin(dom[i]);
    }
}

/* All die; then nothing holds a domain or a frame any more. */
static void finish(void)
{
    struct domain *d;

    fake_current = dom[0]->vcpus[0];
    for (unsigned i = DOMAINS; i--;) {
        grants_forget(dom[i]);
        while (domain_destroy(dom[i]) == -ERESTART)
            ;
    }
    for (unsigned i = 0; i < 20; i++) { /* zombies are looked at from time to time */
        fake_now += 1000000000ull;
        timer_run();
    }
    d = domain_next(0);
    if (d)
        failed("a domain is left", d->id);
    if (frames_audit())
        failed("errors of frames", 0);
    if (heap_free_frames() + FRAMES_KEPT < free_at_first)
        failed("frames are missing", free_at_first - heap_free_frames());
}
