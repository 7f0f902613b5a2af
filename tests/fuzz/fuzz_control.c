/* SPDX-License-Identifier: MIT */
/*
 * LINK: core/domain.c core/domain_death.c core/obituary.c core/vcpu.c core/vcpu_context.c core/sched.c core/sched_credit.c core/sched_rr.c core/sched_audit.c
 * LINK: core/timer.c core/time.c core/watchdog.c core/tlb.c core/frame.c core/heap.c core/pagetype.c core/entry.c core/log_dirty.c core/log_dirty_look.c core/memory.c
 * LINK: core/frame_audit.c core/evtchn.c core/evtchn_bind.c core/evtchn_fifo.c core/grant.c core/grant_map.c core/grant_copy.c
 * LINK: core/control.c core/cpuid.c core/cpupolicy.c core/hypercall_page.c hypercall/domctl.c hypercall/domctl_domain.c
 * LINK: hypercall/domctl_memory.c hypercall/domctl_vcpu.c hypercall/sysctl.c hypercall/sysctl_info.c hypercall/control.c
 * LINK: hypercall/cpu_policy.c hypercall/door.c
 */
/*
 * domctl and sysctl from the control domain with anything in their structures, one after the other: an errno, and at the end
 * every frame accounted for and every domain gone. An input is a row of operations: kind, number, domain, then words, each a
 * byte that says what it is (small, all ones, an address that can or cannot be read, eight bytes as they are).
 */
#include "core/cpuid.h"
#include "core/domain_death.h"
#include "core/e820.h"
#include "core/frame.h"
#include "core/sched.h"
#include "core/timer.h"
#include "fake_core.h"
#include "fake_emul.h"
#include "hypercall/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OPERATIONS_MAX 64
#define SCRATCH 65536u

struct e820_map machine_e820;
static const uint8_t *at, *end;
static gva_t scratch; /* lists that operations read and write */

/* The console and the debug keys are the machine's. */
size_t logring_read(char *buf, size_t n, uint32_t *index, bool clear, bool incremental)
{
    (void)clear;
    if (!incremental || *index > 1000)
        return 0;
    memset(buf, 'x', n);
    *index += (uint32_t)n;
    return n;
}

void debug_key(char key) { (void)key; }

static uint64_t bytes(unsigned n)
{
    uint64_t value = 0;

    while (n-- && at < end)
        value = value << 8 | *at++;
    return value;
}

static uint64_t word(void)
{
    uint8_t kind = (uint8_t)bytes(1);

    switch (kind % 8) {
    case 0: return 0;
    case 1: return kind >> 3;
    case 2: return ~0ull;
    case 3: return scratch + (kind >> 3) * 512u;
    case 4: return FAKE_GUEST_VA + FAKE_GUEST_BYTES - (kind >> 3);
    case 5: return 0xffff800000000000ull;
    case 6: return bytes(2);
    default: return bytes(8);
    }
}

/* The operation's structure in guest memory, at the end of what can be read or before. */
static gva_t structure(uint32_t cmd, uint32_t version, domid_t domain)
{
    union {
        uint64_t words[32];
        struct xen_domctl domctl;
        struct xen_sysctl sysctl;
    } u = {{0}};
    size_t head;

    if (version == XEN_DOMCTL_INTERFACE_VERSION && domain != DOMID_INVALID)
        u.domctl = (struct xen_domctl){.cmd = cmd, .interface_version = version, .domain = domain};
    else
        u.sysctl = (struct xen_sysctl){.cmd = cmd, .interface_version = version};
    head = domain != DOMID_INVALID ? offsetof(struct xen_domctl, u) : offsetof(struct xen_sysctl, u);
    for (size_t i = head / 8; i < sizeof(struct xen_domctl) / 8 && at < end; i++)
        u.words[i] = word();
    memcpy(fake_guest_ptr(scratch + SCRATCH), &u, sizeof(u));
    return scratch + SCRATCH;
}

static void run(void)
{
    struct vcpu *v = fake_current;
    uint8_t kind = (uint8_t)bytes(1), cmd = (uint8_t)bytes(1) % 100;
    domid_t domain = (domid_t)(kind & 0x80 ? bytes(2) : (kind >> 2) % 8);
    bool sysctl = kind & 1;
    gva_t arg = structure(cmd, XEN_DOMCTL_INTERFACE_VERSION, sysctl ? DOMID_INVALID : domain);

    fake_preempt_after = kind & 2 ? 3 : -1;
    for (unsigned n = 0; n < 200000; n++) {
        long rc = sysctl ? hc_sysctl(v, arg, 0, 0, 0, 0) : hc_domctl(v, arg, 0, 0, 0, 0);

        if (rc > 0 && !(v->hc_restart & HC_RESTART))
            abort(); /* an operation answers 0 or an errno */
        if (!(v->hc_restart & HC_RESTART))
            return;
        v->hc_restart = 0;
        fake_preempt_after = 3;
    }
    abort(); /* never done */
}

static struct domain *new_domain(domid_t id, unsigned vcpus)
{
    struct domain *d;

    if (domain_create(id, vcpus, id == 0, &d))
        abort();
    d->max_pages = 64;
    for (unsigned i = 0; i < vcpus; i++)
        if (vcpu_create(d, i, NULL))
            abort();
    return d;
}

static void destroy_all(void)
{
    fake_preempt_after = -1;
    fake_current = NULL;
    for (unsigned n = 0; n < 1000; n++) {
        struct domain *d = domain_next(0);

        if (!d)
            break;
        domain_destroy(d);
        domain_put(d);
        domain_reap();
    }
    if (domain_next(0) || frames_audit())
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fake_frames = 2048;
    fake_reset();
    fake_emul_reset();
    fake_cpuid_qemu64();
    cpuid_init();
    fake_quiet = true;
    timers_reset();
    domain_system_init();
    sched_init("credit2");
    sched_cpu_up(0);
    fake_current = new_domain(0, 1)->vcpus[0];
    new_domain(1, 2);
    scratch = fake_guest_alloc(SCRATCH + PAGE_SIZE);
    at = data, end = data + size;
    for (unsigned n = 0; n < OPERATIONS_MAX && at < end; n++)
        run();
    destroy_all();
    return 0;
}
