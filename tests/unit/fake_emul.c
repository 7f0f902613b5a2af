/* SPDX-License-Identifier: MIT */
#include "fake_emul.h"
#include "core/vcpu.h"
#include <stdlib.h>
#include <string.h>

#define MAX_LEAVES 64
#define MAX_MSRS 16

__attribute__((weak)) cpumask_t cpus_online = 1; /* core/sched.c's, for core/heap.c */
uint64_t xcr0_host_mask;
unsigned port_xsave_size(void) { return 512 + 64 + 256; }
uint64_t fake_tsc, fake_base[3];
unsigned fake_wbinvds, fake_cr4_loads, fake_xcr0_loads, fake_ts_loads;
uint16_t fake_gs_sel;
uint8_t fake_ports[0x10000];
uint8_t fake_pci[256];
unsigned fake_io_count;
struct fake_io fake_io_last;

static struct {
    uint32_t leaf, sub;
    struct cpuid_leaf l;
} leaves[MAX_LEAVES];
static struct {
    uint32_t msr;
    uint64_t val;
} msrs[MAX_MSRS];
static unsigned nr_leaves, nr_msrs;

void fake_emul_reset(void)
{
    xcr0_host_mask = 0;
    fake_tsc = 0;
    memset(fake_base, 0, sizeof(fake_base));
    fake_wbinvds = fake_cr4_loads = fake_xcr0_loads = fake_ts_loads = 0;
    fake_gs_sel = 0;
    memset(fake_ports, 0xff, sizeof(fake_ports));
    memset(fake_pci, 0xff, sizeof(fake_pci));
    fake_io_count = 0;
    nr_leaves = nr_msrs = 0;
}

void fake_cpuid_set(uint32_t leaf, uint32_t sub, struct cpuid_leaf l)
{
    unsigned i = 0;

    while (i < nr_leaves && (leaves[i].leaf != leaf || leaves[i].sub != sub))
        i++;
    if (i == MAX_LEAVES)
        abort();
    leaves[i].leaf = leaf;
    leaves[i].sub = sub;
    leaves[i].l = l;
    if (i == nr_leaves)
        nr_leaves++;
}

void fake_msr_set(uint32_t msr, uint64_t val)
{
    if (nr_msrs == MAX_MSRS)
        abort();
    msrs[nr_msrs].msr = msr;
    msrs[nr_msrs++].val = val;
}

void fake_cpuid_qemu64(void)
{
    fake_cpuid_set(0, 0, (struct cpuid_leaf){0xd, 0x68747541, 0x444d4163, 0x69746e65});
    fake_cpuid_set(1, 0, (struct cpuid_leaf){0x00060fb1, 0x03020800, 0xc0802001, 0x178bfbff});
    fake_cpuid_set(7, 0, (struct cpuid_leaf){0, 0x80, 0, 0});
    fake_cpuid_set(0x80000000, 0,
                   (struct cpuid_leaf){0x8000000a, 0x68747541, 0x444d4163, 0x69746e65});
    fake_cpuid_set(0x80000001, 0, (struct cpuid_leaf){0x00060fb1, 0, 0x00000007, 0x2193fbfd});
    fake_cpuid_set(0x80000008, 0, (struct cpuid_leaf){0x3028, 0, 1, 0});
    fake_cpuid_set(0x8000000a, 0, (struct cpuid_leaf){1, 0x10, 0, 8});
}

void port_cpuid(uint32_t leaf, uint32_t sub, struct cpuid_leaf *out)
{
    *out = (struct cpuid_leaf){0};
    for (unsigned i = 0; i < nr_leaves; i++)
        if (leaves[i].leaf == leaf && leaves[i].sub == sub)
            *out = leaves[i].l;
}

bool port_rdmsr(uint32_t msr, uint64_t *val)
{
    for (unsigned i = 0; i < nr_msrs; i++)
        if (msrs[i].msr == msr) {
            *val = msrs[i].val;
            return true;
        }
    *val = 0;
    return false;
}

uint64_t port_rdtsc(void)
{
    return fake_tsc;
}
void port_wbinvd(void)
{
    fake_wbinvds++;
}

/* Where a port's bytes are kept. */
static uint8_t *port_bytes(uint16_t port)
{
    uint32_t index;

    if ((port & 0xfffc) != 0xcfc)
        return &fake_ports[port];
    memcpy(&index, &fake_ports[0xcf8], 4);
    return &fake_pci[(index & 0xfc) + (port & 3)];
}

uint32_t port_io_in(uint16_t port, unsigned bytes)
{
    uint32_t val = 0;

    memcpy(&val, port_bytes(port), bytes);
    fake_io_count++;
    fake_io_last = (struct fake_io){port, (uint8_t)bytes, false, val};
    return val;
}

void port_io_out(uint16_t port, unsigned bytes, uint32_t val)
{
    uint32_t low = bytes == 4 ? val : val & ((1u << bytes * 8) - 1);

    memcpy(port_bytes(port), &low, bytes);
    fake_io_count++;
    fake_io_last = (struct fake_io){port, (uint8_t)bytes, true, low};
}

uint64_t port_base_get(enum seg_base which)
{
    return fake_base[which];
}
void port_base_set(enum seg_base which, uint64_t base)
{
    fake_base[which] = base;
}

uint64_t port_load_gs_shadow_sel(uint16_t sel)
{
    fake_gs_sel = sel;
    return fake_base[BASE_GS_SHADOW] = (uint64_t)sel << 20;
}

void port_load_cr4(struct vcpu *v)
{
    (void)v;
    fake_cr4_loads++;
}
void port_load_xcr0(struct vcpu *v)
{
    (void)v;
    fake_xcr0_loads++;
}
__attribute__((weak)) void port_load_ts(struct vcpu *v)
{
    (void)v;
    fake_ts_loads++;
}
