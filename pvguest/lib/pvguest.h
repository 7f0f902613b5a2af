/* SPDX-License-Identifier: MIT */
/*
 * Everything of the library at once. A guest is one C file with
 *
 *     int main(void)
 *
 * which runs on vCPU 0 with traps, console, memory and events set up and events enabled, and whose
 * return ends the domain: 0 by power-off, anything else as a crash. start_info is the hypervisor's
 * word about this domain; the command line is (char *)start_info->cmd_line.
 */
#ifndef PVGUEST_H
#define PVGUEST_H

#include "console.h"
#include "cpu.h"
#include "events.h"
#include "grants.h"
#include "hypercall.h"
#include "mm.h"
#include "panic.h"
#include "printf.h"
#include "smp.h"
#include "store.h"
#include "string.h"
#include "threads.h"
#include "time.h"
#include "traps.h"
#include "user.h"
#include "xen.h"

extern start_info_t *start_info;
extern shared_info_t *shared_info;

int main(void);

/* Is this the privileged first domain? */
static inline bool is_first_domain(void)
{
    return start_info->flags & SIF_INITDOMAIN;
}

#endif
