/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's part of every address space (L4 slots 256..271, 0xffff800000000000 up):
 *
 *  slot 256     ffff800000000000  machine-to-phys table, user-readable, read-only to everybody
 *  slot 260     ffff820000000000  per-domain: a GDT and an LDT window for each vcpu (L3 in d->perdomain_l3)
 *  slot 261     ffff828000000000  machine-to-phys table again, writable, hypervisor only
 *               ffff82c000000000  frame table
 *               ffff82e000000000  small mappings: ACPI tables, APICs, devices (ioremap)
 *               ffff82d040000000  the hypervisor's own image, 2 MiB aligned, at most 1 GiB
 *  slot 262-271 ffff830000000000  direct map of all RAM, 5 TiB
 *
 * Everything else belongs to the guest. The image is position-independent code (-fpie) linked at
 * its fixed address, because the top 2 GiB, where -mcmodel=kernel code would live, are the guest's.
 */
#ifndef X86_LAYOUT_H
#define X86_LAYOUT_H

#define RO_M2P_VIRT     0xffff800000000000
#define PERDOMAIN_VIRT  0xffff820000000000
#define RW_M2P_VIRT     0xffff828000000000
#define FRAMETABLE_VIRT 0xffff82c000000000
#define IMAGE_VIRT      0xffff82d040000000
#define IOREMAP_VIRT    0xffff82e000000000
#define DIRECTMAP_VIRT  0xffff830000000000
#define HV_END_VIRT     0xffff880000000000

/* Each vcpu's window in the per-domain area: 16 pages of GDT, 16 pages of LDT. */
#define PERDOMAIN_VCPU_SHIFT 17
#define GDT_VIRT(vcpu_id) (PERDOMAIN_VIRT + ((uint64_t)(vcpu_id) << PERDOMAIN_VCPU_SHIFT))
#define LDT_VIRT(vcpu_id) (GDT_VIRT(vcpu_id) + 16 * 4096)

/* Selectors in the hypervisor-owned last two pages of every GDT; the ring-3 ones are the ABI's
 * (public arch-x86/xen-x86_64.h). */
#define SEL_OF_LDT  4 /* the bit of a selector that says so */
#define SEL_HV_CS   0xe008
#define SEL_HV_DS   0xe010
#define SEL_CS32    0xe023
#define SEL_DS      0xe02b
#define SEL_CS64    0xe033
#define SEL_TSS     0xe040 /* two entries */
#define SEL_LDT     0xe050 /* two entries */
#define GDT_LIMIT   0xefff

#define STACK_ORDER 2
#define STACK_SIZE  (4096 << STACK_ORDER) /* per CPU, aligned to its size */

/* Interrupt vectors of the hypervisor's own. */
#define VEC_DYN_FIRST 0x30 /* devices': x86/irq.c, without 0x80, which is a system call's */
#define VEC_DYN_LAST  0xef
#define VEC_TIMER    0xf0
#define VEC_KICK     0xf1
#define VEC_FLUSH    0xf2
#define VEC_SPURIOUS 0xff

/* IST numbers. */
#define IST_DF  1
#define IST_NMI 2
#define IST_MCE 3
#define IST_DB  4

#endif
