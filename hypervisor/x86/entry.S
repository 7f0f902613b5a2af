/* SPDX-License-Identifier: MIT */
/*
 * All ways into the hypervisor and back to a guest.
 *
 * From ring 3 the CPU (or the syscall stub) builds the frame straight in the running vcpu's regs,
 * because TSS.RSP0 points to the end of that structure:
 *
 *     &v->regs.es  ->  (RSP0)
 *                      ss
 *                      rsp
 *                      rflags
 *                      cs
 *                      rip
 *                      error_code (low half), entry_vector (high half)
 *                      rdi rsi rdx rcx rax r8 r9 r10 r11 rbx rbp r12 r13 r14 r15
 *     &v->regs     ->
 *
 * Then RSP becomes the CPU's own stack (v->stack_top), empty, and RBX holds v through the C call.
 * NMI, #DF, #MC and #DB have stacks of their own (IST), because they can hit the first instructions
 * of a syscall, where RSP is still the guest's.
 */
#include "offsets.h"
#include "x86/layout.h"

#define HYPERCALL_IRET 23
#define VGCF_IN_SYSCALL 0x100
#define RFLAGS_NOT_FOR_GUESTS (3 << 12 | 1 << 17 | 3 << 19) /* IOPL, VM, VIF, VIP */
#define RFLAGS_IOPL (3 << 12)
#define RFLAGS_NOT_IN_HANDLER (1 << 8 | 1 << 14 | 1 << 16 | 1 << 17 | 1 << 18) /* TF, NT, RF, VM, AC */
#define HV_VIRT_START_43 0x1ffff0 /* HV_VIRT_START >> 43, the one value of the whole range */
#define VEC_SYSCALL 0x100 /* entry_vector of a frame built by the syscall stub */

        .text

/* Save all general registers below an error-code slot already pushed. */
.macro SAVE_GPRS
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %rax
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
.endm

.macro RESTORE_GPRS
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rax
        pop     %rcx
        pop     %rdx
        pop     %rsi
        pop     %rdi
.endm

/* ---- SYSCALL ---------------------------------------------------------------------------------
 * RIP in rcx, RFLAGS in r11, RSP still the guest's, no free register: one stub a CPU (LSTAR names
 * its own) that finds its words by RIP-relative addresses. */
        .globl  syscall_stubs, syscall32_stubs
.macro SYSCALL_STUBS entry
.set cpu_index, 0
.rept 64
        .balign 64
        mov     %rsp, syscall_scratch + cpu_index * 64(%rip)
        mov     cpus + cpu_index * CPU_SIZE + CPU_REGS_SS(%rip), %rsp
        pushq   syscall_scratch + cpu_index * 64(%rip)
        jmp     \entry
.set cpu_index, cpu_index + 1
.endr
.endm
        .balign 64
syscall_stubs:
        SYSCALL_STUBS syscall_entry
        .balign 64
syscall32_stubs:
        SYSCALL_STUBS syscall32_entry

/*
 * RSP is &v->regs.rsp. A hypercall saves what C may change. What C preserves, and what follows from the rest (rcx and
 * r11 are rip and rflags, cs and ss fixed), is saved on the ways out on which somebody may look at it: until then a
 * hypercall finds old values of rbp, r12 to r15, rcx, r11, cs and ss in v->regs.
 */
#define AT(field) (VCPU_##field - VCPU_rsp)(%rsp)
.macro SAVE_PRESERVED
        mov     %rbp, VCPU_rbp(%rbx)
        mov     %r12, VCPU_r12(%rbx)
        mov     %r13, VCPU_r13(%rbx)
        mov     %r14, VCPU_r14(%rbx)
        mov     %r15, VCPU_r15(%rbx)
.endm
.macro SAVE_IMPLIED
        mov     VCPU_rip(%rbx), %rcx
        mov     %rcx, VCPU_rcx(%rbx)
        mov     VCPU_rflags(%rbx), %rcx
        mov     %rcx, VCPU_r11(%rbx)
        movq    $SEL_CS64, VCPU_cs(%rbx)
        movq    $SEL_DS, VCPU_ss(%rbx)
