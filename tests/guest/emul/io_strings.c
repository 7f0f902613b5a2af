/* SPDX-License-Identifier: MIT */
/*
 * ins and outs are emulated too, with rep and DF; a hole in memory is a page fault of the guest's
 * with the registers as far as they came.
 */
#include "harness.h"

static unsigned long rdi, rcx, rsi;

static struct fault ins(void *to, unsigned long count)
{
    struct fault f;

    rdi = (unsigned long)to;
    rcx = count;
    f = TRY_ASM("rep insb", : "+D"(rdi), "+c"(rcx) : "d"(0x71) : "memory");
    return f;
}

TEST("io_strings", "rep ins and outs work, and fault where memory ends")
{
    char *page = pages_alloc(2);
    struct fault f;

    if (hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_architectural_iopl))
        SKIP("no architectural_iopl");
    CHECK_NO_FAULT(TRY_ASM("out %%al, $0x70", : : "a"(0x0d)));

    CHECK_NO_FAULT(ins(page, 4));
    CHECK_EQ(rdi, page + 4);
    CHECK_EQ(rcx, 0);
    CHECK_EQ(*(uint32_t *)page, 0x80808080);
    CHECK_EQ(page[4], 0);
    CHECK_NO_FAULT(ins(page, 0));
    CHECK_EQ(rdi, page);

    page[8] = 0x0d;
    rsi = (unsigned long)page + 8;
    CHECK_NO_FAULT(TRY_ASM("outsb", : "+S"(rsi) : "d"(0x70) : "memory"));
    CHECK_EQ(rsi, page + 9);
    rsi = (unsigned long)page + 8;
    CHECK_NO_FAULT(TRY_ASM("std\n\toutsb\n\tcld", : "+S"(rsi) : "d"(0x70) : "memory"));
    CHECK_EQ(rsi, page + 7);

    MUST(hypercall_update_va_mapping((unsigned long)page + PAGE_SIZE, 0, UVMF_INVLPG));
    f = ins(page + PAGE_SIZE - 2, 8);
    CHECK_FAULT(f, TRAP_PF);
    CHECK_EQ(f.cr2, page + PAGE_SIZE);
    CHECK_EQ(f.error_code, PF_WRITE);
    CHECK_EQ(f.regs.rdi, page + PAGE_SIZE);
    CHECK_EQ(f.regs.rcx, 6);
    CHECK_EQ(*(uint16_t *)(page + PAGE_SIZE - 2), 0x8080);
}
