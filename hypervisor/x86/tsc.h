/* SPDX-License-Identifier: MIT */
/*
 * The clock: system time from the TSC, calibrated once against the ACPI PM timer, the HPET or the
 * PIT; the local APIC's timer in the same moment. Implements port_now(), port_tsc_params(),
 * port_wallclock_ns() and port_timer_arm().
 *
 * LIMIT: one rate and one base for all CPUs: their TSCs must run together and at a constant rate,
 * which is not checked. LIMIT: calibration over CALIBRATE_MS is good to some 20 ppm, and the clock
 * is not disciplined later.
 */
#ifndef X86_TSC_H
#define X86_TSC_H

#include "lib/types.h"

void tsc_init(void); /* after apic_init_cpu() on the boot CPU */
uint64_t tsc_hz(void);
void delay_us(uint64_t us); /* busy waiting */
/* The timer interrupt has fired: nothing is armed any more. */
void timer_interrupt_done(unsigned cpu);

#endif
