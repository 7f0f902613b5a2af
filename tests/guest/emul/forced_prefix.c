/* SPDX-License-Identifier: MIT */
/*
 * The forced emulation prefix is five bytes, ud2 and "xen", before cpuid: also across the end of a
 * page. Before any other instruction, or changed, it is the #UD that it looks like; when it runs
 * into a hole, a page fault there. [EMU-4]
 */
#include "harness.h"

static const uint8_t good[] = {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2, 0xc3};

static char *pages;

static void set_code(unsigned int before_end, const uint8_t *code, unsigned int length)
{
    memcpy(pages + PAGE_SIZE - before_end, code, length);
}

/* rbx is cpuid's, hence the push. */
static uint32_t version;
static void call(void *code)
{
    asm volatile("push %%rbx\n\tcall *%1\n\tpop %%rbx"
                 : "=a"(version)
                 : "r"(code), "0"(0x40000001)
                 : "rcx", "rdx", "memory");
}

TEST("forced_prefix_exact", "ud2 \"xen\" cpuid is emulated, also across pages, and nothing else is")
{
    struct fault f;

    pages = pages_alloc(2);
    for (unsigned int i = 0; i <= 8; i++) {
        version = 0;
        set_code(i, good, sizeof(good));
        f = try_call(call, pages + PAGE_SIZE - i);
        CHECK_NO_FAULT(f);
        CHECK_EQ(version, 0x00040011);
    }
    for (unsigned int i = 1; i < 7; i++) {
        uint8_t bad[sizeof(good)];

        memcpy(bad, good, sizeof(good));
        bad[i] ^= i == 6 ? 0xa2 ^ 0x31 : 0x80; /* 0f 31 is rdtsc */
        if (i == 1)
            continue; /* 0f 8b is a jump */
        set_code(64, bad, sizeof(bad));
        f = try_call(call, pages + PAGE_SIZE - 64);
        CHECK_FAULT(f, TRAP_UD);
        CHECK_EQ(f.regs.rip, pages + PAGE_SIZE - 64);
    }

    set_code(7, good, 7);
    MUST(hypercall_update_va_mapping((unsigned long)pages + PAGE_SIZE, 0, UVMF_INVLPG));
    for (unsigned int i = 2; i < 7; i++) {
        set_code(i, good, i);
        f = try_call(call, pages + PAGE_SIZE - i);
        CHECK_FAULT(f, TRAP_PF);
        CHECK_EQ(f.cr2, pages + PAGE_SIZE);
        CHECK_EQ(f.error_code, 0);
        CHECK_EQ(f.regs.rip, pages + PAGE_SIZE - i);
    }
}
