/* SPDX-License-Identifier: MIT */
/*
 * One stub per hypercall of abi/hypercalls.def: hypercall_<name>(...), with the types of the ABI.
 * Each returns what the hypervisor put into rax: a negated XEN_E* or a result.
 *
 * The stubs go through the hypercall page, whose filling is the hypervisor's own business; apps
 * named *-nopage are linked with a page of our own instead (hypercall_nopage.S). hypercall_raw()
 * takes any number and any argument and executes `syscall` itself: for tests of odd calls.
 *
 * hypercall_iret() does not exist as a stub: its frame is the stack. See entry.S.
 */
#ifndef PVGUEST_HYPERCALL_H
#define PVGUEST_HYPERCALL_H

#include "xen.h"

enum hypercall_number {
#define HYPERCALL(nr, name, nargs) HYPERCALL_NR_##name = nr,
#include "hypercalls.def"
#undef HYPERCALL
};

enum hypercall_nargs {
#define HYPERCALL(nr, name, nargs) HYPERCALL_NARGS_##name = nargs,
#include "hypercalls.def"
#undef HYPERCALL
};

/* The ABI allows the hypervisor to spoil the argument registers, hence "+". */
#define HYPERCALL_ASM_(name, ...)                                                                  \
    asm volatile("call hypercall_page + %c[off]"                                                   \
                 : "=a"(ret_), ##__VA_ARGS__                                                       \
                 : [off] "i"(HYPERCALL_NR_##name * 32)                                             \
                 : "memory")

#define HYPERCALL_CHECK_(name, n)                                                                  \
    _Static_assert(HYPERCALL_NARGS_##name == (n), #name ": stub and list disagree")

#define HYPERCALL_STUB1(name, t1, p1)                                                              \
    HYPERCALL_CHECK_(name, 1);                                                                     \
    static inline long hypercall_##name(t1 p1)                                                     \
    {                                                                                              \
        unsigned long a1_ = (unsigned long)(p1);                                                   \
        long ret_;                                                                                 \
        HYPERCALL_ASM_(name, "+D"(a1_));                                                           \
        return ret_;                                                                               \
    }

#define HYPERCALL_STUB2(name, t1, p1, t2, p2)                                                      \
    HYPERCALL_CHECK_(name, 2);                                                                     \
    static inline long hypercall_##name(t1 p1, t2 p2)                                              \
    {                                                                                              \
        unsigned long a1_ = (unsigned long)(p1), a2_ = (unsigned long)(p2);                        \
        long ret_;                                                                                 \
        HYPERCALL_ASM_(name, "+D"(a1_), "+S"(a2_));                                                \
        return ret_;                                                                               \
    }

#define HYPERCALL_STUB3(name, t1, p1, t2, p2, t3, p3)                                              \
    HYPERCALL_CHECK_(name, 3);                                                                     \
    static inline long hypercall_##name(t1 p1, t2 p2, t3 p3)                                       \
    {                                                                                              \
        unsigned long a1_ = (unsigned long)(p1), a2_ = (unsigned long)(p2);                        \
        unsigned long a3_ = (unsigned long)(p3);                                                   \
        long ret_;                                                                                 \
        HYPERCALL_ASM_(name, "+D"(a1_), "+S"(a2_), "+d"(a3_));                                     \
        return ret_;                                                                               \
    }

#define HYPERCALL_STUB4(name, t1, p1, t2, p2, t3, p3, t4, p4)                                      \
    HYPERCALL_CHECK_(name, 4);                                                                     \
    static inline long hypercall_##name(t1 p1, t2 p2, t3 p3, t4 p4)                                \
    {                                                                                              \
        unsigned long a1_ = (unsigned long)(p1), a2_ = (unsigned long)(p2);                        \
        unsigned long a3_ = (unsigned long)(p3);                                                   \
        register unsigned long a4_ asm("r10") = (unsigned long)(p4);                               \
        long ret_;                                                                                 \
        HYPERCALL_ASM_(name, "+D"(a1_), "+S"(a2_), "+d"(a3_), "+r"(a4_));                          \
        return ret_;                                                                               \
    }

#define HYPERCALL_STUB5(name, t1, p1, t2, p2, t3, p3, t4, p4, t5, p5)                              \
    HYPERCALL_CHECK_(name, 5);                                                                     \
    static inline long hypercall_##name(t1 p1, t2 p2, t3 p3, t4 p4, t5 p5)                         \
    {                                                                                              \
        unsigned long a1_ = (unsigned long)(p1), a2_ = (unsigned long)(p2);                        \
        unsigned long a3_ = (unsigned long)(p3);                                                   \
        register unsigned long a4_ asm("r10") = (unsigned long)(p4);                               \
        register unsigned long a5_ asm("r8") = (unsigned long)(p5);                                \
        long ret_;                                                                                 \
        HYPERCALL_ASM_(name, "+D"(a1_), "+S"(a2_), "+d"(a3_), "+r"(a4_), "+r"(a5_));               \
        return ret_;                                                                               \
    }

/* Any number, any arguments, by `syscall`; unused arguments are best given as 0. */
static inline long hypercall_raw(unsigned long nr, unsigned long a1, unsigned long a2,
                                 unsigned long a3, unsigned long a4, unsigned long a5)
{
    register unsigned long r10 asm("r10") = a4;
    register unsigned long r8 asm("r8") = a5;
    long ret;

    asm volatile("syscall"
                 : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                 : "0"(nr)
                 : "rcx", "r11", "memory");
    return ret;
}

HYPERCALL_STUB1(set_trap_table, const trap_info_t *, table)
HYPERCALL_STUB4(mmu_update, const mmu_update_t *, reqs, unsigned int, count, unsigned int *, done,
                unsigned int, domid)
HYPERCALL_STUB2(set_gdt, const unsigned long *, frames, unsigned int, entries)
HYPERCALL_STUB2(stack_switch, unsigned long, ss, unsigned long, rsp)
HYPERCALL_STUB3(set_callbacks, unsigned long, event, unsigned long, failsafe, unsigned long,
                syscall)
HYPERCALL_STUB1(fpu_taskswitch, int, set)
HYPERCALL_STUB2(sched_op_compat, int, cmd, unsigned long, arg)
HYPERCALL_STUB1(platform_op, struct xen_platform_op *, op)
HYPERCALL_STUB2(set_debugreg, int, reg, unsigned long, value)
HYPERCALL_STUB1(get_debugreg, int, reg)
HYPERCALL_STUB2(update_descriptor, uint64_t, maddr, uint64_t, descriptor)
HYPERCALL_STUB2(memory_op, unsigned int, cmd, void *, arg)
HYPERCALL_STUB2(multicall, multicall_entry_t *, calls, unsigned int, count)
HYPERCALL_STUB3(update_va_mapping, unsigned long, va, uint64_t, pte, unsigned long, flags)
HYPERCALL_STUB1(set_timer_op, uint64_t, timeout)
HYPERCALL_STUB1(event_channel_op_compat, void *, op)
HYPERCALL_STUB2(xen_version, int, cmd, void *, arg)
HYPERCALL_STUB3(console_io, int, cmd, int, count, char *, buffer)
HYPERCALL_STUB1(physdev_op_compat, void *, op)
HYPERCALL_STUB3(grant_table_op, unsigned int, cmd, void *, ops, unsigned int, count)
HYPERCALL_STUB2(vm_assist, unsigned int, cmd, unsigned int, type)
HYPERCALL_STUB4(update_va_mapping_otherdomain, unsigned long, va, uint64_t, pte, unsigned long,
                flags, unsigned int, domid)
HYPERCALL_STUB3(vcpu_op, int, cmd, unsigned int, vcpu, void *, arg)
HYPERCALL_STUB2(set_segment_base, unsigned int, which, unsigned long, base)
HYPERCALL_STUB4(mmuext_op, struct mmuext_op *, ops, unsigned int, count, unsigned int *, done,
                unsigned int, domid)
HYPERCALL_STUB1(xsm_op, void *, op)
HYPERCALL_STUB2(nmi_op, unsigned int, cmd, void *, arg)
HYPERCALL_STUB2(sched_op, int, cmd, void *, arg)
HYPERCALL_STUB2(callback_op, int, cmd, const void *, arg)
HYPERCALL_STUB2(xenoprof_op, int, cmd, void *, arg)
HYPERCALL_STUB2(event_channel_op, int, cmd, void *, arg)
HYPERCALL_STUB2(physdev_op, int, cmd, void *, arg)
HYPERCALL_STUB2(hvm_op, unsigned long, cmd, void *, arg)
HYPERCALL_STUB1(sysctl, void *, op)
HYPERCALL_STUB1(domctl, void *, op)
HYPERCALL_STUB2(kexec_op, unsigned long, cmd, void *, arg)
HYPERCALL_STUB5(argo_op, unsigned int, cmd, void *, arg1, void *, arg2, unsigned long, arg3,
                unsigned long, arg4)
HYPERCALL_STUB2(xenpmu_op, unsigned int, cmd, void *, arg)
HYPERCALL_STUB3(dm_op, unsigned int, domid, unsigned int, count, void *, buffers)
HYPERCALL_STUB5(hypfs_op, unsigned int, cmd, const char *, path, unsigned long, path_len, void *,
                buffer, unsigned long, buffer_len)
HYPERCALL_STUB1(mca, void *, op)
HYPERCALL_STUB2(philoxen_op, unsigned int, cmd, void *, arg)

/* A list entry without a stub does not compile. */
long hypercall_iret(void); /* Declared for this check alone. */
#define HYPERCALL(nr, name, nargs) _Static_assert(sizeof(&hypercall_##name) > 0, "");
#include "hypercalls.def"
#undef HYPERCALL

#endif
