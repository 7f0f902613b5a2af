/* SPDX-License-Identifier: MIT */
#include <stdarg.h>

#include "pvguest.h"

void (*panic_hook)(const char *message);

_Noreturn void domain_shutdown(unsigned int reason)
{
    struct sched_shutdown arg = {.reason = reason};

    console_flush();
    for (;;)
        hypercall_sched_op(SCHEDOP_shutdown, &arg);
}

void regs_print(const struct regs *r)
{
    printf("%s (vector %lu) error %04lx, rip %04x:%016lx rflags %06lx, %s mode\n",
           trap_name(r->vector), r->vector, r->error_code, r->cs, r->rip, r->rflags,
           regs_user_mode(r) ? "user" : "kernel");
    printf("rsp %04lx:%016lx  cr2 %016lx\n", r->ss, r->rsp, this_cpu()->info->arch.cr2);
    printf("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
    printf("rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", r->rsi, r->rdi, r->rbp, r->r8);
    printf("r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", r->r9, r->r10, r->r11, r->r12);
    printf("r13 %016lx r14 %016lx r15 %016lx\n", r->r13, r->r14, r->r15);
}

static bool on_image(unsigned long va)
{
    return va >= VIRT_BASE && va < VIRT_BASE + (mm_linear_pages() << PAGE_SHIFT);
}

static void backtrace(const struct regs *r)
{
    unsigned long bp = r->rbp;

    printf("backtrace: %lx", r->rip);
    for (int i = 0; i < 12 && (bp & 7) == 0 && on_image(bp) && on_image(bp + 8); i++) {
        const unsigned long *frame = (const unsigned long *)bp;

        printf(" %lx", frame[1]);
        if (frame[0] <= bp)
            break;
        bp = frame[0];
    }
    printf("\n");
}

static _Noreturn void die(const struct regs *regs, const char *fmt, va_list args)
{
    static bool dying;
    static char message[256];

    /* A panic inside the panic: say no more, the first message is out. */
    if (dying)
        domain_shutdown(SHUTDOWN_crash);
    dying = true;

    vsnprintf(message, sizeof(message), fmt, args);
    console_emergency();
    printf("PANIC on vCPU %u: %s\n", this_cpu()->id, message);
    if (regs) {
        regs_print(regs);
        if (regs->vector == TRAP_PF)
            pt_print(kernel_aspace.l4_mfn, this_cpu()->info->arch.cr2);
        backtrace(regs);
    }
    if (panic_hook)
        panic_hook(message);
    domain_shutdown(SHUTDOWN_crash);
}

_Noreturn void panic(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    die(NULL, fmt, args);
}

_Noreturn void panic_regs(const struct regs *regs, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    die(regs, fmt, args);
}
