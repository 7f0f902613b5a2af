/* SPDX-License-Identifier: MIT */
#include "x86/power.h"
#include "core/domain.h"
#include "core/log.h"
#include "x86/insn.h"
#include "x86/console.h"
#include "x86/platform.h"
#include <xen/sched.h>

bool power_noreboot;

static _Noreturn void halt(void)
{
    console_flush();
    for (;;)
        __asm__ volatile("cli; hlt");
}

static void delay_ms(unsigned ms)
{
    while (ms--)
        for (unsigned i = 0; i < 1000; i++)
            inb(0x80); /* about a microsecond on any PC, and needs no calibrated clock */
}

#define SLP_EN BIT(13)

static void sleep_register_write(uint16_t port, uint8_t type)
{
    if (port)
        outw(port, (uint16_t)((inw(port) & 0xc3ff) | (uint16_t)(type << 10) | SLP_EN));
}

_Noreturn void machine_poweroff(void)
{
    console_flush();
    if (platform.has_s5) {
        sleep_register_write(platform.pm1a_cnt, platform.s5_type_a);
        sleep_register_write(platform.pm1b_cnt, platform.s5_type_b);
        delay_ms(5000); /* an emulator on a busy machine does it when it comes to it */
    }
    log_msg(LOG_ERR, "The machine does not switch itself off; halted");
    halt();
}

/* Each way resets the machine at once where it exists at all. */
_Noreturn void machine_reboot(void)
{
    static const struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) no_idt;

    console_flush();
    if (power_noreboot) {
        log_msg(LOG_ERR, "Manual reset required (noreboot)");
        halt();
    }
    if (platform.has_reset && platform.reset_space == 1) {
        outb((uint16_t)platform.reset_addr, platform.reset_value);
        delay_ms(10);
    }
    outb(0xcf9, 0x02); /* chip set reset control: first choose a hard reset, then do it */
    outb(0xcf9, 0x06);
    delay_ms(10);
    outb(0x64, 0xfe); /* keyboard controller: pulse the reset line */
    delay_ms(10);
    __asm__ volatile("lidt %0; int3" ::"m"(no_idt)); /* triple fault */
    halt();
}

void port_machine_shutdown(int reason)
{
    if (reason == SHUTDOWN_poweroff) {
        log_msg(LOG_INFO, "The control domain is done: switching off");
        machine_poweroff();
    }
    log_msg(LOG_INFO, "The control domain %s: resetting the machine",
            reason == SHUTDOWN_reboot ? "asks for it" : "is gone");
    machine_reboot();
}
