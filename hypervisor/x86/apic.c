/* SPDX-License-Identifier: MIT */
#include "x86/apic.h"
#include "x86/insn.h"
#include "x86/layout.h"
#include "x86/paging.h"
#include "x86/platform.h"

/* Registers, as offsets in the xAPIC page; the x2APIC's MSR is 0x800 + offset / 16. */
enum {
    REG_ID = 0x20,
    REG_TPR = 0x80,
    REG_EOI = 0xb0,
    REG_SVR = 0xf0,
    REG_ESR = 0x280,
    REG_ICR = 0x300,
    REG_ICR_HIGH = 0x310,
    REG_LVT_TIMER = 0x320,
    REG_LVT_THERMAL = 0x330,
    REG_LVT_PERF = 0x340,
    REG_LVT_LINT0 = 0x350,
    REG_LVT_LINT1 = 0x360,
    REG_LVT_ERROR = 0x370,
    REG_TIMER_INITIAL = 0x380,
    REG_TIMER_CURRENT = 0x390,
    REG_TIMER_DIVIDE = 0x3e0,
};

#define LVT_MASKED BIT(16)
#define LVT_NMI 0x400
#define SVR_ENABLE 0x100
#define ICR_NMI 0x400
#define ICR_INIT 0x500
#define ICR_STARTUP 0x600
#define ICR_ASSERT 0x4000
#define ICR_PENDING BIT(12)
#define ICR_ALL_OTHERS 0xc0000
#define DIVIDE_BY_4 1
#define APIC_BASE_X2 BIT(10)
#define APIC_BASE_ON BIT(11)

static volatile uint8_t *regs;
static bool x2; /* LIMIT: x2APIC is used when the firmware has switched it on, never by ourselves */

static uint32_t reg_read(unsigned r)
{
    return x2 ? (uint32_t)rdmsr(0x800 + r / 16) : *(volatile uint32_t *)(regs + r);
}

static void reg_write(unsigned r, uint32_t v)
{
    if (x2)
        wrmsr(0x800 + r / 16, v);
    else
        *(volatile uint32_t *)(regs + r) = v;
}

/* The 8259s stay masked for ever; moved off the exceptions' vectors in case of a spurious one. */
static void pic_silence(void)
{
    outb(0x20, 0x11);
    outb(0xa0, 0x11);
    outb(0x21, 0x20);
    outb(0xa1, 0x28);
    outb(0x21, 0x04);
    outb(0xa1, 0x02);
    outb(0x21, 0x01);
    outb(0xa1, 0x01);
    outb(0x21, 0xff);
    outb(0xa1, 0xff);
}

void apic_init(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);

    pic_silence();
    x2 = base & APIC_BASE_X2;
    if (!x2)
        regs = ioremap(base & PTE_ADDR, PAGE_SIZE, IOREMAP_UNCACHED);
    platform.lapic_addr = base & PTE_ADDR;
}

void apic_init_cpu(void)
{
    wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_ON);
    reg_write(REG_SVR, SVR_ENABLE | VEC_SPURIOUS);
    reg_write(REG_TPR, 0);
    reg_write(REG_LVT_TIMER, VEC_TIMER);
    reg_write(REG_TIMER_DIVIDE, DIVIDE_BY_4);
    reg_write(REG_TIMER_INITIAL, 0);
    reg_write(REG_LVT_LINT0, LVT_MASKED);
    reg_write(REG_LVT_LINT1, LVT_NMI);
    reg_write(REG_LVT_ERROR, LVT_MASKED | VEC_SPURIOUS);
    reg_write(REG_ESR, 0);
    reg_write(REG_EOI, 0);
}

uint32_t apic_id(void)
{
    uint32_t id = reg_read(REG_ID);

    return x2 ? id : id >> 24;
}

void apic_eoi(void)
{
    reg_write(REG_EOI, 0);
}

static void icr_write(uint32_t to, uint32_t command)
{
    if (x2) {
        wrmsr(0x800 + REG_ICR / 16, (uint64_t)to << 32 | command);
        return;
    }
    while (reg_read(REG_ICR) & ICR_PENDING)
        pause();
    reg_write(REG_ICR_HIGH, to << 24);
    reg_write(REG_ICR, command);
}

void apic_send(uint32_t to, uint8_t vector)
{
    icr_write(to, ICR_ASSERT | vector);
}

void apic_send_nmi_others(void)
{
    icr_write(0, ICR_ALL_OTHERS | ICR_ASSERT | ICR_NMI);
}

void apic_send_init(uint32_t to)
{
    icr_write(to, ICR_ASSERT | ICR_INIT);
}

void apic_send_startup(uint32_t to, uint8_t page)
{
    icr_write(to, ICR_ASSERT | ICR_STARTUP | page);
}

void apic_timer_set(uint32_t count)
{
    reg_write(REG_TIMER_INITIAL, count);
}

uint32_t apic_timer_left(void)
{
    return reg_read(REG_TIMER_CURRENT);
}
