/* SPDX-License-Identifier: MIT */
#include "core/cpuid.h"
#include "core/emul_port.h"
#include "core/emulate.h"
#include "core/time.h"
#include "lib/string.h"
#include <xen/arch-x86/cpuid.h>

enum cpu_vendor cpu_vendor;
unsigned cpu_family;

static struct cpuid_policy policies[CPUID_POLICIES];
static bool host_osxsave, host_rdtscp;

/* Words of the feature list, where CPUID has them. */
#define NR_WORDS 16
#define F(name) FEATURE_##name

/* What a guest gets if the host has it. Not here, because a PV guest cannot use it or the
 * hypervisor does not switch its state: large and global pages, VME, SEP, the local APIC's
 * modes, MONITOR, SMEP, SMAP, UMIP, PKU, LA57, virtualisation, speculation controls, FSGSBASE,
 * RDTSCP and RDPID (TSC_AUX), data breakpoint masks, topology. */
static const uint16_t pv_features[] = {
    F(FPU),         F(DE),
    F(TSC),         F(MSR),
    F(PAE),         F(MCE),
    F(CX8),         F(MCA),
    F(CMOV),        F(PAT),
    F(CLFLUSH),     F(MMX),
    F(FXSR),        F(SSE),
    F(SSE2),        F(SS),
    F(SSE3),        F(PCLMULQDQ),
    F(SSSE3),       F(CX16),
    F(SSE4_1),      F(SSE4_2),
    F(MOVBE),       F(POPCNT),
    F(AESNI),       F(RDRAND),
    F(SYSCALL),     F(NX),
    F(MMXEXT),      F(FFXSR),
    F(LM),          F(3DNOWEXT),
    F(3DNOW),       F(LAHF_LM),
    F(ABM),         F(SSE4A),
    F(MISALIGNSSE), F(3DNOWPREFETCH),
    F(TBM),         F(BMI1),
    F(BMI2),        F(ERMS),
    F(RDSEED),      F(ADX),
    F(CLFLUSHOPT),  F(CLWB),
    F(SHA),         F(PREFETCHWT1),
    F(GFNI),        F(CLDEMOTE),
    F(FSRM),        F(SERIALIZE),
    F(CLZERO),      F(RSTR_FP_ERR_PTRS),
    F(SSB_NO),      F(BTC_NO),
    F(FZRM),        F(FSRS),
    F(FSRCS),       F(LFENCE_DISPATCH),
    F(NSCB),
};

/* Also for the control domain, which owns the firmware's tables, may ask for memory types, and sees how many processors share
 * a package. */
static const uint16_t control_features[] = {F(APIC), F(ACPI), F(ITSC), F(MTRR), F(HTT), F(CMP_LEGACY)};

/* Only if the toolstack says so: with it a guest cannot move to a machine of another rate. */
static const uint16_t max_features[] = {F(ITSC)};

/* These live in extended state; needs: XCR0 bits. */
#define XCR0_X87 1ull
#define XCR0_SSE 2ull
#define XCR0_AVX 4ull
#define XCR0_AVX512 0xe0ull
static const struct {
    uint16_t feature;
    uint8_t needs;
} xsave_features[] = {
    {F(XSAVE), 3},
    {F(XSAVEOPT), 3},
    {F(XSAVEC), 3},
    {F(XGETBV1), 3},
    {F(AVX), 7},
    {F(FMA), 7},
    {F(F16C), 7},
    {F(AVX2), 7},
    {F(XOP), 7},
    {F(FMA4), 7},
    {F(VAES), 7},
    {F(VPCLMULQDQ), 7},
    {F(AVX_VNNI), 7},
    {F(AVX512F), 0xe7},
    {F(AVX512DQ), 0xe7},
    {F(AVX512_IFMA), 0xe7},
    {F(AVX512CD), 0xe7},
    {F(AVX512BW), 0xe7},
    {F(AVX512VL), 0xe7},
    {F(AVX512_VBMI), 0xe7},
    {F(AVX512_VBMI2), 0xe7},
    {F(AVX512_VNNI), 0xe7},
    {F(AVX512_BITALG), 0xe7},
    {F(AVX512_VPOPCNTDQ), 0xe7},
    {F(AVX512_BF16), 0xe7},
};

