/* SPDX-License-Identifier: MIT */
/*
 * The guest kernel runs in ring 3, but its page faults must look like a kernel's: no user bit in
 * the error code, RPL 0 in cs. Reads and writes of an unmapped page, a write to a read-only one,
 * a call of one that is not executable. [TRAP-2]
 */
#include "harness.h"

static const struct regs *check_frame(const struct fault *f, const void *address, uint64_t error)
{
    CHECK_FAULT(*f, TRAP_PF);
    CHECK_EQ(f->cr2, address);
    CHECK_EQ(f->error_code, error);
    CHECK(!regs_user_mode(&f->regs), "cs %x", f->regs.cs);
    CHECK_EQ(f->regs.cs & ~3, FLAT_KERNEL_CS & ~3);
    CHECK_EQ(f->regs.upcall_mask, 0);
    CHECK(f->regs.rflags & RFLAGS_IF, "IF is clear in rflags %lx", f->regs.rflags);
    CHECK(!(f->regs.rflags & RFLAGS_IOPL), "IOPL in rflags %lx", f->regs.rflags);
    return &f->regs;
}

TEST("pagefault_frame_is_a_kernels", "a #PF of the guest kernel has no U bit, RPL 0, cr2, IF")
{
    char *hole = va_alloc(1);
    char *page = page_alloc();
    uint64_t value;
    struct fault f;

    f = try_read(hole + 8, &value);
    check_frame(&f, hole + 8, 0);
    f = try_write(hole + 16, 1);
    check_frame(&f, hole + 16, PF_WRITE);

    REQUIRE(page_set_ro(page) == 0, "cannot make a page read-only");
    f = try_write(page + 24, 1);
    check_frame(&f, page + 24, PF_WRITE | PF_PRESENT);
    f = try_read(page + 24, &value);
    CHECK_NO_FAULT(f);

    /* A ret, so that the call comes back if it is executed after all. */
    REQUIRE(page_set_rw(page) == 0, "cannot make a page read-write");
    page[0] = (char)0xc3;
    f = try_exec(page);
    CHECK_NO_FAULT(f);
    REQUIRE(
        hypercall_update_va_mapping((unsigned long)page, pte_read(page) | PTE_NX, UVMF_INVLPG) == 0,
        "cannot set NX");
    f = try_exec(page);
    check_frame(&f, page, PF_PRESENT | PF_FETCH);
    CHECK_EQ(f.regs.rip, page);
}
