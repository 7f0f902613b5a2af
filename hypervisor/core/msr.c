/* SPDX-License-Identifier: MIT */
#include "core/msr.h"
#include "core/hypercall_page.h"
#include "core/cpuid.h"
#include "core/emul_port.h"
#include "core/emulate.h"
#include "core/log_dirty.h"
#include "core/pagetype.h"
#include "lib/string.h"

#define MSR_TSC 0x10u
#define MSR_APIC_BASE 0x1bu
#define MSR_UCODE_REV 0x8bu
#define MSR_MISC_ENABLE 0x1a0u
#define MSR_PAT 0x277u
#define MSR_HYPERCALL_PAGE 0x40000000u
#define MSR_EFER 0xc0000080u
#define MSR_FS_BASE 0xc0000100u
#define MSR_GS_BASE 0xc0000101u
#define MSR_SHADOW_GS_BASE 0xc0000102u
#define MSR_K8_SYSCFG 0xc0010010u

#define APIC_BASE_DEFAULT 0xfee00800ull /* enabled */
#define APIC_BASE_BSP BIT(8)
#define EFER_VISIBLE 0x4d01ull /* FFXSR NXE LMA LME SCE */
#define K8_SYSCFG_VISIBLE 0x740000ull

/* Who has the register. */
#define INTEL BIT(VENDOR_INTEL)
#define AMD BIT(VENDOR_AMD)
#define ANY (INTEL | AMD | BIT(VENDOR_OTHER))

/* What reading gives, what writing does. */
enum msr_rule {
    GP,
    ZERO,     /* reads 0; writes are ignored */
    CONSTANT, /* reads .value, sign-extended */
    HOST,     /* reads the CPU's own value */
    IF_ZERO,  /* writing anything but 0 is #GP */
    CONTROL,  /* reads the CPU's own for the control domain, which owns the memory map; else #GP */
};

struct msr_entry {
    uint32_t first, last;
    uint8_t vendors, read, write; /* enum msr_rule */
    int32_t value;
};

/* In the order of the numbers; ranges do not overlap, but one may stand for each vendor. */
static const struct msr_entry table[] = {
    {0x00, 0x01, ANY, ZERO, GP, 0},       /* P5 machine check */
    {0x17, 0x17, INTEL, HOST, GP, 0},     /* platform id */
    {0x3a, 0x3a, INTEL, CONSTANT, GP, 1}, /* feature control: locked */
    {MSR_UCODE_REV, MSR_UCODE_REV, INTEL, HOST, IF_ZERO, 0},
    {MSR_UCODE_REV, MSR_UCODE_REV, AMD, HOST, GP, 0},
    {0xc1, 0xc8, INTEL, ZERO, ZERO, 0},     /* performance counters */
    {0xce, 0xce, ANY, ZERO, GP, 0},         /* platform info */
    {0xe7, 0xe8, INTEL | AMD, GP, ZERO, 0}, /* MPERF, APERF */
    {0x140, 0x140, ANY, ZERO, IF_ZERO, 0},  /* misc features: no CPUID faulting */
    {0x179, 0x179, ANY, CONSTANT, ZERO, 2}, /* MCG_CAP: two banks, which never report */
    {0x17a, 0x17b, ANY, ZERO, ZERO, 0},     /* MCG_STATUS, MCG_CTL */
    {0x186, 0x189, INTEL, ZERO, ZERO, 0},   /* event select */
    {0x198, 0x198, INTEL, ZERO, GP, 0},     /* PERF_STATUS */
    {0x199, 0x199, INTEL, ZERO, ZERO, 0},   /* PERF_CTL */
    {0x19a, 0x19a, INTEL, GP, ZERO, 0},     /* THERM_CONTROL */
    {0x19c, 0x19c, INTEL, ZERO, GP, 0},     /* THERM_STATUS */
    {0x1b0, 0x1b0, INTEL, GP, ZERO, 0},     /* ENERGY_PERF_BIAS */
    {MSR_PAT, MSR_PAT, ANY, GP, GP, 0},     /* read below */
    {0x280, 0x29f, ANY, ZERO, ZERO, 0},     /* MCi_CTL2 */
    {0x309, 0x30b, INTEL, ZERO, ZERO, 0},   /* fixed counters */
    {0x345, 0x345, ANY, ZERO, GP, 0},       /* PERF_CAPABILITIES */
    {0x38d, 0x390, INTEL, ZERO, ZERO, 0},
    {0x400, 0x400, ANY, CONSTANT, ZERO, -1}, /* MC0_CTL: all errors on */
    {0x401, 0x403, ANY, ZERO, IF_ZERO, 0},   /* status, address, misc */
    {0x404, 0x404, ANY, CONSTANT, ZERO, -1}, /* MC1 */
    {0x405, 0x407, ANY, ZERO, IF_ZERO, 0},
    {0x408, 0x47f, ANY, ZERO, ZERO, 0},                         /* banks that are not there */
    {MSR_HYPERCALL_PAGE, MSR_HYPERCALL_PAGE, ANY, ZERO, GP, 0}, /* written below */
    {0xc0010000, 0xc0010007, AMD, ZERO, ZERO, 0},               /* K7 counters */
    {MSR_K8_SYSCFG, MSR_K8_SYSCFG, AMD, CONTROL, GP, 0},
    {0xc0010015, 0xc0010015, AMD, ZERO, ZERO, 0},     /* HWCR */
    {0xc0010016, 0xc001001a, AMD, CONTROL, GP, 0},    /* IORRs, TOP_MEM */
    {0xc001001d, 0xc001001d, AMD, CONTROL, GP, 0},    /* TOP_MEM2 */
    {0xc001001f, 0xc001001f, ANY, ZERO, ZERO, 0},     /* NB_CFG */
    {0xc0010041, 0xc0010042, AMD, ZERO, ZERO, 0},     /* FID/VID */
    {0xc0010058, 0xc0010058, AMD, ZERO, ZERO, 0},     /* MMIO_CONF_BASE, see family_lacks() */
    {0xc0010061, 0xc001006b, AMD, ZERO, ZERO, 0},     /* P-states */
    {0xc0010112, 0xc0010113, AMD, CONTROL, GP, 0},    /* TSEG */
    {0xc0010200, 0xc001020b, AMD, ZERO, ZERO, 0},     /* family 15h counters */
    {0xc0011029, 0xc0011029, AMD, CONSTANT, ZERO, 2}, /* DE_CFG: LFENCE serialises */
};

