/* SPDX-License-Identifier: MIT */
/*
 * What a 64-bit PV kernel's ELF file asks for: where its parts go, where it starts, what its notes
 * say. A pure reader of a byte buffer that trusts nothing in it; the hypervisor's builder and the
 * tools on the host use the same file.
 *
 * Loading rule: a byte of a loadable segment at physical address p goes to the virtual address
 * p - paddr_offset + virt_base; the segment's own virtual address is not looked at (Linux has one
 * at virtual address 0).
 *
 * Guarantees of an accepted plan:
 *  PLAN-1 every segment's file range lies in the buffer, and its file size <= its memory size.
 *  PLAN-2 virt_base <= kernel_start <= every segment < kernel_end, and none of it wraps, nor touches
 *         the hypervisor's addresses.
 *  PLAN-3 entry, and a hypercall page if named, lie in [kernel_start, kernel_end).
 *  PLAN-4 virt_base is page-aligned; an INIT_P2M address is 2 MiB-aligned, a guest address, outside
 *         the kernel.
 */
#ifndef BOOT_ELFPLAN_H
#define BOOT_ELFPLAN_H

#include "lib/types.h"

#define PLAN_SEGMENTS 16
#define PLAN_NONE (~0ull) /* an address that was not given */
#define PLAN_ERROR 200    /* room for the words of a refusal */

struct kernel_segment {
    uint64_t file_off, file_size; /* bytes to copy */
    uint64_t va, mem_size;        /* where to; the rest up to mem_size is zero */
};

struct kernel_plan {
    uint64_t entry;
    uint64_t virt_base, paddr_offset;
    uint64_t kernel_start, kernel_end; /* virtual addresses, exact bytes */
    uint64_t hypercall_page;           /* or PLAN_NONE */
    uint64_t init_p2m;                 /* or PLAN_NONE */
    uint64_t hv_start_low;             /* or PLAN_NONE */
    bool mod_start_pfn;                /* the initrd need not be mapped */
    bool suspend_cancel;
    bool bsd_symtab;             /* wants its symbol table behind its image */
    bool pvh;                    /* also has a PVH entry, which is ignored */
    bool legacy;                 /* said all this in a __xen_guest section, not in notes */
    bool has_features;           /* a SUPPORTED_FEATURES note exists */
    uint32_t features, required; /* XENFEAT_* bits it supports, and cannot do without */
    char guest_os[16], guest_version[16], loader[16], xen_version[16];
    unsigned segments;
    struct kernel_segment segment[PLAN_SEGMENTS];
};

/* Who the kernel is to run as. */
enum plan_role { PLAN_ANY, PLAN_FIRST_DOMAIN };

/* True and *plan, or false and in err[PLAN_ERROR] what is wrong, in words without a full stop. */
bool elf_plan(const void *image, size_t size, enum plan_role role, struct kernel_plan *plan,
              char *err);

#endif
