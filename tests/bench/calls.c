/* SPDX-License-Identifier: MIT */
/* Hypercalls that change no page table. */
#include "bench.h"

#define TURNS 500
#define CALLS 16
#define UNKNOWN_CALL 63

extern void bench_iret(void);

static void bench_multicall(void)
{
    static multicall_entry_t calls[CALLS];

    /* Written once: results land in a field of their own. */
    for (unsigned int c = 0; c < CALLS; c++)
        calls[c] = (multicall_entry_t){.op = HYPERCALL_NR_xen_version, .args = {XENVER_version}};
    BENCH_PER("multicall_16", TURNS, CALLS, rc |= hypercall_multicall(calls, CALLS));
}

static void bench_descriptor(void)
{
    uint64_t *page = page_alloc();
    unsigned long frame = va_to_mfn(page);
    const uint64_t data_segment = 0x00cff3000000ffff;

    MUST(page_set_ro(page));
    MUST(hypercall_set_gdt(&frame, 512));
    BENCH("update_descriptor", TURNS,
          rc |= hypercall_update_descriptor((frame << PAGE_SHIFT) + 8, data_segment));
    MUST(hypercall_set_gdt(NULL, 0));
    MUST(page_set_rw(page));
    page_free(page);
}

/* A cancel is of a timer that is set, so it is measured together with setting it. */
static void bench_timer(void)
{
    uint64_t later = time_ns() + 100 * NS_PER_SEC;
    uint64_t set[SAMPLES], both[SAMPLES];
    long rc = 0;

    for (unsigned int s = 0; s < SAMPLES; s++) {
        set[s] = BENCH_TICKS(TURNS, rc |= hypercall_set_timer_op(later + i));
        both[s] = BENCH_TICKS(TURNS, {
            rc |= hypercall_set_timer_op(later + i);
            rc |= hypercall_set_timer_op(0);
        });
        both[s] -= set[s];
    }
    bench_report("set_timer_future", set, TURNS, rc);
    bench_report("set_timer_cancel", both, TURNS, rc);
}

void bench_calls(void)
{
    unsigned long stack = (unsigned long)page_alloc() + PAGE_SIZE;

    BENCH("null_call", TURNS, rc |= hypercall_xen_version(XENVER_version, NULL) <= 0);
    BENCH("unknown_call", TURNS, rc |= hypercall_raw(UNKNOWN_CALL, 0, 0, 0, 0, 0) + XEN_ENOSYS);
    bench_multicall();
    BENCH("iret", TURNS, bench_iret());
    BENCH("stack_switch", TURNS, rc |= hypercall_stack_switch(0xe02b, stack));
    BENCH("fpu_taskswitch", TURNS, rc |= hypercall_fpu_taskswitch(0));
    BENCH("set_segment_base", TURNS, rc |= hypercall_set_segment_base(SEGBASE_FS, 0x1000));
    bench_descriptor();
    bench_timer();
    BENCH("yield", TURNS, rc |= hypercall_sched_op(SCHEDOP_yield, NULL));
}
