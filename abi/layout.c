/* SPDX-License-Identifier: MIT */
/*
 * The layouts a stock guest and a stock toolstack rely on, as numbers. The public headers say them in
 * C; this file says what a 64-bit compiler must make of them, so that a changed header, a macro
 * that selects another variant or a compiler's idea of padding stops the build instead of a guest.
 * Where a number is also seen on the wire of Linux 6.1 or of Xen 4.17's toolstack, it is that one.
 */
#define __XEN_TOOLS__ 1 /* opens the newest variants and the toolstack's operations */
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/domctl.h>
#include <xen/elfnote.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " has another size")
#define AT(type, member, offset)                                                                   \
    _Static_assert(offsetof(type, member) == (offset), #type "." #member " lies elsewhere")
#define IS(constant, value) _Static_assert((constant) == (value), #constant " has another value")

/* ---- start of day ---- */
SIZE(struct start_info, 1168);
AT(struct start_info, magic, 0);
AT(struct start_info, nr_pages, 32);
AT(struct start_info, shared_info, 40);
AT(struct start_info, flags, 48);
AT(struct start_info, store_mfn, 56);
AT(struct start_info, store_evtchn, 64);
AT(struct start_info, console.domU.mfn, 72);
AT(struct start_info, console.domU.evtchn, 80);
AT(struct start_info, console.dom0.info_off, 72);
AT(struct start_info, console.dom0.info_size, 76);
AT(struct start_info, pt_base, 88);
AT(struct start_info, nr_pt_frames, 96);
AT(struct start_info, mfn_list, 104);
AT(struct start_info, mod_start, 112);
AT(struct start_info, mod_len, 120);
AT(struct start_info, cmd_line, 128);
AT(struct start_info, first_p2m_pfn, 1152);
AT(struct start_info, nr_p2m_frames, 1160);
SIZE(struct dom0_vga_console_info, 40);
IS(MAX_GUEST_CMDLINE, 1024);
IS(SIF_PRIVILEGED, 1);
IS(SIF_INITDOMAIN, 2);
IS(SIF_MULTIBOOT_MOD, 4);
IS(SIF_MOD_START_PFN, 8);
IS(SIF_VIRT_P2M_4TOOLS, 16);
IS(XEN_VGATYPE_TEXT_MODE_3, 3);
IS(XEN_ELFNOTE_ENTRY, 1);
IS(XEN_ELFNOTE_HYPERCALL_PAGE, 2);
IS(XEN_ELFNOTE_VIRT_BASE, 3);
IS(XEN_ELFNOTE_PADDR_OFFSET, 4);
IS(XEN_ELFNOTE_INIT_P2M, 15);
IS(XEN_ELFNOTE_MOD_START_PFN, 16);
IS(XEN_ELFNOTE_SUPPORTED_FEATURES, 17);
IS(FLAT_KERNEL_CS, 0xe033);
IS(FLAT_KERNEL_SS, 0xe02b);
IS(FLAT_USER_CS32, 0xe023);
IS(HYPERVISOR_VIRT_START, 0xffff800000000000);
IS(HYPERVISOR_VIRT_END, 0xffff880000000000);

/* ---- shared between hypervisor and guest ---- */
SIZE(struct shared_info, 3136);
AT(struct shared_info, evtchn_pending, 2048);
AT(struct shared_info, evtchn_mask, 2560);
AT(struct shared_info, wc_version, 3072);
AT(struct shared_info, wc_sec, 3076);
AT(struct shared_info, wc_nsec, 3080);
AT(struct shared_info, wc_sec_hi, 3084);
AT(struct shared_info, arch.max_pfn, 3088);
AT(struct shared_info, arch.pfn_to_mfn_frame_list_list, 3096);
AT(struct shared_info, arch.p2m_cr3, 3112);
AT(struct shared_info, arch.p2m_vaddr, 3120);
AT(struct shared_info, arch.p2m_generation, 3128);
IS(XEN_LEGACY_MAX_VCPUS, 32);
SIZE(struct vcpu_info, 64);
AT(struct vcpu_info, evtchn_upcall_pending, 0);
AT(struct vcpu_info, evtchn_upcall_mask, 1);
AT(struct vcpu_info, evtchn_pending_sel, 8);
AT(struct vcpu_info, arch.cr2, 16);
AT(struct vcpu_info, time, 32);
SIZE(struct vcpu_time_info, 32);
AT(struct vcpu_time_info, tsc_timestamp, 8);
AT(struct vcpu_time_info, system_time, 16);
AT(struct vcpu_time_info, tsc_to_system_mul, 24);
AT(struct vcpu_time_info, tsc_shift, 28);
AT(struct vcpu_time_info, flags, 29);
SIZE(struct vcpu_runstate_info, 48);
AT(struct vcpu_runstate_info, state_entry_time, 8);
AT(struct vcpu_runstate_info, time, 16);
SIZE(struct grant_entry_v1, 8);
AT(struct grant_entry_v1, domid, 2);
AT(struct grant_entry_v1, frame, 4);
IS(GTF_reading, 8);
IS(GTF_writing, 16);

/* ---- traps and registers ---- */
SIZE(struct trap_info, 16);
AT(struct trap_info, flags, 1);
AT(struct trap_info, cs, 2);
AT(struct trap_info, address, 8);
SIZE(struct cpu_user_regs, 200);
AT(struct cpu_user_regs, rax, 80);
AT(struct cpu_user_regs, error_code, 120);
AT(struct cpu_user_regs, rip, 128);
AT(struct cpu_user_regs, cs, 136);
AT(struct cpu_user_regs, saved_upcall_mask, 140);
AT(struct cpu_user_regs, rflags, 144);
AT(struct cpu_user_regs, rsp, 152);
AT(struct cpu_user_regs, ss, 160);
SIZE(struct iret_context, 72);
AT(struct iret_context, flags, 24);
AT(struct iret_context, rip, 32);
AT(struct iret_context, ss, 64);
IS(VGCF_in_syscall, 0x100);
SIZE(struct vcpu_guest_context, 5168);
AT(struct vcpu_guest_context, flags, 512);
AT(struct vcpu_guest_context, user_regs, 520);
AT(struct vcpu_guest_context, trap_ctxt, 720);
AT(struct vcpu_guest_context, ldt_base, 4816);
AT(struct vcpu_guest_context, ldt_ents, 4824);
AT(struct vcpu_guest_context, gdt_frames, 4832);
AT(struct vcpu_guest_context, gdt_ents, 4960);
AT(struct vcpu_guest_context, kernel_ss, 4968);
AT(struct vcpu_guest_context, kernel_sp, 4976);
AT(struct vcpu_guest_context, ctrlreg, 4984);
AT(struct vcpu_guest_context, debugreg, 5048);
AT(struct vcpu_guest_context, event_callback_eip, 5112);
AT(struct vcpu_guest_context, failsafe_callback_eip, 5120);
AT(struct vcpu_guest_context, syscall_callback_eip, 5128);
AT(struct vcpu_guest_context, vm_assist, 5136);
AT(struct vcpu_guest_context, fs_base, 5144);
AT(struct vcpu_guest_context, gs_base_kernel, 5152);
AT(struct vcpu_guest_context, gs_base_user, 5160);
SIZE(struct callback_register, 16);
AT(struct callback_register, flags, 2);
AT(struct callback_register, address, 8);

/* ---- hypercall arguments ---- */
SIZE(struct multicall_entry, 64);
AT(struct multicall_entry, result, 8);
AT(struct multicall_entry, args, 16);
SIZE(struct mmu_update, 16);
SIZE(struct mmuext_op, 24);
AT(struct mmuext_op, arg1, 8);
AT(struct mmuext_op, arg2, 16);
SIZE(struct xen_memory_reservation, 32);
AT(struct xen_memory_reservation, nr_extents, 8);
AT(struct xen_memory_reservation, extent_order, 16);
AT(struct xen_memory_reservation, mem_flags, 20);
AT(struct xen_memory_reservation, domid, 24);
SIZE(struct xen_memory_exchange, 72);
AT(struct xen_memory_exchange, out, 32);
AT(struct xen_memory_exchange, nr_exchanged, 64);
SIZE(struct xen_machphys_mapping, 24);
SIZE(struct xen_memory_map, 16);
SIZE(struct xen_foreign_memory_map, 24);
SIZE(struct xen_mem_acquire_resource, 32);
SIZE(struct vcpu_register_vcpu_info, 16);
AT(struct vcpu_register_vcpu_info, offset, 8);
SIZE(struct vcpu_set_singleshot_timer, 16);
AT(struct vcpu_set_singleshot_timer, flags, 8);
SIZE(struct sched_poll, 24);
SIZE(struct evtchn_alloc_unbound, 8);
SIZE(struct evtchn_bind_interdomain, 12);
SIZE(struct evtchn_bind_virq, 12);
SIZE(struct evtchn_bind_pirq, 12);
SIZE(struct evtchn_bind_ipi, 8);
SIZE(struct evtchn_status, 24);
SIZE(struct evtchn_bind_vcpu, 8);
SIZE(struct gnttab_map_grant_ref, 32);
AT(struct gnttab_map_grant_ref, flags, 8);
AT(struct gnttab_map_grant_ref, ref, 12);
AT(struct gnttab_map_grant_ref, dom, 16);
AT(struct gnttab_map_grant_ref, status, 18);
AT(struct gnttab_map_grant_ref, handle, 20);
AT(struct gnttab_map_grant_ref, dev_bus_addr, 24);
SIZE(struct gnttab_unmap_grant_ref, 24);
SIZE(struct gnttab_setup_table, 24);
SIZE(struct gnttab_copy, 40);
SIZE(struct gnttab_query_size, 16);
IS(GNTMAP_host_map, 2);
IS(GNTMAP_application_map, 8);
IS(GNTMAP_contains_pte, 16);
SIZE(struct physdev_map_pirq, 40);
AT(struct physdev_map_pirq, table_base, 32);
SIZE(struct physdev_irq_status_query, 8);
SIZE(struct physdev_set_iobitmap, 16);
SIZE(struct xen_feature_info, 8);

/* ---- the toolstack's ---- */
SIZE(struct xen_platform_op, 136);
IS(XENPF_INTERFACE_VERSION, 0x03000001);
SIZE(struct xen_sysctl, 136);
IS(XEN_SYSCTL_INTERFACE_VERSION, 0x15);
AT(struct xen_sysctl, u, 8);
SIZE(struct xen_domctl, 144);
IS(XEN_DOMCTL_INTERFACE_VERSION, 0x15);
AT(struct xen_domctl, domain, 8);
AT(struct xen_domctl, u, 16);
AT(struct xen_domctl_createdomain, handle, 4);
AT(struct xen_domctl_createdomain, flags, 20);
AT(struct xen_domctl_createdomain, max_vcpus, 28);
AT(struct xen_domctl_createdomain, max_evtchn_port, 32);
AT(struct xen_domctl_createdomain, max_grant_frames, 36);
AT(struct xen_domctl_createdomain, grant_opts, 44);
AT(struct xen_domctl_createdomain, cpupool_id, 52);
AT(struct xen_domctl_createdomain, arch, 56);
SIZE(struct xen_domctl_createdomain, 64);
SIZE(struct xen_domctl_getdomaininfo, 112);
AT(struct xen_domctl_getdomaininfo, flags, 4);
AT(struct xen_domctl_getdomaininfo, tot_pages, 8);
AT(struct xen_domctl_getdomaininfo, shared_info_frame, 48);
AT(struct xen_domctl_getdomaininfo, cpu_time, 56);
AT(struct xen_domctl_getdomaininfo, handle, 76);
AT(struct xen_domctl_getdomaininfo, cpupool, 92);
SIZE(struct xen_cpuid_leaf, 24);
