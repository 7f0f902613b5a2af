/* SPDX-License-Identifier: MIT */
#include "x86/panic.h"
#include "core/console.h"
#include "lib/printf.h"
#include "x86/console.h"
#include "x86/cpu.h"
#include "x86/insn.h"
#include "x86/smp.h"

#define FRAMES_MAX 24

/* Made by hypervisor/symbols.awk from the first link. Sorted by address. */
struct symbol {
    uint32_t addr, name;
}; /* offset from the image's start, offset in symbol_names */
extern const uint32_t symbol_count;
extern const struct symbol symbol_table[];
extern const char symbol_names[];
extern const uint8_t image_start[], text_end[];

static uint32_t panicking; /* 1 + the CPU that panics */

const char *symbol_lookup(uint64_t addr, uint64_t *offset)
{
    uint64_t at = addr - (uint64_t)image_start;
    unsigned lo = 0, hi = symbol_count;

    if (addr < (uint64_t)image_start || addr >= (uint64_t)text_end)
        return NULL;
    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;

        if (symbol_table[mid].addr <= at)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (!lo)
        return NULL;
    *offset = at - symbol_table[lo - 1].addr;
    return symbol_names + symbol_table[lo - 1].name;
}

static void print_address(uint64_t addr)
{
    uint64_t offset;
    const char *name = symbol_lookup(addr, &offset);

    if (name)
        log_msg(LOG_ERR, "  [<%016lx>] %s+%#lx", addr, name, offset);
    else
        log_msg(LOG_ERR, "  [<%016lx>]", addr);
}

/* Follow the chain of frame pointers as long as it goes up inside this CPU's stack. */
static void print_backtrace(uint64_t rip, uint64_t rbp)
{
    uint64_t stack = (uint64_t)&stack & ~(STACK_SIZE - 1ull);

    log_msg(LOG_ERR, "Call trace:");
    if (rip)
        print_address(rip);
    for (unsigned i = 0; i < FRAMES_MAX; i++) {
        const uint64_t *frame = (const uint64_t *)rbp;

        if (rbp < stack || rbp > stack + STACK_SIZE - 32 || (rbp & 7) || !frame[1])
            return;
        print_address(frame[1]);
        if (frame[0] <= rbp)
            return;
        rbp = frame[0];
    }
}

void regs_print(const struct cpu_user_regs *r)
{
    uint64_t offset;
    const char *name = symbol_lookup(r->rip, &offset);

    if (name)
        log_msg(LOG_ERR, "rip %04x:%016lx %s+%#lx", r->cs, r->rip, name, offset);
    else
        log_msg(LOG_ERR, "rip %04x:%016lx", r->cs, r->rip);
    log_msg(LOG_ERR, "rsp %04x:%016lx rflags %016lx vector %u error %#x", r->ss, r->rsp,
            (unsigned long)r->rflags, r->entry_vector, r->error_code);
    log_msg(LOG_ERR, "rax %016lx rbx %016lx rcx %016lx", r->rax, r->rbx, r->rcx);
    log_msg(LOG_ERR, "rdx %016lx rsi %016lx rdi %016lx", r->rdx, r->rsi, r->rdi);
    log_msg(LOG_ERR, "rbp %016lx r8  %016lx r9  %016lx", r->rbp, r->r8, r->r9);
    log_msg(LOG_ERR, "r10 %016lx r11 %016lx r12 %016lx", r->r10, r->r11, r->r12);
    log_msg(LOG_ERR, "r13 %016lx r14 %016lx r15 %016lx", r->r13, r->r14, r->r15);
    log_msg(LOG_ERR, "cr0 %016lx cr2 %016lx cr3 %016lx cr4 %016lx", read_cr0(), read_cr2(),
            read_cr3(), read_cr4());
}

/* One CPU panics; a second one that comes here stops silently. */
static void panic_begin(unsigned cpu)
{
    uint32_t none = 0;

    cli();
    if (!__atomic_compare_exchange_n(&panicking, &none, cpu + 1, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE) &&
        none != cpu + 1)
        for (;;)
            __asm__ volatile("hlt");
    console_break_lock();
    smp_stop_others();
}

static _Noreturn void panic_end(const char *message)
{
    log_msg(LOG_ERR, "****************************************");
    log_msg(LOG_ERR, "Panic on CPU %u: %s", panicking - 1, message);
    log_msg(LOG_ERR, "****************************************");
    machine_reboot();
}

_Noreturn void panic(const char *fmt, ...)
{
    static char message[256];
    va_list ap;

    panic_begin(this_cpu()->id);
    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    print_backtrace(0, (uint64_t)__builtin_frame_address(0));
    panic_end(message);
}

_Noreturn void panic_regs(const struct cpu_user_regs *r, const char *fmt, ...)
{
    static char message[256];
    va_list ap;

    panic_begin(this_cpu()->id);
    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    regs_print(r);
    print_backtrace(r->rip, r->rbp);
    panic_end(message);
}

void panic_nmi(void)
{
    uint32_t who = __atomic_load_n(&panicking, __ATOMIC_ACQUIRE);

    if (who && who != this_cpu()->id + 1)
        for (;;)
            __asm__ volatile("cli; hlt");
}