#undef F

/* AMD repeats these bits of leaf 1 EDX in its extended leaf. */
#define COMMON_1D 0x0183f3ffu

/* The register that holds a word of features; NULL: none of CPUID's. */
static uint32_t *feature_word(struct cpuid_policy *p, unsigned word)
{
    switch (word) {
    case 0: return &p->basic[1].d;
    case 1: return &p->basic[1].c;
    case 2: return &p->ext[1].d;
    case 3: return &p->ext[1].c;
    case 4: return &p->xstate[1].a;
    case 5: return &p->feat[0].b;
    case 6: return &p->feat[0].c;
    case 7: return &p->ext[7].d;
    case 8: return &p->ext[8].b;
    case 9: return &p->feat[0].d;
    case 10: return &p->feat[1].a;
    case 11: return &p->ext[0x21].a;
    case 12: return &p->feat[1].b;
    case 13: return &p->feat[2].d;
    case 14: return &p->feat[1].c;
    case 15: return &p->feat[1].d;
    default: return NULL;
    }
}

bool cpuid_policy_has(const struct cpuid_policy *p, enum cpu_feature f)
{
    const uint32_t *w = feature_word((struct cpuid_policy *)p, f / 32);

    return w && *w >> f % 32 & 1;
}

const struct cpuid_policy *cpuid_policy_of(const struct domain *d)
{
    return unlikely(d->cpuid) ? d->cpuid
                              : &policies[d->privileged ? CPUID_POLICY_CONTROL : CPUID_POLICY_GUEST];
}

const struct cpuid_policy *cpuid_policy_system(enum cpuid_system_policy which)
{
    return &policies[which];
}

uint32_t cpuid_policy_word(const struct cpuid_policy *p, unsigned word)
{
    const uint32_t *w = feature_word((struct cpuid_policy *)p, word);

    return w ? *w : 0;
}

/* ---- at boot ---- */

static void read_host(struct cpuid_policy *p)
{
    uint32_t max_basic, max_ext;

    *p = (struct cpuid_policy){.xcr0 = xcr0_host_mask};
    port_cpuid(0, 0, &p->basic[0]);
    max_basic = p->basic[0].a = min(p->basic[0].a, CPUID_NR_BASIC - 1u);
    for (uint32_t i = 1; i <= max_basic; i++)
        port_cpuid(i, 0, &p->basic[i]);
    for (uint32_t i = 0; max_basic >= 4 && i < CPUID_NR_CACHE; i++)
        port_cpuid(4, i, &p->cache[i]);
    if (max_basic >= 7) {
        port_cpuid(7, 0, &p->feat[0]);
        p->feat[0].a = min(p->feat[0].a, CPUID_NR_FEAT - 1u);
        for (uint32_t i = 1; i <= p->feat[0].a; i++)
            port_cpuid(7, i, &p->feat[i]);
    }
    for (uint32_t i = 0; max_basic >= 0xd && i < CPUID_NR_XSTATE; i++)
        port_cpuid(0xd, i, &p->xstate[i]);
    port_cpuid(0x80000000, 0, &p->ext[0]);
    if (p->ext[0].a >> 16 != 0x8000)
        p->ext[0].a = 0x80000000;
    max_ext = p->ext[0].a = min(p->ext[0].a, 0x80000000u + CPUID_NR_EXT - 1);
    for (uint32_t i = 1; i <= (max_ext & 0xffff); i++)
        port_cpuid(0x80000000 + i, 0, &p->ext[i]);
}

static void identify(const struct cpuid_policy *host)
{
    const struct cpuid_leaf *v = &host->basic[0];
    uint32_t fms = host->basic[1].a;

    if (v->b == 0x756e6547 && v->d == 0x49656e69 && v->c == 0x6c65746e) /* GenuineIntel */
        cpu_vendor = VENDOR_INTEL;
    else if ((v->b == 0x68747541 && v->d == 0x69746e65 && v->c == 0x444d4163) || /* AuthenticAMD */
             (v->b == 0x6f677948 && v->d == 0x6e65476e && v->c == 0x656e6975))   /* HygonGenuine */
        cpu_vendor = VENDOR_AMD;
    else
        cpu_vendor = VENDOR_OTHER;
    cpu_family = fms >> 8 & 15;
    if (cpu_family == 15)
        cpu_family += fms >> 20 & 255;
}

