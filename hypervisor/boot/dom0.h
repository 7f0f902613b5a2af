/* SPDX-License-Identifier: MIT */
/* The first domain: how much memory, how many vcpus, and what of the machine it may touch. */
#ifndef BOOT_DOM0_H
#define BOOT_DOM0_H

#include "boot/cmdline.h"
#include "core/domain.h"

/*
 * Pages for the first domain by dom0_mem= when `avail` pages are free, kernel and initrd files counted
 * as free. Without the option all but a sixteenth, at most 128 MiB, which stays for the
 * hypervisor, other domains and DMA buffers exchanged below 4 GiB.
 */
uint64_t dom0_pages(const struct boot_options *o, uint64_t avail);

#endif
