/* SPDX-License-Identifier: MIT */
/* The machine behind core/irq_port.h: FAKE_GSIS lines and some messages, which remember what was done to them. */
#ifndef TESTS_FAKE_IRQ_PORT_H
#define TESTS_FAKE_IRQ_PORT_H

#include "core/irq_port.h"

#define FAKE_GSIS 24
#define FAKE_MESSAGES 8

extern struct irq fake_irqs[FAKE_GSIS + FAKE_MESSAGES]; /* lines from 16 on are levels */
extern int fake_startup_rc;
extern unsigned fake_startups, fake_releases, fake_set_cpus;

void fake_irq_reset(void);

#endif