static void allow(uint32_t *mask, unsigned feature)
{
    mask[feature / 32] |= 1u << feature % 32;
}

static void mask_features(struct cpuid_policy *p, enum cpuid_system_policy kind)
{
    bool control = kind == CPUID_POLICY_CONTROL, most = kind == CPUID_POLICY_MAX;
    uint32_t mask[NR_WORDS] = {0};
    uint64_t have = p->xcr0;

    for (unsigned i = 0; i < ARRAY_SIZE(pv_features); i++)
        allow(mask, pv_features[i]);
    for (unsigned i = 0; control && i < ARRAY_SIZE(control_features); i++)
        allow(mask, control_features[i]);
    for (unsigned i = 0; most && i < ARRAY_SIZE(max_features); i++)
        allow(mask, max_features[i]);
    for (unsigned i = 0; i < ARRAY_SIZE(xsave_features); i++)
        if ((have & xsave_features[i].needs) == xsave_features[i].needs)
            allow(mask, xsave_features[i].feature);
    for (unsigned w = 0; w < NR_WORDS; w++)
        *feature_word(p, w) &= mask[w];
    p->basic[1].c |= 1u << FEATURE_HYPERVISOR % 32;
    if (cpu_vendor == VENDOR_AMD)
        p->ext[1].d |= p->basic[1].d & COMMON_1D;
}

static void clear(struct cpuid_leaf *leaves, unsigned first, unsigned last)
{
    memset(leaves + first, 0, sizeof(*leaves) * (last - first + 1));
}

/* What is no single feature bit: topology, power, debugging, and vendors' leaves. */
static void mask_leaves(struct cpuid_policy *p, bool control)
{
    bool amd = cpu_vendor == VENDOR_AMD;

    p->basic[1].a &= 0x0fff0fff;
    p->basic[1].b &= control ? 0x00ffff00 : 0x0000ff00; /* no APIC id; CLFLUSH's size stays */
    clear(p->basic, 3, 0xc);
    for (unsigned i = 0; i < CPUID_NR_CACHE; i++)
        p->cache[i].a &= control ? ~0u : 0x3fff;
    p->ext[7].a = p->ext[7].b = p->ext[7].c = 0;
    p->ext[8].a = (p->ext[8].a & 0xff) | 48 << 8; /* linear addresses: no five-level tables */
    p->ext[8].c = control && amd ? p->ext[8].c & 0xf0ff : 0;
    p->ext[8].d = 0;
    clear(p->ext, 9, 0x18);
    clear(p->ext, 0x1b, 0x20);
    p->ext[0x21].b = p->ext[0x21].c = p->ext[0x21].d = 0;
    if (amd) {
        /* Serialising LFENCE is what DE_CFG says too, whatever leaves the CPU itself has. */
        p->ext[0].a = 0x80000021;
        p->ext[0x21].a |= 1u << FEATURE_LFENCE_DISPATCH % 32;
        clear(p->basic, 2, 2);
        memset(p->cache, 0, sizeof(p->cache));
        p->ext[1].b &= 0xff00ffff;
    } else {
        p->ext[0].a = min(p->ext[0].a, 0x80000008u);
        p->ext[0].b = p->ext[0].c = p->ext[0].d = 0;
        p->ext[1].a = p->ext[1].b = 0;
        clear(p->ext, 5, 5);
        p->ext[6].a = p->ext[6].b = p->ext[6].d = 0;
    }
}

/* Bytes of an uncompressed save area for these components. */
static uint32_t xstate_size(const struct cpuid_policy *p, uint64_t xcr0)
{
    uint32_t size = 512 + 64;

    for (unsigned i = 2; i < CPUID_NR_XSTATE; i++)
        if (xcr0 & BIT(i))
            size = max(size, p->xstate[i].a + p->xstate[i].b);
    return size;
}

