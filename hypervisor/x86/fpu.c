/* SPDX-License-Identifier: MIT */
/*
 * Extended state (x87, SSE, AVX), saved and loaded whole at each switch between vcpus. Eager: it costs
 * one instruction each way, never shows a guest another's registers, and needs no #NM of our own.
 * LIMIT: AMD CPUs before Zen leave the x87 instruction and data pointers of the last guest in place.
 */
#include "core/log.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "x86/insn.h"
#include "x86/trap.h"

#define XSTATE_OFFERED 7ull /* x87, SSE, AVX */
#define CPUID1_ECX_XSAVE BIT(26)
#define FXSAVE_SIZE 512

uint64_t xcr0_host_mask;
static unsigned area_size = FXSAVE_SIZE;

void fpu_init_cpu(void)
{
    write_cr0((read_cr0() & ~(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE);
    if (cpuid_count(1, 0).c & CPUID1_ECX_XSAVE) {
        struct cpuid_regs r = cpuid_count(0xd, 0);

        write_cr4(read_cr4() | CR4_OSXSAVE);
        xcr0_host_mask = ((uint64_t)r.d << 32 | r.a) & XSTATE_OFFERED;
        xsetbv(0, xcr0_host_mask);
        area_size = cpuid_count(0xd, 0).b;
    }
}

unsigned port_xsave_size(void)
{
    return area_size;
}

static int fpu_alloc(struct vcpu *v)
{
    uint8_t *raw = xalloc(area_size + 64 + sizeof(void *));
    uint8_t *area;

    if (!raw)
        return -ENOMEM;
    area = (uint8_t *)ROUND_UP((uint64_t)raw + sizeof(void *), 64);
    ((void **)area)[-1] = raw;
    *(uint16_t *)area = 0x37f;            /* FCW */
    *(uint32_t *)(area + 24) = 0x1f80;    /* MXCSR */
    v->xsave = area;
    v->xcr0 = xcr0_host_mask ? 1 : 0;
    return 0;
}

void fpu_save(struct vcpu *v)
{
    if (v->cr0 & CR0_TS)
        write_cr0(read_cr0() & ~CR0_TS);
    if (xcr0_host_mask) {
        if (v->xcr0 != xcr0_host_mask)
            xsetbv(0, xcr0_host_mask);
        __asm__ volatile("xsave64 (%0)" ::"r"(v->xsave), "a"(~0u), "d"(~0u) : "memory");
    } else {
        __asm__ volatile("fxsave64 (%0)" ::"r"(v->xsave) : "memory");
    }
}

void fpu_restore(struct vcpu *v)
{
    if (xcr0_host_mask) {
        __asm__ volatile("xrstor64 (%0)" ::"r"(v->xsave), "a"(~0u), "d"(~0u) : "memory");
        if (v->xcr0 != xcr0_host_mask)
            xsetbv(0, v->xcr0);
    } else {
        __asm__ volatile("fxrstor64 (%0)" ::"r"(v->xsave) : "memory");
    }
    if (v->cr0 & CR0_TS)
        write_cr0(read_cr0() | CR0_TS);
}

#define CLEAR_STORES 64 /* in one round */
#define CLEAR_STEP 1024

_Static_assert(CLEAR_STEP == CLEAR_STORES * 16 && PAGE_SIZE % CLEAR_STEP == 0, "whole pages");

/*
 * Sixteen bytes an instruction, where string instructions count, and are emulated, as one for each eight. The registers are
 * those of whoever runs, and TS may be set for it. No vcpu is switched to meanwhile, and what an NMI executes has no vectors.
 */
void port_clear_pages(void *va, uint64_t nr)
{
    uint8_t *at = va, *end = at + nr * PAGE_SIZE;
    uint64_t cr0 = read_cr0(), saved[2];

    if (unlikely(cr0 & CR0_TS))
        write_cr0(cr0 & ~CR0_TS);
    __asm__ volatile("movups %%xmm0, %[saved]\n\t"
                     "pxor %%xmm0, %%xmm0\n"
                     "1:\n\t"
                     ".set offset, 0\n\t"
                     ".rept %c[stores]\n\t"
                     "movaps %%xmm0, offset(%[at])\n\t"
                     ".set offset, offset + 16\n\t"
                     ".endr\n\t"
                     "add %[step], %[at]\n\t"
                     "cmp %[end], %[at]\n\t"
                     "jb 1b\n\t"
                     "movups %[saved], %%xmm0"
                     : [at] "+r"(at), [saved] "=&m"(saved)
                     : [end] "r"(end), [stores] "i"(CLEAR_STORES), [step] "i"(CLEAR_STEP)
                     : "memory", "cc");
    if (unlikely(cr0 & CR0_TS))
        write_cr0(cr0);
}

/* XSETBV of the running guest. x87 always; AVX needs SSE (SDM vol. 1, 13.3). */
int fpu_set_xcr0(struct vcpu *v, uint64_t xcr0)
{
    if (!(xcr0 & 1) || (xcr0 & ~xcr0_host_mask) || ((xcr0 & 4) && !(xcr0 & 2)))
        return -EINVAL;
    v->xcr0 = xcr0;
    xsetbv(0, xcr0);
    return 0;
}

void port_load_ts(struct vcpu *v)
{
    if (v->cr0 & CR0_TS)
        write_cr0(read_cr0() | CR0_TS);
    else
        write_cr0(read_cr0() & ~CR0_TS);
}

int port_vcpu_init(struct vcpu *v)
{
    int rc = fpu_alloc(v);

    if (rc)
        return rc;
    rc = desc_vcpu_init(v);
    if (rc)
        port_vcpu_free(v);
    return rc;
}

void port_vcpu_free(struct vcpu *v)
{
    if (v->xsave)
        xfree(((void **)v->xsave)[-1]);
    v->xsave = NULL;
}