.endm

        .balign 16
syscall_entry:
        cmp     $HYPERCALL_IRET, %eax
        je      iret_entry
syscall_no_iret:
        mov     %r11, AT(rflags)
        mov     %rcx, AT(rip)
        mov     %rdi, AT(rdi)
        mov     %rsi, AT(rsi)
        mov     %rdx, AT(rdx)
        mov     %rax, AT(rax)
        mov     %r8, AT(r8)
        mov     %r9, AT(r9)
        mov     %r10, AT(r10)
        mov     %rbx, AT(rbx)
        cmpb    $0, AT(IN_KERNEL)
        je      syscall_from_user

        /* Guest kernel: a hypercall. */
        movq    $0, AT(error_code)
        lea     -VCPU_rsp(%rsp), %rbx
        mov     VCPU_STACK_TOP(%rbx), %rsp
        cmp     $64, %rax
        jae     hypercall_unknown
        mov     %eax, VCPU_HC_NR(%rbx)
        mov     %r8, %r9
        mov     %r10, %r8
        mov     %rdx, %rcx
        mov     %rsi, %rdx
        mov     %rdi, %rsi
        mov     %rbx, %rdi
        lea     hypercall_table(%rip), %r10
        call    *(%r10,%rax,8)
hypercall_return:
        /* Anything to do before going back? One look at work and hc_restart. */
        cmpq    $0, VCPU_WORK(%rbx)
        jne     hypercall_rare
        mov     VCPU_INFO(%rbx), %rcx
        movzwl  (%rcx), %ecx             /* upcall pending in cl, mask in ch */
        test    %cl, %cl
        jne     hypercall_event
hypercall_resume:
        mov     VCPU_rip(%rbx), %rcx
        /* SYSRET to a non-canonical address faults in ring 0 on some CPUs. A SYSCALL in the upper half leaves none. */
        test    %rcx, %rcx
        jns     hypercall_low_rip
hypercall_sysret:
        mov     VCPU_rflags(%rbx), %r11
hypercall_restore:
        mov     VCPU_r10(%rbx), %r10
        mov     VCPU_r9(%rbx), %r9
        mov     VCPU_r8(%rbx), %r8
        mov     VCPU_rdi(%rbx), %rdi
        mov     VCPU_rsi(%rbx), %rsi
        mov     VCPU_rdx(%rbx), %rdx
        mov     VCPU_rsp(%rbx), %rsp
        mov     VCPU_rbx(%rbx), %rbx
        sysretq
hypercall_low_rip:
        mov     %rcx, %rdx
        shr     $47, %rdx
        jz      hypercall_sysret
hypercall_slow:
        mov     %rax, VCPU_rax(%rbx)
        SAVE_PRESERVED
        SAVE_IMPLIED
        jmp     exit_work_asm

/*
 * An event is pending, and this call is all there was: its frame goes to the guest's stack and SYSRET to the callback,
 * which takes rcx and r11 from the frame. Whatever is out of the ordinary, and a fault of the stores, goes the long way.
 */
hypercall_event:
        test    %ch, %ch
        jne     hypercall_resume
        cmpl    $0, VCPU_IRET_SPECIAL(%rbx)
        jne     hypercall_event_slow
        mov     VCPU_rsp(%rbx), %rsi
        and     $-16, %rsi
        sub     $56, %rsi
        /* Not the hypervisor's part. What is not canonical faults; the first store is the lowest. */
        mov     %rsi, %rdx
        shr     $43, %rdx
        cmp     $HV_VIRT_START_43, %edx
        je      hypercall_event_slow
        mov     VCPU_CB_EVENT(%rbx), %rcx
        mov     %rcx, %rdx
        sar     $47, %rdx
        cmp     $-1, %rdx
        jne     hypercall_event_slow
        mov     VCPU_rip(%rbx), %rdx
        mov     VCPU_rflags(%rbx), %r11
        mov     %r11d, %r8d
        and     $~RFLAGS_IOPL, %r8d
