/* SPDX-License-Identifier: MIT */
/*
 * xen_version(cmd, arg): what a guest is told about the hypervisor (public version.h). It answers as Xen 4.17, since that
 * is the ABI it speaks; extra version, changeset and compile information name Philoxen.
 * Errors: -EFAULT, -ENOSYS (unknown cmd), -EINVAL (feature submap), -ENODATA (build id).
 */
#include "core/pte.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include <xen/features.h>
#include <xen/version.h>

#define ABI_MAJOR 4
#define ABI_MINOR 17

const char *philoxen_cmdline = "";

static void features(struct vcpu *v, struct xen_feature_info *fi)
{
    fi->submap = BIT(XENFEAT_memory_op_vnode_supported) | BIT(XENFEAT_direct_mapped) |
                 BIT(XENFEAT_pae_pgdir_above_4gb) | BIT(XENFEAT_mmu_pt_update_preserve_ad) |
                 BIT(XENFEAT_highmem_assist) | BIT(XENFEAT_gnttab_map_avail_bits);
    if (v->domain->privileged)
        fi->submap |= BIT(XENFEAT_dom0);
}

static long text_out(struct vcpu *v, gva_t arg, const char *text, size_t size)
{
    char buf[1024] = "";

    snprintf(buf, size, "%s", text);
    return door_out(v, arg, buf, size);
}

static long compile_info(struct vcpu *v, gva_t arg)
{
    struct xen_compile_info ci;

    memset(&ci, 0, sizeof(ci));
    snprintf(ci.compiler, sizeof(ci.compiler), "%s", __VERSION__);
    snprintf(ci.compile_by, sizeof(ci.compile_by), "philoxen");
    snprintf(ci.compile_domain, sizeof(ci.compile_domain), "philoxen");
    snprintf(ci.compile_date, sizeof(ci.compile_date), "reproducible");
    return door_out_obj(v, arg, ci);
}

long hc_xen_version(struct vcpu *v, uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct xen_feature_info fi;
    struct xen_platform_parameters pp;
    int rc;

    (void)a3, (void)a4, (void)a5;
    if (likely((int)cmd == XENVER_version))
        return ABI_MAJOR << 16 | ABI_MINOR;
    v->hc_sub = (uint32_t)cmd;
    switch ((int)cmd) {
    case XENVER_extraversion:
        return text_out(v, arg, ".0-philoxen", sizeof(xen_extraversion_t));
    case XENVER_compile_info:
        return compile_info(v, arg);
    case XENVER_capabilities:
        return text_out(v, arg, "xen-3.0-x86_64 ", sizeof(xen_capabilities_info_t));
    case XENVER_changeset:
        return text_out(v, arg, "philoxen", sizeof(xen_changeset_info_t));
    case XENVER_platform_parameters:
        pp.virt_start = HV_VIRT_START;
        return door_out_obj(v, arg, pp);
    case XENVER_get_features:
        rc = door_in_obj(v, fi, arg);
        if (rc)
            return rc;
        if (fi.submap_idx >= XENFEAT_NR_SUBMAPS)
            return refuse(v->domain, EINVAL, UNKNOWN_SUBOP, fi.submap_idx, 0, 0);
        features(v, &fi);
        return door_out_obj(v, arg, fi);
    case XENVER_pagesize:
        return arg ? -EINVAL : (long)PAGE_SIZE;
    case XENVER_guest_handle:
        return door_out(v, arg, v->domain->handle, sizeof(v->domain->handle));
    case XENVER_commandline:
        if (!v->domain->privileged)
            return text_out(v, arg, "<denied>", sizeof(xen_commandline_t));
        return text_out(v, arg, philoxen_cmdline, sizeof(xen_commandline_t));
    case XENVER_build_id:
        return -ENODATA;
    default:
        return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, cmd, 0, 0);
    }
}
