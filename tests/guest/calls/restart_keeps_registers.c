/* SPDX-License-Identifier: MIT */
/*
 * A hypercall that is interrupted and goes on later comes back with its own argument registers used,
 * but no other: a stub that passes two arguments may keep what it likes in rdx, r10, r8 and r9.
 * [HC-4] */
#include "harness.h"

#define N 4096u

static volatile int fired;
static multicall_entry_t *calls;

static void on_event(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    if (calls[N - 1].result == 0x77)
        fired++; /* in the middle */
}

TEST("restart_keeps_registers", "a continued two-argument call leaves rdx, r10, r8 and r9 alone")
{
    struct evtchn_send send = {.port = (evtchn_port_t)MUST(evtchn_bind_ipi(0))};
    unsigned long rax, got[4];

    evtchn_set_handler(send.port, on_event, NULL);
    calls = pages_alloc(N * sizeof(*calls) / PAGE_SIZE);
    for (unsigned int i = 0; i < N; i++)
        calls[i] = (multicall_entry_t){.op = HYPERCALL_NR_xen_version, .result = 0x77};
    calls[1].op = HYPERCALL_NR_event_channel_op;
    calls[1].args[0] = EVTCHNOP_send;
    calls[1].args[1] = (unsigned long)&send;

    asm volatile("mov $0x1111, %%edx\n\t"
                 "mov $0x2222, %%r10d\n\t"
                 "mov $0x3333, %%r8d\n\t"
                 "mov $0x4444, %%r9d\n\t"
                 "syscall\n\t"
                 "mov %%rdx, (%%rbx)\n\t"
                 "mov %%r10, 8(%%rbx)\n\t"
                 "mov %%r8, 16(%%rbx)\n\t"
                 "mov %%r9, 24(%%rbx)"
                 : "=a"(rax)
                 : "a"((unsigned long)HYPERCALL_NR_multicall), "D"(calls), "S"((unsigned long)N),
                   "b"(got)
                 : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");

    CHECK_EQ(rax, 0);
    CHECK_EQ(fired, 1);
    CHECK_EQ(got[0], 0x1111);
    CHECK_EQ(got[1], 0x2222);
    CHECK_EQ(got[2], 0x3333);
    CHECK_EQ(got[3], 0x4444);
}
