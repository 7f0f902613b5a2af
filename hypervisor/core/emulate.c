/* SPDX-License-Identifier: MIT */
#include "core/emulate.h"
#include "core/cpuid.h"
#include "core/debugreg.h"
#include "core/emul_port.h"
#include "core/ioport.h"
#include "core/msr.h"
#include "core/pagetype.h"
#include "core/port.h"
#include "core/segdesc.h"
#include "lib/errno.h"

/* ---- shared ---- */

enum emul_result emul_fault(struct vcpu *v, uint8_t vector, bool has_error, uint32_t error)
{
    vcpu_inject(v, vector, has_error, error);
    return EMUL_FAULT;
}

enum emul_result emul_page_fault(struct vcpu *v, uint64_t va, uint32_t error)
{
    vcpu_inject_pf(v, va, error | (v->in_kernel ? 0 : PF_ERR_USER));
    return EMUL_FAULT;
}

void emul_debug_trap(struct vcpu *v, uint64_t dr6)
{
    v->dr[6] |= dr6 | DR6_FIXED_1;
    vcpu_inject(v, TRAP_DB_VECTOR, false, 0);
}

enum emul_result emul_decode_on(struct vcpu *v, uint8_t b[16], unsigned n, struct insn *i,
                                uint32_t fetch_error)
{
    unsigned left = (unsigned)port_copy_from_guest(b + n, v->regs.rip + n, INSN_MAX - n);
    int len = insn_decode(i, b, INSN_MAX - left);

    if (len > 0)
        return EMUL_DONE;
    return len == INSN_UNKNOWN ? EMUL_NOT
                               : emul_page_fault(v, v->regs.rip + INSN_MAX - left, fetch_error);
}

/* ---- control and debug registers ---- */

/* LIMIT: FSGSBASE and PKE are not offered. */
uint64_t cr4_guest_value(uint64_t val)
{
    uint64_t mask = GUEST_CR4_TSD | GUEST_CR4_DE | (xcr0_host_mask ? GUEST_CR4_OSXSAVE : 0);

    return (val & mask) | GUEST_CR4_VISIBLE;
}

uint64_t cr4_real_value(const struct vcpu *v, uint64_t host_cr4)
{
    const uint64_t guests = GUEST_CR4_TSD | GUEST_CR4_DE;

    return (host_cr4 & ~guests) | (v->cr4 & guests);
}

static uint64_t cr0_value(const struct vcpu *v)
{
    return GUEST_CR0_FIXED | (v->cr0 & GUEST_CR0_TS);
}

static void cr0_set_ts(struct vcpu *v, bool ts)
{
    v->cr0 = (v->cr0 & ~GUEST_CR0_TS) | (ts ? GUEST_CR0_TS : 0);
    port_load_ts(v);
}

/* 0, -EINVAL, or -ERESTART. */
static int cr3_set(struct vcpu *v, uint64_t val)
{
    struct domain *d = v->domain;
    mfn_t m = MFN(val >> PAGE_SHIFT), old = MFN(v->cr3_kernel >> PAGE_SHIFT);
    int rc;

    if (!mfn_valid(m))
        return -EINVAL;
    if (mfn_eq(m, old)) {
        port_load_cr3(v); /* a flush, as on a bare machine */
        return 0;
    }
    rc = frame_and_type_get(d, m, TYPE_L4, true);
    if (rc)
        return rc;
    v->cr3_kernel = m.n << PAGE_SHIFT;
    l4_show_m2p(m, true);
    port_load_cr3(v);
    if (old.n)
        frame_and_type_put(d, frame_of(old));
    if (type_drain_needed(d))
        vcpu_set_work(v, WORK_DRAIN);
    return 0;
}

static enum emul_result cr_read(struct vcpu *v, const struct insn *i)
{
    uint64_t val;

