/* SPDX-License-Identifier: MIT */
/*
 * From the boot loader's 32-bit protected mode (or, for further CPUs, real mode) to C in long mode.
 *
 * The image is linked at IMAGE_VIRT and loaded at LOAD_PHYS. The tables here are temporary for the
 * first CPU and stay for the others' start: the first 4 GiB at 0 and at DIRECTMAP_VIRT, the image's
 * 16 MiB at IMAGE_VIRT, all in 2 MiB pages.
 */
#include "x86/layout.h"
#include "x86/image.h"

#define PHYS(sym) ((sym) - IMAGE_VIRT + LOAD_PHYS)

#define MB1_MAGIC 0x1badb002
#define MB1_FLAGS 3             /* modules page-aligned; memory information wanted */
#define MB2_MAGIC 0xe85250d6

#define CR0_START 0x80010023    /* PG, WP, NE, MP, PE */
#define CR4_START 0x620         /* PAE, OSFXSR, OSXMMEXCPT; never PGE, see core/entry.c */
#define EFER_START 0x900        /* LME, NXE */

        .section .head, "ax"
        .code32
        .globl  start
start:
        jmp     start32

        .balign 4
        .long   MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)

        .balign 8
mb2_header:
        .long   MB2_MAGIC, 0, mb2_header_end - mb2_header
        .long   -(MB2_MAGIC + (mb2_header_end - mb2_header))
        .short  6, 0            /* tag: modules page-aligned */
        .long   8
        .short  0, 0            /* end of tags */
        .long   8
mb2_header_end:

/* eax: the loader's magic; ebx: its information. Kept in ebp, and in ebx from the stack. */
start32:
        cli
        cld
        mov     %eax, %ebp
        mov     $PHYS(boot_stack_top), %esp
        push    %ebx

        mov     $0x80000001, %eax
        cpuid
        mov     $(1 << 29 | 1 << 20), %eax /* long mode, NX */
        and     %eax, %edx
        cmp     %eax, %edx
        jne     no_long_mode

        mov     $PHYS(boot_l4), %edi
        mov     $(boot_tables_end - boot_l4) / 4, %ecx
        xor     %eax, %eax
        rep stosl

        /* 2048 entries map the first 4 GiB. */
        mov     $PHYS(boot_l2_low), %edi
        mov     $0x83, %eax
        mov     $2048, %ecx
1:      mov     %eax, (%edi)
        add     $0x200000, %eax
        add     $8, %edi
        dec     %ecx
        jnz     1b

        mov     $PHYS(boot_l2_image), %edi
        mov     $(LOAD_PHYS | 0x83), %eax
        mov     $IMAGE_MAX >> 21, %ecx
1:      mov     %eax, (%edi)
        add     $0x200000, %eax
        add     $8, %edi
        dec     %ecx
        jnz     1b

        movl    $PHYS(boot_l2_low) + 0x0003, PHYS(boot_l3_low)
        movl    $PHYS(boot_l2_low) + 0x1003, PHYS(boot_l3_low) + 8
        movl    $PHYS(boot_l2_low) + 0x2003, PHYS(boot_l3_low) + 16
        movl    $PHYS(boot_l2_low) + 0x3003, PHYS(boot_l3_low) + 24
        movl    $PHYS(boot_l2_image) + 3, PHYS(boot_l3_image) + 8 * (IMAGE_VIRT >> 30 & 511)
        movl    $PHYS(boot_l3_low) + 3, PHYS(boot_l4)
        movl    $PHYS(boot_l3_low) + 3, PHYS(boot_l4) + 8 * (DIRECTMAP_VIRT >> 39 & 511)
        movl    $PHYS(boot_l3_image) + 3, PHYS(boot_l4) + 8 * (IMAGE_VIRT >> 39 & 511)

        pop     %ebx
        lgdtl   PHYS(boot_gdtr)
        call    long_mode32
        ljmp    $BOOT_CS64, $PHYS(start64)

/* Turn long mode on; needs only the tables. */
long_mode32:
        mov     $CR4_START, %eax
        mov     %eax, %cr4
        mov     $PHYS(boot_l4), %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx
        rdmsr
        or      $EFER_START, %eax
        wrmsr
        mov     $CR0_START, %eax
        mov     %eax, %cr0
        ret

no_long_mode:
        mov     $PHYS(no_long_mode_text), %esi
