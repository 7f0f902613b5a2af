/* SPDX-License-Identifier: MIT */
#include "x86/irq.h"
#include "core/log.h"
#include "core/pirq.h"
#include "lib/errno.h"
#include "x86/apic.h"
#include "x86/cpu.h"
#include "x86/ioapic.h"
#include "x86/msi.h"
#include "x86/panic.h"
#include "x86/platform.h"

#define MESSAGES (VEC_DYN_LAST - VEC_DYN_FIRST + 1)
#define VEC_INT80 0x80
#define UNEXPECTED_SHOWN 20

static struct irq *irqs; /* the GSIs, then messages */
static unsigned nr_gsis, nr_irqs;

static struct irq *by_vector[256];
static spinlock_t vectors_lock = SPINLOCK_INIT; /* by_vector; and which irqs have a chip */

/* ---- vectors ---- */

int irq_vector_get(struct irq *irq)
{
    if (irq->vector)
        return 0;
    spin_lock(&vectors_lock);
    for (unsigned v = VEC_DYN_FIRST; v <= VEC_DYN_LAST; v++)
        if (!by_vector[v] && v != VEC_INT80) {
            irq->vector = (uint8_t)v;
            __atomic_store_n(&by_vector[v], irq, __ATOMIC_RELEASE);
            break;
        }
    spin_unlock(&vectors_lock);
    return irq->vector ? 0 : -ENOSPC;
}

void irq_vector_put(struct irq *irq)
{
    spin_lock(&vectors_lock);
    if (irq->vector)
        __atomic_store_n(&by_vector[irq->vector], NULL, __ATOMIC_RELEASE);
    irq->vector = 0;
    spin_unlock(&vectors_lock);
}

uint8_t irq_dest(const struct irq *irq)
{
    uint32_t id = irq->cpu < nr_cpus ? cpus[irq->cpu].apic_id : ~0u;

    /* LIMIT: without interrupt remapping a CPU whose APIC id has more than 8 bits cannot be reached. */
    return (uint8_t)(id < 0xff ? id : cpus[0].apic_id);
}

struct irq *irq_new(const struct irq_chip *chip)
{
    struct irq *irq = NULL;

    spin_lock(&vectors_lock);
    for (unsigned i = nr_gsis; i < nr_irqs && !irq; i++)
        if (!irqs[i].chip)
            irq = &irqs[i];
    if (irq)
        irq->chip = chip;
    spin_unlock(&vectors_lock);
    return irq;
}

/* ---- one comes ---- */

static void unexpected(uint8_t vector)
{
    static unsigned count;

    if (__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED) < UNEXPECTED_SHOWN)
        log_msg(LOG_WARN, "CPU %u: unexpected interrupt %#x", port_cpu(), vector);
}

void irq_interrupt(uint8_t vector)
{
    struct irq *irq = __atomic_load_n(&by_vector[vector], __ATOMIC_ACQUIRE);

    if (unlikely(!irq)) {
        apic_eoi();
        unexpected(vector);
        return;
    }
    spin_lock(&irq->lock);
    /* Meanwhile it may have been given back, and be another. */
    if (unlikely(irq->vector != vector)) {
        spin_unlock(&irq->lock);
        apic_eoi();
        return;
    }
    /* What nobody wants must not come again, and a level not before its cause is gone. */
    if (irq->level || !irq_in_use(irq))
        irq->chip->mask(irq);
    apic_eoi();
    irq_deliver(irq);
    spin_unlock(&irq->lock);
    if (!irq->handler)
        return;
    irq->handler(irq->arg);
    if (irq->level) {
        spin_lock(&irq->lock);
        irq->chip->unmask(irq);
        spin_unlock(&irq->lock);
    }
}

/* ---- lines ---- */

unsigned port_nr_gsis(void)
{
    return nr_gsis;
}

struct irq *port_gsi_irq(unsigned gsi)
{
    return gsi < nr_gsis && irqs[gsi].chip ? &irqs[gsi] : NULL;
}

unsigned irq_isa_gsi(unsigned isa)
{
    for (unsigned i = 0; i < platform.nr_overrides; i++)
        if (platform.override[i].source == isa)
            return platform.override[i].gsi;
    return isa;
}

int irq_claim_gsi(unsigned gsi, void (*handler)(void *arg), void *arg)
{
    struct irq *irq = port_gsi_irq(gsi);
    int rc = -EBUSY;

    if (!irq)
        return -EINVAL;
    spin_lock(&irq->lock);
    if (!irq_in_use(irq)) {
        irq->arg = arg;
        irq->handler = handler;
        rc = irq->chip->startup(irq);
        if (rc)
            irq->handler = NULL;
    }
    spin_unlock(&irq->lock);
    return rc;
}

void irq_init(void)
{
    nr_gsis = ioapic_find();
    nr_irqs = nr_gsis + MESSAGES;
    irqs = xnew_array(struct irq, nr_irqs);
    if (!irqs)
        panic("no memory for %u interrupts", nr_irqs);
    for (unsigned i = 0; i < nr_irqs; i++)
        irqs[i].nr = (uint16_t)i;
    ioapic_init(irqs);
    msi_init();
    pirq_init();
}
