/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers as a guest sees them. Almost everything is a constant, or ignored; a few
 * (segment bases) are real. What is not in the table of core/msr.c does not exist: #GP.
 */
#ifndef CORE_MSR_H
#define CORE_MSR_H

#include "core/vcpu.h"

/* v is current and in guest kernel mode. False: #GP. */
bool msr_read(struct vcpu *v, uint32_t msr, uint64_t *val);
bool msr_write(struct vcpu *v, uint32_t msr, uint64_t val);

/* The PAT every CPU must be programmed with: WB WT UC- UC WC WP UC UC. */
#define MSR_PAT_VALUE 0x0000050100070406ull


#endif