1:      mov     %rdx, (%rsi)             /* rcx */
2:      mov     %r11, 8(%rsi)
3:      mov     %rdx, 16(%rsi)           /* rip */
4:      movq    $SEL_CS64 & ~3, 24(%rsi) /* and the old mask, 0 */
5:      mov     %r8, 32(%rsi)
        mov     VCPU_rsp(%rbx), %rdx
6:      mov     %rdx, 40(%rsi)
7:      movq    $SEL_DS, 48(%rsi)
        mov     VCPU_INFO(%rbx), %rdx
        movb    $1, 1(%rdx)
        and     $~RFLAGS_NOT_IN_HANDLER, %r11d
        mov     %rsi, VCPU_rsp(%rbx)
        jmp     hypercall_restore
        .pushsection .ex_table, "a"
        .balign 4
        .irp    store, 1b, 2b, 3b, 4b, 5b, 6b, 7b
        .long   \store - .
        .long   hypercall_event_slow - .
        .endr
        .popsection
hypercall_event_slow:
        mov     %rax, VCPU_rax(%rbx)
        SAVE_PRESERVED
        SAVE_IMPLIED
        jmp     exit_event_asm

hypercall_unknown:
        mov     %rbx, %rdi
        mov     %rax, %rsi
        call    hypercall_unknown_number
        jmp     hypercall_return
hypercall_rare:
        cmpb    $0, VCPU_HC_RESTART(%rbx)
        je      hypercall_slow
        SAVE_PRESERVED
        mov     %rbx, %rdi
        mov     %rax, %rsi
        call    hypercall_finish
        jmp     exit_check

/*
 * The iret hypercall, done in place while all but rax, rcx and r11 stay in their registers. RSP is
 * &v->regs.rsp. Whatever is out of the ordinary goes the long way to hc_iret(), which reads the
 * frame again: regs.rsp is changed last. A fault of the loads comes back by fast_iret_faulted. The guest's frame: rax r11 rcx flags rip cs rflags rsp ss.
 */
iret_entry:
        cmpb    $0, AT(IN_KERNEL)
        je      syscall_no_iret
        mov     %rcx, AT(es)             /* its rip, for the long way; above RSP, so no fault overwrites it */
        cmpl    $0, AT(IRET_SPECIAL)
        jne     iret_slow
        cmpl    $0, AT(WORK)
        jne     iret_slow
        mov     (%rsp), %rcx
        mov     %rcx, %rax
        shr     $43, %rax
        cmp     $HV_VIRT_START_43, %eax
        je      iret_slow
        testl   $VGCF_IN_SYSCALL, 24(%rcx)
        jnz     iret_syscall
        mov     (%rcx), %rax
        mov     %rax, AT(rax)
        mov     8(%rcx), %rax
        mov     %rax, AT(r11)
        mov     16(%rcx), %rax
        mov     %rax, AT(rcx)
        mov     32(%rcx), %rax
        mov     %rax, AT(rip)
iret_rest:
        movzwl  64(%rcx), %eax
        or      $3, %eax
        mov     %rax, AT(ss)
        mov     48(%rcx), %rax
        mov     %eax, %r11d
        and     $~RFLAGS_NOT_FOR_GUESTS, %rax
        or      $1 << 9, %rax
        mov     %rax, AT(rflags)
        shr     $9, %r11d
        not     %r11d
        and     $1, %r11d                /* the new upcall mask */
        mov     AT(INFO), %rax
        mov     %r11b, 1(%rax)
        cmpb    $0, (%rax)
        jne     iret_pending
