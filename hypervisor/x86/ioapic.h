/* SPDX-License-Identifier: MIT */
/* The I/O APICs: lines of devices, each with a redirection entry. Everything is masked until somebody wants it. */
#ifndef X86_IOAPIC_H
#define X86_IOAPIC_H

#include "core/irq_port.h"

unsigned ioapic_find(void); /* map them, mask all lines; one more than the highest GSI */
/* Fill in irqs[gsi] of the lines there are: polarity and trigger mode as the firmware says, until setup_gsi. */
void ioapic_init(struct irq *irqs);

#endif
