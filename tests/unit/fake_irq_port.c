/* SPDX-License-Identifier: MIT */
#include "fake_irq_port.h"
#include <string.h>

struct irq fake_irqs[FAKE_GSIS + FAKE_MESSAGES];
int fake_startup_rc;
unsigned fake_startups, fake_releases, fake_set_cpus;

static void fake_mask(struct irq *irq)
{
    irq->masked = true;
}
static void fake_unmask(struct irq *irq)
{
    irq->masked = false;
}
static int fake_startup(struct irq *irq)
{
    fake_startups++;
    if (!fake_startup_rc)
        irq->masked = false;
    return fake_startup_rc;
}
static void fake_set_cpu(struct irq *irq, unsigned cpu)
{
    (void)irq, (void)cpu;
    fake_set_cpus++;
}
static void fake_release(struct irq *irq)
{
    (void)irq;
    fake_releases++;
}

static const struct irq_chip fake_line = {fake_startup, fake_mask, fake_unmask, fake_set_cpu, NULL};
static const struct irq_chip fake_message = {fake_startup, fake_mask, fake_unmask, fake_set_cpu,
                                             fake_release};

void fake_irq_reset(void)
{
    memset(fake_irqs, 0, sizeof(fake_irqs));
    for (unsigned i = 0; i < FAKE_GSIS + FAKE_MESSAGES; i++) {
        fake_irqs[i].nr = (uint16_t)i;
        fake_irqs[i].chip = i < FAKE_GSIS ? &fake_line : &fake_message;
        fake_irqs[i].level = i >= 16 && i < FAKE_GSIS;
        fake_irqs[i].masked = true;
    }
    fake_startup_rc = 0;
    fake_startups = fake_releases = fake_set_cpus = 0;
}

unsigned port_nr_gsis(void)
{
    return FAKE_GSIS;
}

struct irq *port_gsi_irq(unsigned gsi)
{
    return gsi < FAKE_GSIS ? &fake_irqs[gsi] : NULL;
}