static void mask_xstate(struct cpuid_policy *p)
{
    uint64_t host = p->xstate[0].a | (uint64_t)p->xstate[0].d << 32;

    p->xcr0 &= host & (BIT(CPUID_NR_XSTATE) - 1);
    if (!cpuid_policy_has(p, FEATURE_XSAVE) || (p->xcr0 & 3) != 3) {
        memset(p->xstate, 0, sizeof(p->xstate));
        p->xcr0 = 0;
        return;
    }
    for (unsigned i = 2; i < CPUID_NR_XSTATE; i++)
        if (!(p->xcr0 & BIT(i)))
            p->xstate[i] = (struct cpuid_leaf){0};
    p->xstate[0] = (struct cpuid_leaf){.a = (uint32_t)p->xcr0, .c = xstate_size(p, p->xcr0)};
    p->xstate[1].b = p->xstate[1].c = p->xstate[1].d = 0;
}

void cpuid_init(void)
{
    struct cpuid_policy *host = &policies[CPUID_POLICY_HOST];

    read_host(host);
    identify(host);
    host_rdtscp = host->ext[1].d >> FEATURE_RDTSCP % 32 & 1;
    host_osxsave = host->basic[1].c >> FEATURE_OSXSAVE % 32 & 1;
    for (unsigned kind = 0; kind < CPUID_POLICY_HOST; kind++) {
        struct cpuid_policy *p = &policies[kind];

        *p = *host;
        mask_xstate(p);
        mask_features(p, kind);
        mask_leaves(p, kind == CPUID_POLICY_CONTROL);
    }
}

/* ---- for a domain of its own ---- */

static void limit_xstate(struct cpuid_policy *p, const struct cpuid_policy *most)
{
    p->xcr0 = (p->xstate[0].a | (uint64_t)p->xstate[0].d << 32) & most->xcr0;
    for (unsigned i = 2; i < CPUID_NR_XSTATE; i++)
        p->xstate[i] = most->xstate[i];
    for (unsigned i = 0; i < ARRAY_SIZE(xsave_features); i++) {
        unsigned f = xsave_features[i].feature;

        if ((p->xcr0 & xsave_features[i].needs) != xsave_features[i].needs)
            *feature_word(p, f / 32) &= ~(1u << f % 32);
    }
    mask_xstate(p);
}

/* Leaves above a limit that was lowered are gone. */
static void limit_leaves(struct cpuid_policy *p)
{
    uint32_t ext = p->ext[0].a < 0x80000000 ? 0 : p->ext[0].a - 0x80000000;

    if (p->basic[0].a + 1 < CPUID_NR_BASIC)
        clear(p->basic, p->basic[0].a + 1, CPUID_NR_BASIC - 1);
    if (p->basic[0].a < 4)
        memset(p->cache, 0, sizeof(p->cache));
    if (p->basic[0].a < 7)
        memset(p->feat, 0, sizeof(p->feat));
    else if (p->feat[0].a + 1 < CPUID_NR_FEAT)
        clear(p->feat, p->feat[0].a + 1, CPUID_NR_FEAT - 1);
    if (ext + 1 < CPUID_NR_EXT)
        clear(p->ext, ext + 1, CPUID_NR_EXT - 1);
}

void cpuid_policy_limit(struct cpuid_policy *p)
{
    const struct cpuid_policy *most = &policies[CPUID_POLICY_MAX];
    struct cpuid_leaf ext0 = p->ext[0];
    uint32_t pa_bits = min(p->ext[8].a & 0xff, most->ext[8].a & 0xff);

    p->basic[0].a = min(p->basic[0].a, most->basic[0].a);
    p->feat[0].a = min(p->feat[0].a, most->feat[0].a);
    for (unsigned w = 0; w < NR_WORDS; w++)
        *feature_word(p, w) &= *feature_word((struct cpuid_policy *)most, w);
    limit_xstate(p, most);
    p->basic[1].c |= 1u << FEATURE_HYPERVISOR % 32;
    mask_leaves(p, false);
    p->ext[0] = ext0;
    p->ext[0].a = min(ext0.a, most->ext[0].a);
    p->ext[8].a = (p->ext[8].a & ~0xffu) | (pa_bits ? pa_bits : most->ext[8].a & 0xff);
    limit_leaves(p);
}

/* ---- when a guest asks ---- */