iret_go:
        movzwl  40(%rcx), %eax
        mov     %eax, %r11d
        or      $3, %eax
        mov     %rax, AT(cs)
        mov     56(%rcx), %rax
        not     %r11d
        test    $3, %r11d
        jz      iret_to_user
        mov     %rax, (%rsp)
iret_load:
        mov     AT(r11), %r11
        mov     AT(rcx), %rcx
        mov     AT(rax), %rax
        sub     $24, %rsp
        jmp     exit_iret
iret_to_user:
        mov     AT(CR3_USER), %rcx
        test    %rcx, %rcx
        jz      iret_slow
        mov     %rax, (%rsp)
        movb    $0, AT(IN_KERNEL)
        swapgs
        mov     %rcx, %cr3
        jmp     iret_load
/* A return as from a system call: rcx and r11 become rip and rflags, as SYSRET leaves them. */
iret_syscall:
        mov     (%rcx), %rax
        mov     %rax, AT(rax)
        mov     48(%rcx), %rax
        and     $~RFLAGS_NOT_FOR_GUESTS, %rax
        or      $1 << 9, %rax
        mov     %rax, AT(r11)
        mov     32(%rcx), %rax
        mov     %rax, AT(rip)
        mov     %rax, AT(rcx)
        jmp     iret_rest
iret_pending:
        test    %r11d, %r11d
        jnz     iret_go
iret_slow:
        mov     $HYPERCALL_IRET, %eax
        mov     AT(es), %rcx
        mov     $0x202, %r11d
        jmp     syscall_no_iret
iret_end:

syscall_from_user:
        lea     -VCPU_rsp(%rsp), %rbx
        mov     VCPU_STACK_TOP(%rbx), %rsp
        movq    $0, VCPU_error_code(%rbx)
        movl    $VEC_SYSCALL, VCPU_error_code + 4(%rbx)
        SAVE_PRESERVED
        SAVE_IMPLIED
        mov     %rbx, %rdi
        call    trap_guest_syscall
        jmp     exit_check

syscall32_entry:
        movq    $SEL_DS, 8(%rsp)
        push    %r11
        pushq   $SEL_CS32
        push    %rcx
        pushq   $0
        movl    $VEC_SYSCALL, 4(%rsp)
        SAVE_GPRS
        lea     -VCPU_REGS(%rsp), %rbx
        mov     VCPU_STACK_TOP(%rbx), %rsp
        mov     %rbx, %rdi
        call    trap_guest_syscall32
        jmp     exit_check

/* ---- back to the guest -----------------------------------------------------------------------
 * exit_full(v): from C, never returns. */
        .globl  exit_full
exit_full:
        mov     %rdi, %rbx
        mov     VCPU_STACK_TOP(%rbx), %rsp
exit_check:
        cmpl    $0, VCPU_WORK(%rbx)
        jne     exit_work_asm
        mov     VCPU_INFO(%rbx), %rcx
        movzwl  (%rcx), %ecx
        test    %cl, %cl
        je      exit_restore
        test    %ch, %ch
        je      exit_event_asm
exit_restore:
        lea     VCPU_REGS(%rbx), %rsp
        RESTORE_GPRS
        add     $8, %rsp
        .globl  exit_iret
exit_iret:
        iretq

/* Nothing but an event: its callback comes first. */
exit_event_asm:
        mov     %rbx, %rdi
        call    exit_event
        cmpl    $0, VCPU_WORK(%rbx)
        je      exit_restore
/* Pending work: may switch to another vcpu. */
exit_work_asm:
        mov     %rbx, %rdi
        call    exit_work
        mov     %rax, %rbx
        mov     VCPU_STACK_TOP(%rbx), %rsp
        jmp     exit_restore

/* idle_enter(): from C, never returns: this CPU's stack is emptied, it looks for a vcpu to run. */
        .globl  idle_enter
idle_enter:
        or      $(STACK_SIZE - 1), %rsp
        sub     $15, %rsp
        xor     %ebp, %ebp
        xor     %edi, %edi
        call    exit_work
        mov     %rax, %rbx
        mov     VCPU_STACK_TOP(%rbx), %rsp
        jmp     exit_restore