static bool family_lacks(uint32_t msr)
{
    return msr == 0xc0010058 && (cpu_family < 0x10 || cpu_family >= 0x17);
}

static const struct msr_entry *msr_find(uint32_t msr)
{
    unsigned low = 0, high = ARRAY_SIZE(table);

    while (low < high) { /* the first range that ends at msr or later */
        unsigned mid = (low + high) / 2;

        if (table[mid].last < msr)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < ARRAY_SIZE(table) && table[low].first <= msr; low++)
        if (table[low].vendors & BIT(cpu_vendor))
            return family_lacks(msr) ? NULL : &table[low];
    return NULL;
}

static bool efer_read(uint64_t *val)
{
    bool ok = port_rdmsr(MSR_EFER, val);

    *val &= EFER_VISIBLE;
    return ok;
}

/* Performance monitoring, MONITOR: not there. BTS, PEBS, xTPR: not available. */
static bool misc_enable_read(uint64_t *val)
{
    bool ok = port_rdmsr(MSR_MISC_ENABLE, val);

    *val = (*val & ~(BIT(7) | BIT(18))) | BIT(11) | BIT(12) | BIT(23);
    return ok;
}

static bool table_read(const struct vcpu *v, uint32_t msr, uint64_t *val)
{
    const struct msr_entry *e = msr_find(msr);

    if (!e)
        return false;
    *val = (uint64_t)(int64_t)e->value;
    switch ((enum msr_rule)e->read) {
    case ZERO:
    case CONSTANT: return true;
    case HOST: return port_rdmsr(msr, val);
    case CONTROL:
        if (!v->domain->privileged || !port_rdmsr(msr, val))
            return false;
        if (msr == MSR_K8_SYSCFG)
            *val &= K8_SYSCFG_VISIBLE;
        return true;
    default: return false;
    }
}

static bool policy_read(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    switch (msr) {
    case MSR_TSC: *val = port_rdtsc(); return true;
    case MSR_APIC_BASE: *val = APIC_BASE_DEFAULT | (v->id ? 0 : APIC_BASE_BSP); return true;
    case MSR_MISC_ENABLE: return misc_enable_read(val);
    case MSR_PAT: *val = MSR_PAT_VALUE; return true;
    case MSR_EFER: return efer_read(val);
    case MSR_FS_BASE: *val = port_base_get(BASE_FS); return true;
    case MSR_GS_BASE: *val = port_base_get(BASE_GS); return true;
    case MSR_SHADOW_GS_BASE: *val = port_base_get(BASE_GS_SHADOW); return true;
    default: return table_read(v, msr, val);
    }
}

bool msr_read(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    if (policy_read(v, msr, val))
        return true;
    /* A kernel that has no #GP handler yet would die of a register the CPU has: give it a 0. */
    if (v->traps[TRAP_GP_VECTOR].address || msr >> 16 == 0x4000 || !port_rdmsr(msr, val))
        return false;
    *val = 0;
    return true;
}

static bool base_write(enum seg_base which, uint64_t *copy, uint64_t val)
{
    if (!va_canonical(val))
        return false;
    port_base_set(which, val);
    *copy = val;
    return true;
}

static bool hypercall_page_write(struct domain *d, uint64_t val)
{
    mfn_t m = MFN(val >> PAGE_SHIFT);

    if (val & ~PAGE_MASK || !mfn_valid(m) || frame_and_type_get(d, m, TYPE_WRITABLE, false))
        return false;
    hypercall_page_init(frame_va(m));
    log_dirty_wrote(m);
    frame_and_type_put(d, frame_of(m));
    return true;
}

static bool table_write(uint32_t msr, uint64_t val)
{
    const struct msr_entry *e = msr_find(msr);

    if (!e)
        return false;
    return e->write == ZERO || (e->write == IF_ZERO && !val);
}

bool msr_write(struct vcpu *v, uint32_t msr, uint64_t val)
{
    uint64_t now;

    switch (msr) {
    case MSR_FS_BASE: return base_write(BASE_FS, &v->fs_base, val);
    case MSR_GS_BASE: return base_write(BASE_GS, &v->gs_base_kernel, val);
    case MSR_SHADOW_GS_BASE: return base_write(BASE_GS_SHADOW, &v->gs_base_user, val);
    case MSR_EFER: /* Linux writes back what it read */ return efer_read(&now) && val == now;
    case MSR_MISC_ENABLE: return port_rdmsr(msr, &now);
    case MSR_HYPERCALL_PAGE: return hypercall_page_write(v->domain, val);
    default: return table_write(msr, val);
    }
}
