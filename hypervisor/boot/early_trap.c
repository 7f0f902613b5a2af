/* SPDX-License-Identifier: MIT */
#include "boot/early_trap.h"
#include "x86/image.h"
#include "x86/insn.h"
#include "x86/panic.h"

struct gate {
    uint16_t offset0, selector, type, offset1;
    uint32_t offset2, zero;
};

static struct gate early_idt[32];
extern const uint8_t early_trap_stubs[];

_Noreturn void early_trap(struct cpu_user_regs *r);
_Noreturn void early_trap(struct cpu_user_regs *r)
{
    panic_regs(r, "trap %u (error %#x) during boot", r->entry_vector, r->error_code);
}

void early_trap_init(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idtr = {sizeof(early_idt) - 1, (uint64_t)early_idt};

    for (unsigned i = 0; i < ARRAY_SIZE(early_idt); i++) {
        uint64_t at = (uint64_t)early_trap_stubs + i * 16;

        early_idt[i] = (struct gate){
            .offset0 = (uint16_t)at,
            .offset1 = (uint16_t)(at >> 16),
            .offset2 = (uint32_t)(at >> 32),
            .selector = BOOT_CS64,
            .type = 0x8e00,
        };
    }
    __asm__ volatile("lidt %0" ::"m"(idtr));
}