    switch (i->reg) {
    case 0: val = cr0_value(v); break;
    case 2: val = v->cr2; break;
    case 3: val = v->cr3_kernel & PTE_ADDR; break;
    case 4: val = cr4_guest_value(v->cr4); break;
    default: return EMUL_NOT;
    }
    gpr_set(&v->regs, i->rm, val);
    emul_retire(v, i->len);
    return EMUL_DONE;
}

static enum emul_result cr_write(struct vcpu *v, const struct insn *i)
{
    uint64_t val = gpr_get(&v->regs, i->rm);
    int rc;

    switch (i->reg) {
    case 0:
        if ((val ^ GUEST_CR0_FIXED) & ~GUEST_CR0_TS)
            return EMUL_NOT;
        cr0_set_ts(v, val & GUEST_CR0_TS);
        break;
    case 2: v->cr2 = WRITE_ONCE(v->info->arch.cr2, val); break;
    case 3:
        rc = cr3_set(v, val);
        if (rc)
            return rc == -ERESTART ? EMUL_DONE : EMUL_NOT; /* rip stays: executed again */
        break;
    case 4:
        v->cr4 = cr4_guest_value(val);
        port_load_cr4(v);
        break;
    default: return EMUL_NOT;
    }
    emul_retire(v, i->len);
    return EMUL_DONE;
}

static enum emul_result dr_access(struct vcpu *v, const struct insn *i, bool write)
{
    uint64_t val = 0;
    int rc;

    if (write)
        rc = debugreg_set(v, i->reg, gpr_get(&v->regs, i->rm));
    else
        rc = debugreg_get(v, i->reg, &val);
    if (rc)
        return rc == -ENODEV ? emul_fault(v, TRAP_UD_VECTOR, false, 0) : EMUL_NOT;
    if (!write)
        gpr_set(&v->regs, i->rm, val);
    emul_retire(v, i->len);
    return EMUL_DONE;
}

/* ---- the others ---- */

static uint64_t edx_eax(const struct cpu_user_regs *r)
{
    return (uint32_t)r->rax | r->rdx << 32;
}

static enum emul_result to_edx_eax(struct vcpu *v, unsigned len, uint64_t val)
{
    v->regs.rax = (uint32_t)val;
    v->regs.rdx = val >> 32;
    emul_retire(v, len);
    return EMUL_DONE;
}

static bool xcr0_valid(const struct vcpu *v, uint64_t val)
{
    const uint64_t avx512 = 0xe0;

    if (val & ~cpuid_policy_of(v->domain)->xcr0 || !(val & 1))
        return false;
    if (val & 4 && !(val & 2))
        return false;
    return !(val & avx512) || ((val & avx512) == avx512 && val & 4);
}

static enum emul_result xsetbv_insn(struct vcpu *v, const struct insn *i)
{
    uint64_t val = edx_eax(&v->regs);

    if (!(v->cr4 & GUEST_CR4_OSXSAVE))
        return emul_fault(v, TRAP_UD_VECTOR, false, 0);
    if ((uint32_t)v->regs.rcx || !xcr0_valid(v, val))
        return EMUL_NOT;
    v->xcr0 = val;
    port_load_xcr0(v);
    emul_retire(v, i->len);
    return EMUL_DONE;
}

/* 0f 01: only two of its many. */
static enum emul_result group7(struct vcpu *v, const struct insn *i)
{
    if (i->mod != 3 || (i->rm & 7) != 1)
        return EMUL_NOT;
    if ((i->reg & 7) == 2)
        return xsetbv_insn(v, i);
    if ((i->reg & 7) == 7) /* rdtscp is not offered */
        return emul_fault(v, TRAP_UD_VECTOR, false, 0);
    return EMUL_NOT;
}

static enum emul_result msr_access(struct vcpu *v, const struct insn *i, bool write)
{
    uint32_t msr = (uint32_t)v->regs.rcx;
    uint64_t val;

