/* SPDX-License-Identifier: MIT */
/*
 * Physical interrupts on the machine: the table of them, their vectors, and what happens when one comes.
 *
 * A vector means the same interrupt on every CPU, so that an interrupt moves between CPUs by one write of its
 * destination, and one that was under way to the old CPU is not lost. LIMIT: this bounds the machine to 191
 * interrupts in use. The destination is the CPU of the vcpu that its event notifies, as it is when the event is
 * bound or moved (EVTCHNOP_bind_vcpu); it does not follow the vcpu to other CPUs afterwards.
 */
#ifndef X86_IRQ_H
#define X86_IRQ_H

#include "core/irq_port.h"

void irq_init(void);                /* once: I/O APICs and messages; all masked */
void irq_interrupt(uint8_t vector); /* it has come on this CPU */

/* A line for the hypervisor itself: from now on handler(arg) runs on CPU 0 for each interrupt, with interrupts off and no
 * lock held. 0, -EINVAL (no such line), -EBUSY. */
int irq_claim_gsi(unsigned gsi, void (*handler)(void *arg), void *arg);
unsigned irq_isa_gsi(unsigned isa); /* the line of that ISA interrupt: com1's is ISA 4 */

/* ---- for the chips ---- */

/* With the irq's lock held: it has a vector, which it keeps until freed. 0 or -ENOSPC. */
int irq_vector_get(struct irq *irq);
void irq_vector_put(struct irq *irq);
uint8_t irq_dest(
    const struct irq *irq); /* its CPU's APIC id, in the 8 bits that messages and I/O APICs have */
/* An irq that has no chip yet, beyond the GSIs; NULL: none left. It is free again when its chip is NULL. */
struct irq *irq_new(const struct irq_chip *chip);

#endif
