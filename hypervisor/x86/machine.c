/* SPDX-License-Identifier: MIT */
/* core/machine.h: what boot learned of the CPUs and from the firmware. */
#include "core/machine.h"
#include "x86/cpu.h"
#include "x86/insn.h"
#include "x86/platform.h"

unsigned port_machine_cpus(void)
{
    return nr_cpus;
}

void port_machine_cpu(unsigned cpu, struct machine_cpu *out)
{
    *out = (struct machine_cpu){.apic_id = cpus[cpu].apic_id, .acpi_id = ~0u};
    for (unsigned i = 0; i < platform.nr_cpus; i++)
        if (platform.apic_id[i] == out->apic_id)
            out->acpi_id = platform.acpi_id[i];
}

uint8_t port_keyboard_flags(void)
{
    return platform.keyboard_flags;
}

bool port_has_pm1(void)
{
    return platform.pm1a_cnt;
}

void port_pm1_write(uint16_t a, uint16_t b)
{
    wbinvd();
    outw(platform.pm1a_cnt, a);
    if (platform.pm1b_cnt)
        outw(platform.pm1b_cnt, b);
    for (unsigned i = 0; i < 100000; i++)
        inb(0x80); /* some tenth of a second, by no clock */
}
