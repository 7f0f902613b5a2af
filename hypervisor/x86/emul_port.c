/* SPDX-License-Identifier: MIT */
/* What core's emulations ask of the machine: one instruction each. */
#include "core/emul_port.h"
#include "core/cpuid.h"
#include "core/emulate.h"
#include "x86/insn.h"
#include "x86/layout.h"

void port_cpuid(uint32_t leaf, uint32_t sub, struct cpuid_leaf *out)
{
    struct cpuid_regs r = cpuid_count(leaf, sub);

    *out = (struct cpuid_leaf){r.a, r.b, r.c, r.d};
}

bool port_rdmsr(uint32_t msr, uint64_t *val)
{
    return rdmsr_safe(msr, val);
}

uint64_t port_rdtsc(void)
{
    return rdtsc();
}

void port_wbinvd(void)
{
    wbinvd();
}

uint32_t port_io_in(uint16_t port, unsigned bytes)
{
    return bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
}

void port_io_out(uint16_t port, unsigned bytes, uint32_t val)
{
    if (bytes == 1)
        outb(port, (uint8_t)val);
    else if (bytes == 2)
        outw(port, (uint16_t)val);
    else
        outl(port, val);
}

static uint32_t base_msr(enum seg_base which)
{
    return MSR_FS_BASE + which; /* the three numbers are consecutive */
}

uint64_t port_base_get(enum seg_base which)
{
    return rdmsr(base_msr(which));
}

void port_base_set(enum seg_base which, uint64_t base)
{
    wrmsr(base_msr(which), base);
}

uint64_t port_load_gs_shadow_sel(uint16_t sel)
{
    uint32_t null = 0;
    uint64_t base;

    swapgs();
    /* AMD keeps the old base under a null selector: load the flat one first. */
    __asm__ volatile("mov %0, %%gs" ::"r"(SEL_DS) : "memory");
    __asm__ volatile("1: mov %k0, %%gs\n"
                     "jmp 3f\n"
                     "2: mov %k1, %%gs\n"
                     "3:\n" EX_TABLE("1b", "2b")::"r"((uint32_t)sel),
                     "r"(null)
                     : "memory");
    base = rdmsr(MSR_GS_BASE);
    swapgs();
    return base;
}

void port_load_cr4(struct vcpu *v)
{
    write_cr4(cr4_real_value(v, read_cr4()));
}

void port_load_xcr0(struct vcpu *v)
{
    xsetbv(0, v->xcr0);
}