static void tsc_leaf(const struct vcpu *v, uint32_t sub, struct cpuid_leaf *out)
{
    struct tsc_params tsc;
    uint64_t khz;

    port_tsc_params(&tsc);
    khz = tsc.mul ? (1000000ull << 32) / tsc.mul : 0;
    khz = tsc.shift >= 0 ? khz >> tsc.shift : khz << -tsc.shift;
    if (sub == 0)
        *out = (struct cpuid_leaf){.a = host_rdtscp ? BIT(2) : 0,
                                   .b = v->domain->tsc_mode,
                                   .c = v->domain->privileged ? 0 : (uint32_t)khz};
    else if (sub == 1 && !v->domain->privileged) /* the control domain has the machine's, which is not told here */
        *out = (struct cpuid_leaf){.c = tsc.mul, .d = (uint32_t)(int32_t)tsc.shift};
    else if (sub == 2)
        *out = (struct cpuid_leaf){.a = (uint32_t)khz};
}

static void hypervisor_leaf(const struct vcpu *v, uint32_t leaf, uint32_t sub,
                            struct cpuid_leaf *out)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll((max_mfn - 1) | 1);

    switch (leaf) {
    case 0x40000000:
        *out = (struct cpuid_leaf){0x40000000 + XEN_CPUID_MAX_NUM_LEAVES, XEN_CPUID_SIGNATURE_EBX,
                                   XEN_CPUID_SIGNATURE_ECX, XEN_CPUID_SIGNATURE_EDX};
        break;
    case 0x40000001: out->a = 0x00040011; break;
    case 0x40000002: /* hypercall pages, the MSR that writes them */
        *out = (struct cpuid_leaf){1, 0x40000000, XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD, 0};
        break;
    case 0x40000003: tsc_leaf(v, sub, out); break;
    case 0x40000005:
        if (sub == 0)
            out->b = bits + PAGE_SHIFT;
        break;
    case CPUID_PHILOXEN: /* "Phil" "oxen" "VMM" */
        *out = (struct cpuid_leaf){CPUID_PHILOXEN + 1, 0x6c696850, 0x6e65786f, 0x004d4d56};
        break;
    case CPUID_PHILOXEN + 1: /* version of the extensions (0: none yet), their hypercall */
        out->b = __HYPERVISOR_arch_1;
        break;
    default: break;
    }
}

static void basic_leaf(const struct vcpu *v, const struct cpuid_policy *p, uint32_t leaf,
                       uint32_t sub, bool forced, struct cpuid_leaf *out)
{
    switch (leaf) {
    case 1:
        *out = p->basic[1];
        /* The kernel is also shown what the hypervisor has set: Linux's workarounds for an old bug
         * of Xen's count on it. */
        if (v->cr4 & GUEST_CR4_OSXSAVE || (p->xcr0 && host_osxsave && forced && v->in_kernel))
            out->c |= 1u << FEATURE_OSXSAVE % 32;
        break;
    case 4:
        if (sub < CPUID_NR_CACHE)
            *out = p->cache[sub];
        break;
    case 7:
        if (sub < CPUID_NR_FEAT)
            *out = p->feat[sub];
        break;
    case 0xd:
        if (sub >= CPUID_NR_XSTATE)
            break;
        *out = p->xstate[sub];
        if (sub == 0 && p->xcr0)
            out->b = xstate_size(p, v->xcr0);
        /* LIMIT: the size without compaction, which is enough for it too. */
        if (sub == 1 && cpuid_policy_has(p, FEATURE_XSAVEC))
            out->b = xstate_size(p, v->xcr0);
        break;
    default: *out = p->basic[leaf];
    }
}

void cpuid_guest(const struct vcpu *v, uint32_t leaf, uint32_t sub, bool forced,
                 struct cpuid_leaf *out)
{
    const struct cpuid_policy *p = cpuid_policy_of(v->domain);

    *out = (struct cpuid_leaf){0};
    if (leaf <= p->basic[0].a)
        basic_leaf(v, p, leaf, sub, forced, out);
    else if (leaf >> 28 == 4)
        hypervisor_leaf(v, leaf, sub, out);
    else if (leaf >= 0x80000000 && leaf <= p->ext[0].a)
        *out = p->ext[leaf & 0xffff];
}
