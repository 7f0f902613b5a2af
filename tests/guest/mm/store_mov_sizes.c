/* SPDX-License-Identifier: MIT */
/* Plain stores of 8, 4, 2 and 1 bytes, of registers and constants, into a table. [EMU-6] */
#include "store.h"

TEST("store_mov_sizes", "mov of every size into an L1 is emulated and changes just its bytes")
{
    uint64_t entry = store_entry();
    volatile uint64_t *pte = store_target(0);

    CHECK_NO_FAULT(TRY_ASM("movq %1, (%0)", : : "r"(pte), "r"(entry) : "memory"));
    CHECK_EQ(*pte, entry);
    CHECK_NO_FAULT(TRY_ASM("movl %k1, (%0)", : : "r"(pte), "r"(entry | 0x200) : "memory"));
    CHECK_EQ(*pte, entry | 0x200);
    CHECK_NO_FAULT(TRY_ASM("movw %w1, (%0)", : : "r"(pte), "r"(entry | 0x400) : "memory"));
    CHECK_EQ(*pte, entry | 0x400);
    CHECK_NO_FAULT(TRY_ASM("movb %b1, 7(%0)", : : "r"(pte), "r"(0x80ul) : "memory"));
    CHECK_EQ(*pte, entry | 0x400 | PTE_NX);
    CHECK_NO_FAULT(TRY_ASM("movb $0, 7(%0)", : : "r"(pte) : "memory"));
    CHECK_NO_FAULT(TRY_ASM("movb $0, (%0)", : : "r"(pte) : "memory"));
    CHECK_EQ(*pte, (entry | 0x400) & ~0xfful);
    CHECK_NO_FAULT(TRY_ASM("movl $0x123, 4(%0)", : : "r"(pte) : "memory"));
    CHECK_EQ(*pte, ((entry | 0x400) & 0xffffff00) | 0x12300000000ul);
    CHECK_NO_FAULT(TRY_ASM("movw $0x1234, (%0)", : : "r"(pte) : "memory"));
    CHECK_EQ(*pte & 0xffff, 0x1234);
    CHECK_NO_FAULT(TRY_ASM("movq $-2, (%0)", : : "r"(pte) : "memory"));
    CHECK_EQ(*pte, ~1ul);
}
