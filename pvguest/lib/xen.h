/* SPDX-License-Identifier: MIT */
/*
 * The ABI as Xen's public headers define it, in the newest interface version. __XEN_TOOLS__ opens
 * the parts that only the first domain may use (domctl, sysctl), which the test guests do.
 */
#ifndef PVGUEST_XEN_H
#define PVGUEST_XEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define __XEN_TOOLS__ 1
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/xen.h>

/* Error numbers: XEN_ENOSYS and so on; hypercalls return them negated. */
#include <xen/errno.h>

#endif