1:      lodsb
        test    %al, %al
        jz      2f
        mov     $0x3f8, %dx
        outb    %al, %dx
        jmp     1b
2:      hlt
        jmp     2b
no_long_mode_text:
        .asciz  "Philoxen needs a 64-bit CPU with NX\r\n"

        .code64
start64:
        movabs  $1f, %rax
        jmp     *%rax
1:
        xor     %eax, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        mov     %eax, %ss
        lea     boot_gdtr_high(%rip), %rax
        lgdt    (%rax)

        /* The loader may have left anything in .bss, except where these tables are. */
        lea     bss_start(%rip), %rdi
        lea     bss_end(%rip), %rcx
        sub     %rdi, %rcx
        shr     $3, %rcx
        xor     %eax, %eax
        rep stosq

        lea     boot_stack_top(%rip), %rsp
        lea     cpus(%rip), %rax
        mov     %rax, (%rsp)    /* what this_cpu() reads */
        mov     %ebp, %edi      /* the loader's magic */
        mov     %ebx, %esi
        xor     %ebp, %ebp
        call    boot_main
        ud2

/* ---- further CPUs: this page is copied to TRAMPOLINE_PHYS, where they start in real mode ---- */
        .balign 16
        .globl  trampoline_start, trampoline_end
        .code16
trampoline_start:
        cli
        cld
        mov     %cs, %ax
        mov     %ax, %ds
        lgdtl   trampoline_gdtr - trampoline_start
        mov     $1, %eax
        mov     %eax, %cr0
        ljmpl   $BOOT_CS32, $PHYS(ap_start32)
trampoline_gdtr:
        .short  boot_gdt_end - boot_gdt - 1
        .long   PHYS(boot_gdt)
trampoline_end:

        .code32
ap_start32:
        mov     $BOOT_DS, %eax
        mov     %eax, %ds
        mov     %eax, %ss
        mov     $PHYS(ap_start_stack_top), %esp
        call    long_mode32
        ljmp    $BOOT_CS64, $PHYS(ap_start64)

        .code64
ap_start64:
        movabs  $1f, %rax
        jmp     *%rax
1:
        xor     %eax, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        mov     %eax, %ss
        lea     boot_gdtr_high(%rip), %rax
        lgdt    (%rax)
        mov     idle_cr3(%rip), %rax
        mov     %rax, %cr3
        mov     smp_ap_stack(%rip), %rsp /* smp.c has put this_cpu() at its top */
        xor     %ebp, %ebp
        call    ap_main
        ud2

        .section .rodata.boot_gdt, "a"
        .balign 8
boot_gdt:
        .quad   0
        .quad   0x00cf9b000000ffff      /* BOOT_CS32 */
        .quad   0x00cf93000000ffff      /* BOOT_DS */
        .quad   0x00af9b000000ffff      /* BOOT_CS64 */
boot_gdt_end:
boot_gdtr:
        .short  boot_gdt_end - boot_gdt - 1
        .quad   PHYS(boot_gdt)
boot_gdtr_high:
        .short  boot_gdt_end - boot_gdt - 1
        .quad   boot_gdt

/* ---- exceptions before x86/trap.c takes over: 32 stubs of 16 bytes ------------------- */
        .section .text.early_traps, "ax"
        .globl  early_trap_stubs
        .balign 16
early_trap_stubs:
.set vector, 0
.rept 32
        .balign 16
        .if     !((0x60227d00 >> vector) & 1)   /* those with an error code: 8 10-14 17 21 29 30 */
        pushq   $0
        .endif
        movl    $vector, 4(%rsp)
        jmp     early_trap_common
.set vector, vector + 1
.endr
early_trap_common:
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
        mov     %rsp, %rdi
        and     $-16, %rsp
        call    early_trap
        ud2

/* Outside .bss proper, which is zeroed while they are in use. */
        .section .bss.boot_tables, "aw", @nobits
        .balign 4096
        .globl  boot_l4
boot_l4:        .skip 4096
boot_l3_low:    .skip 4096
boot_l3_image:  .skip 4096
boot_l2_image:  .skip 4096
boot_l2_low:    .skip 4 * 4096
boot_tables_end:
                .skip 256
ap_start_stack_top:

        .section .bss.boot_stack, "aw", @nobits
        .balign STACK_SIZE
        .globl  boot_stack
boot_stack:     .skip STACK_SIZE - 16
boot_stack_top: .skip 16

        .section .note.GNU-stack, "", @progbits