/* ---- exceptions and interrupts --------------------------------------------------------------- */
.macro TRAP_ENTRY vector, has_error
        .balign 16
trap_\vector:
        .if \has_error == 0
        pushq   $0
        .endif
        movl    $\vector, 4(%rsp)
        testb   $3, 16(%rsp)
        jz      trap_in_hypervisor
        jmp     trap_in_guest
.endm

        .balign 16
/* The two hot ones come straight through. */
trap_14:
        movl    $14, 4(%rsp)
        testb   $3, 16(%rsp)
        jz      trap_in_hypervisor
        SAVE_GPRS
        lea     -VCPU_REGS(%rsp), %rbx
        mov     VCPU_STACK_TOP(%rbx), %rsp
        cld
        mov     %rbx, %rdi
        call    trap_guest_page_fault
        jmp     exit_check

trap_in_guest:
        SAVE_GPRS
trap_saved:
        lea     -VCPU_REGS(%rsp), %rbx
        mov     VCPU_STACK_TOP(%rbx), %rsp
        cld
        mov     %rbx, %rdi
        call    trap_guest
        jmp     exit_check

trap_in_hypervisor:
        push    %rax
        lea     exit_iret(%rip), %rax
        cmp     %rax, 16(%rsp)
        je      iret_faulted
        lea     iret_entry(%rip), %rax
        cmp     %rax, 16(%rsp)
        jae     fast_iret_faulted
1:      pop     %rax
        SAVE_GPRS
        cld
        mov     %rsp, %rbp
        mov     %rsp, %rdi
        and     $-16, %rsp
        call    trap_hypervisor
        mov     %rbp, %rsp
        RESTORE_GPRS
        add     $8, %rsp
        iretq

/*
 * The fast iret read a guest frame that is not there. RSP pointed into v->regs, where the CPU has
 * overwritten what the long way does not need; no C may run on it. Not for #DB, which has a stack.
 */
fast_iret_faulted:
        lea     iret_end(%rip), %rax
        cmp     %rax, 16(%rsp)
        jae     1b
        cmpl    $1, 12(%rsp)
        je      1b
        mov     40(%rsp), %rsp
        jmp     iret_slow

/*
 * The IRETQ to a guest faulted: its frame is bad. All registers are the guest's already and the
 * faulting frame lies in v->regs; rebuild it as if the guest had faulted at the target.
 * On the stack: rax, error/vector, rip, cs, rflags, rsp (== &v->regs.rip), ss.
 */
iret_faulted:
        push    %rbx
        mov     48(%rsp), %rbx           /* &v->regs.rip */
        mov     16(%rsp), %rax           /* error and vector */
        mov     %rax, -8(%rbx)
        pop     %rbx
        pop     %rax
        mov     32(%rsp), %rsp
        lea     -8(%rsp), %rsp
        SAVE_GPRS
        lea     -VCPU_REGS(%rsp), %rbx
        mov     VCPU_STACK_TOP(%rbx), %rsp
        cld
        mov     %rbx, %rdi
        call    trap_guest_iret_fault
        jmp     exit_check

/* #DB on its own stack: from a guest, move the frame to where the others have it. */
        .balign 16
trap_1:
        pushq   $0
        movl    $1, 4(%rsp)
        testb   $3, 16(%rsp)
        jz      trap_in_hypervisor
        push    %rax
        push    %rbx
        mov     %rsp, %rax
        or      $(STACK_SIZE - 1), %rax
        mov     -15(%rax), %rax
        mov     CPU_CURRENT(%rax), %rax
        .set    slot, 0
        .rept   6
        mov     16 + slot(%rsp), %rbx
        mov     %rbx, VCPU_error_code + slot(%rax)
        .set    slot, slot + 8
        .endr
        lea     VCPU_error_code(%rax), %rax
        mov     %rax, 16(%rsp)
        pop     %rbx
        pop     %rax
        mov     (%rsp), %rsp
        jmp     trap_in_guest

