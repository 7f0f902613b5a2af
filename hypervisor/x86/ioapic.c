/* SPDX-License-Identifier: MIT */
#include "x86/ioapic.h"
#include "core/log.h"
#include "lib/errno.h"
#include "x86/irq.h"
#include "x86/paging.h"
#include "x86/platform.h"

/* Offsets in the page, and registers behind them (Intel 82093AA). */
#define SELECT 0x00
#define WINDOW 0x10
#define REG_VERSION 1
#define REG_ENTRY 0x10 /* two registers a line */
#define GSI_LIMIT 1024 /* more are taken for damaged tables */

#define RTE_LOW BIT(13)
#define RTE_LEVEL BIT(15)
#define RTE_MASKED BIT(16)
#define RTE_DELIVERY 0x700
#define RTE_SMI 0x200

/* Polarity and trigger of a MADT override: 0 is the bus's own, ISA's. */
#define OVERRIDE_LOW 3
#define OVERRIDE_LEVEL 3
#define ISA_LINES 16

static struct ioapic {
    volatile uint8_t *regs;
    uint64_t addr;
    unsigned gsi_base, lines;
} ioapics[PLATFORM_IOAPICS];
static unsigned nr_ioapics;
static spinlock_t regs_lock = SPINLOCK_INIT; /* register selection */

static uint32_t reg_read(const struct ioapic *io, unsigned reg)
{
    uint32_t val;

    spin_lock(&regs_lock);
    *(volatile uint32_t *)(io->regs + SELECT) = reg;
    val = *(volatile uint32_t *)(io->regs + WINDOW);
    spin_unlock(&regs_lock);
    return val;
}

static void reg_write(const struct ioapic *io, unsigned reg, uint32_t val)
{
    spin_lock(&regs_lock);
    *(volatile uint32_t *)(io->regs + SELECT) = reg;
    *(volatile uint32_t *)(io->regs + WINDOW) = val;
    spin_unlock(&regs_lock);
}

static const struct ioapic *ioapic_of(unsigned gsi)
{
    for (unsigned i = 0; i < nr_ioapics; i++)
        if (gsi - ioapics[i].gsi_base < ioapics[i].lines)
            return &ioapics[i];
    return NULL;
}

/* ---- one line ---- */

static unsigned entry_reg(const struct irq *irq, const struct ioapic *io)
{
    return REG_ENTRY + 2 * (irq->nr - io->gsi_base);
}

static void entry_write_low(struct irq *irq)
{
    const struct ioapic *io = ioapic_of(irq->nr);

    reg_write(io, entry_reg(irq, io),
              irq->vector | (irq->active_low ? (uint32_t)RTE_LOW : 0) |
                  (irq->level ? (uint32_t)RTE_LEVEL : 0) |
                  (irq->masked ? (uint32_t)RTE_MASKED : 0));
}

static void line_set_cpu(struct irq *irq, unsigned cpu)
{
    const struct ioapic *io = ioapic_of(irq->nr);

    (void)cpu;
    reg_write(io, entry_reg(irq, io) + 1, (uint32_t)irq_dest(irq) << 24);
}

static void line_mask(struct irq *irq)
{
    irq->masked = true;
    entry_write_low(irq);
}

static void line_unmask(struct irq *irq)
{
    irq->masked = false;
    entry_write_low(irq);
}

static int line_startup(struct irq *irq)
{
    int rc = irq_vector_get(irq);

    if (rc)
        return rc;
    line_set_cpu(irq, irq->cpu);
    line_unmask(irq);
    return 0;
}

static const struct irq_chip line_chip = {
    .startup = line_startup,
    .mask = line_mask,
    .unmask = line_unmask,
    .set_cpu = line_set_cpu,
};

/* ---- what the control domain asks for ---- */