    if (!write)
        return msr_read(v, msr, &val) ? to_edx_eax(v, i->len, val) : EMUL_NOT;
    if (!msr_write(v, msr, edx_eax(&v->regs)))
        return EMUL_NOT;
    emul_retire(v, i->len);
    return EMUL_DONE;
}

static void cpuid_to_regs(struct vcpu *v, bool forced)
{
    struct cpuid_leaf l;

    cpuid_guest(v, (uint32_t)v->regs.rax, (uint32_t)v->regs.rcx, forced, &l);
    v->regs.rax = l.a;
    v->regs.rbx = l.b;
    v->regs.rcx = l.c;
    v->regs.rdx = l.d;
}

/* What only a guest kernel may do; its user code keeps its #GP. */
static enum emul_result kernel_insn(struct vcpu *v, const struct insn *i)
{
    switch (i->opcode) {
    case INSN_0F(0x01): return group7(v, i);
    case INSN_0F(0x06): /* clts */ cr0_set_ts(v, false); break;
    case INSN_0F(0x09): /* wbinvd: only who can do DMA has a reason */
        if (v->domain->privileged)
            port_wbinvd();
        break;
    case INSN_0F(0x20): return cr_read(v, i);
    case INSN_0F(0x21): return dr_access(v, i, false);
    case INSN_0F(0x22): return cr_write(v, i);
    case INSN_0F(0x23): return dr_access(v, i, true);
    case INSN_0F(0x30): return msr_access(v, i, true);
    case INSN_0F(0x31): /* faults only with CR4.TSD, which does not bind the kernel */
        return to_edx_eax(v, i->len, port_rdtsc());
    case INSN_0F(0x32): return msr_access(v, i, false);
    default: return EMUL_NOT;
    }
    emul_retire(v, i->len);
    return EMUL_DONE;
}

enum emul_result emulate_privop(struct vcpu *v)
{
    enum emul_result r;
    struct insn i;
    uint8_t b[16];
    unsigned n;

    if (v->regs.cs != FLAT_RING3_CS64 && unlikely(!selector_is_code64(v, v->regs.cs)))
        return EMUL_NOT;
    n = emul_read(v, b, 0);
    if (unlikely(!n))
        return EMUL_FAULT;
    r = emul_decode(v, b, n, &i, 0);
    if (unlikely(r != EMUL_DONE))
        return r;
    if (unlikely(i.lock))
        return emul_fault(v, TRAP_UD_VECTOR, false, 0);
    switch (i.opcode) {
    case 0x6c ... 0x6f:
    case 0xe4 ... 0xe7:
    case 0xec ... 0xef: return ioport_insn(v, &i);
    case 0xfa: /* cli, sti: the guest masks events by its vcpu_info; nothing happens */
    case 0xfb:
        if (!ioport_iopl_ok(v))
            return EMUL_NOT;
        emul_retire(v, i.len);
        return EMUL_DONE;
    case INSN_0F(0xa2): /* only faulting CPUs come here */
        cpuid_to_regs(v, false);
        emul_retire(v, i.len);
        return EMUL_DONE;
    default: return v->in_kernel ? kernel_insn(v, &i) : EMUL_NOT;
    }
}

/* ud2, "xen", cpuid as a little-endian number. */
#define FORCED_CPUID 0xa20f6e65780b0full
#define FORCED_PREFIX 0x6e65780b0full

enum emul_result emulate_forced_cpuid(struct vcpu *v)
{
    uint64_t rip = v->regs.rip, word = 0;
    unsigned left = (unsigned)port_copy_from_guest(&word, rip, 7);

    if (unlikely(left)) /* as long as it may still be the prefix, what is missing is a page fault */
        return left <= 2 && (word & 0xffffffffffull) != FORCED_PREFIX
                   ? EMUL_NOT
                   : emul_page_fault(v, rip + 7 - left, 0);
    if (word != FORCED_CPUID)
        return EMUL_NOT;
    cpuid_to_regs(v, true);
    emul_retire(v, 7);
    return EMUL_DONE;
}
