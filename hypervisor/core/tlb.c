/* SPDX-License-Identifier: MIT */
#include "core/tlb.h"

/* Starts above every CPU's time, and frames never used before are stamped below it. */
uint32_t tlb_clock = 1;
uint32_t tlb_cpu_time[NR_CPUS];