/* NMI and #MC interrupt anything and go back to it at once. */
.macro IST_TRAP vector, has_error
        .balign 16
trap_\vector:
        .if \has_error == 0
        pushq   $0
        .endif
        movl    $\vector, 4(%rsp)
        SAVE_GPRS
        cld
        mov     %rsp, %rbp
        mov     %rsp, %rdi
        and     $-16, %rsp
        call    trap_ist
        mov     %rbp, %rsp
        RESTORE_GPRS
        add     $8, %rsp
        iretq
.endm

        IST_TRAP 2, 0
        IST_TRAP 8, 1
        IST_TRAP 18, 0

        .irp vector, 0, 3, 4, 5, 6, 7, 9, 15, 16, 19, 20
        TRAP_ENTRY \vector, 0
        .endr
        .irp vector, 10, 11, 12, 13, 17, 21
        TRAP_ENTRY \vector, 1
        .endr
        .set vec, 22
        .balign 32
trap_22:
        .rept 256 - 22
        .balign 32
        pushq   $0
        movl    $vec, 4(%rsp)
        testb   $3, 16(%rsp)
        jz      trap_in_hypervisor
        jmp     trap_in_guest
        .set vec, vec + 1
        .endr

/* Reload CS after a new GDT: reload_cs(). */
        .globl  reload_cs
reload_cs:
        pop     %rax
        pushq   $SEL_HV_CS
        push    %rax
        lretq

/*
 * size_t port_copy_from_guest(void *dst, gva_t src, size_t n) and port_copy_to_guest(gva_t dst, const
 * void *src, size_t n): core/port.h. n is the hypervisor's own number, never near 2^63. The guest's
 * part of the address space is one range, see va_is_guest().
 * size_t copy_user(void *dst, const void *src, size_t n): the same without the check.
 * All return the bytes not copied; a fault on either side ends the copy.
 */
.macro COPY_CHECKED name, guest
        .balign 16
        .globl  \name
\name:
        movabs  $-HV_END_VIRT, %rcx
        movabs  $RO_M2P_VIRT - HV_END_VIRT, %rax
        add     \guest, %rcx
        sub     %rdx, %rax
        cmp     %rax, %rcx
        ja      copy_refused
.endm
        COPY_CHECKED port_copy_to_guest, %rdi
        jmp     copy_user
copy_refused:
        mov     %rdx, %rax
        ret
        COPY_CHECKED port_copy_from_guest, %rsi
        cmp     $8, %edx
        ja      copy_user
        je      6f
        cmp     $4, %edx                 /* an event channel's port */
        jne     copy_user
5:      mov     (%rsi), %ecx
        mov     %ecx, (%rdi)
        xor     %eax, %eax
        ret
6:      mov     (%rsi), %rcx
        mov     %rcx, (%rdi)
        xor     %eax, %eax
        ret
        .globl  copy_user
copy_user:
        mov     %rdx, %rcx
        shr     $3, %rcx
        and     $7, %edx
1:      rep movsq
        mov     %edx, %ecx
2:      rep movsb
        xor     %eax, %eax
        ret
3:      lea     (%rdx,%rcx,8), %rax
        ret
4:      mov     %rcx, %rax
        ret
        .pushsection .ex_table, "a"
        .balign 4
        .long   1b - .
        .long   3b - .
        .long   2b - .
        .long   4b - .
        .long   5b - .
        .long   copy_refused - .
        .long   6b - .
        .long   copy_refused - .
        .popsection

        .section .rodata
        .balign 8
        .globl  trap_vectors
trap_vectors:
        .irp vector, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22
        .quad   trap_\vector
        .endr

        .bss
        .balign 64
syscall_scratch:
        .skip   64 * 64

        .section .note.GNU-stack, "", @progbits
