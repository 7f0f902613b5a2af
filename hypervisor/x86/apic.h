/* SPDX-License-Identifier: MIT */
/* This CPU's local APIC: interprocessor interrupts and the one-shot timer. */
#ifndef X86_APIC_H
#define X86_APIC_H

#include "lib/types.h"

void apic_init(void);     /* once: find and map it, silence the 8259s */
void apic_init_cpu(void); /* each CPU */
uint32_t apic_id(void);
void apic_eoi(void);

void apic_send(uint32_t apic_id, uint8_t vector);
void apic_send_nmi_others(void);
void apic_send_init(uint32_t apic_id);
void apic_send_startup(uint32_t apic_id, uint8_t page);

/* The timer counts down once from `count` and then raises VEC_TIMER; 0 stops it. */
void apic_timer_set(uint32_t count);
uint32_t apic_timer_left(void);

#endif
