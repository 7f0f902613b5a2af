/* SPDX-License-Identifier: MIT */
/* Instructions that fault in a guest's kernel and that the hypervisor does for it. */
#include "bench.h"

#define TURNS 400
#define IDLE_PORT 0xed /* Nothing is there: used to wait a moment */
#define MSR_FS_BASE 0xc0000100

static void bench_ports(void)
{
    struct physdev_set_iopl set = {.iopl = 1};
    long got = hypercall_physdev_op(PHYSDEVOP_set_iopl, &set);

    if (got) {
        bench_absent("port_in", "set_iopl", got);
        bench_absent("port_out", "set_iopl", got);
        return;
    }
    BENCH("port_in", TURNS, asm volatile("inb %w0, %%al" ::"d"(IDLE_PORT) : "rax"));
    BENCH("port_out", TURNS, asm volatile("outb %%al, %w0" ::"d"(IDLE_PORT), "a"(0)));
}

static void bench_cpuid(const char *name, uint32_t leaf)
{
    BENCH(name, TURNS, {
        uint32_t a = leaf, b, c = 0, d;

        asm volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    });
}

void bench_emulation(void)
{
    bench_cpuid("cpuid_0", 0);
    bench_cpuid("cpuid_1", 1);
    bench_cpuid("cpuid_7", 7);
    BENCH("read_cr0", TURNS, asm volatile("mov %%cr0, %%rax" ::: "rax"));
    BENCH("read_cr3", TURNS, asm volatile("mov %%cr3, %%rax" ::: "rax"));
    BENCH("read_cr4", TURNS, asm volatile("mov %%cr4, %%rax" ::: "rax"));
    BENCH("clts", TURNS, asm volatile("clts"));
    bench_ports();
    BENCH("rdmsr", TURNS, asm volatile("rdmsr" ::"c"(MSR_FS_BASE) : "rax", "rdx"));
    BENCH("wrmsr", TURNS, asm volatile("wrmsr" ::"c"(MSR_FS_BASE), "a"(0x1000), "d"(0)));
}