int port_gsi_setup(unsigned gsi, bool level, bool active_low)
{
    struct irq *irq = port_gsi_irq(gsi);
    int rc = 0;

    if (!irq)
        return -EINVAL;
    spin_lock(&irq->lock);
    if (irq_in_use(irq) || irq->set_up) {
        rc = -EEXIST;
    } else {
        irq->set_up = true;
        irq->level = level;
        irq->active_low = active_low;
        line_mask(irq);
    }
    spin_unlock(&irq->lock);
    return rc;
}

static const struct ioapic *ioapic_at(uint64_t base)
{
    for (unsigned i = 0; i < nr_ioapics; i++)
        if (ioapics[i].addr == base)
            return &ioapics[i];
    return NULL;
}

int port_ioapic_read(uint64_t base, uint32_t reg, uint32_t *val)
{
    const struct ioapic *io = ioapic_at(base);

    if (!io)
        return -EINVAL;
    *val = reg_read(io, reg & 0xff);
    return 0;
}

int port_ioapic_write(uint64_t base, uint32_t reg, uint32_t val)
{
    const struct ioapic *io = ioapic_at(base);
    struct irq *irq;

    if (!io)
        return -EINVAL;
    if (reg < REG_ENTRY || (reg & 1)) /* the other half is the destination, which is ours */
        return 0;
    if ((reg - REG_ENTRY) / 2 >= io->lines)
        return -EINVAL;
    irq = port_gsi_irq(io->gsi_base + (reg - REG_ENTRY) / 2);
    spin_lock(&irq->lock);
    if (!irq_in_use(irq)) {
        irq->level = val & RTE_LEVEL;
        irq->active_low = val & RTE_LOW;
        line_mask(irq);
    }
    spin_unlock(&irq->lock);
    return 0;
}

/* ---- starting ---- */

static void lines_mask(const struct ioapic *io)
{
    for (unsigned i = 0; i < io->lines; i++) {
        uint32_t low = reg_read(io, REG_ENTRY + 2 * i);

        if ((low & RTE_DELIVERY) != RTE_SMI) /* the firmware's own */
            reg_write(io, REG_ENTRY + 2 * i, RTE_MASKED);
    }
}

unsigned ioapic_find(void)
{
    unsigned end = 0;

    for (unsigned i = 0; i < platform.nr_ioapics; i++) {
        const struct platform_ioapic *p = &platform.ioapic[i];
        struct ioapic *io = &ioapics[nr_ioapics];
        uint32_t version;

        io->regs = ioremap(p->addr, PAGE_SIZE, IOREMAP_UNCACHED);
        io->addr = p->addr;
        io->gsi_base = p->gsi_base;
        version = reg_read(io, REG_VERSION);
        io->lines = (version >> 16 & 0xff) + 1;
        if (version == ~0u || p->gsi_base + io->lines > GSI_LIMIT) {
            log_msg(LOG_WARN, "I/O APIC at %#x (first line %u) left out", p->addr, p->gsi_base);
            continue;
        }
        lines_mask(io);
        end = max(end, io->gsi_base + io->lines);
        nr_ioapics++;
    }
    log_msg(LOG_INFO, "I/O APICs: %u, lines below %u", nr_ioapics, end);
    return end;
}

void ioapic_init(struct irq *irqs)
{
    for (unsigned i = 0; i < nr_ioapics; i++)
        for (unsigned gsi = ioapics[i].gsi_base; gsi < ioapics[i].gsi_base + ioapics[i].lines;
             gsi++) {
            irqs[gsi].chip = &line_chip;
            irqs[gsi].level = irqs[gsi].active_low = gsi >= ISA_LINES; /* PCI's */
            irqs[gsi].masked = true;
        }
    if (ioapic_of(0))
        irqs[0].set_up = true; /* the timer's, once; nobody's to set up */
    for (unsigned i = 0; i < platform.nr_overrides; i++) {
        const struct platform_override *o = &platform.override[i];

        if (!ioapic_of(o->gsi))
            continue;
        irqs[o->gsi].active_low = (o->flags & 3) == OVERRIDE_LOW;
        irqs[o->gsi].level = (o->flags >> 2 & 3) == OVERRIDE_LEVEL;
    }
}
