/* SPDX-License-Identifier: MIT */
/* cmpxchg, with and without lock: writes and sets ZF if equal, else loads rax and clears ZF. */
#include "store.h"

TEST("store_cmpxchg", "lock cmpxchg on an L1 entry is emulated, both when it succeeds and fails")
{
    uint64_t entry = store_entry(), other = store_entry(), rax = 0;
    volatile uint64_t *pte = store_target(entry);
    uint8_t equal;

    CHECK_NO_FAULT(TRY_ASM("lock cmpxchgq %3, (%2); sete %1",
                           : "+a"(rax), "=&q"(equal)
                           : "r"(pte), "r"(other)
                           : "memory"));
    CHECK_EQ(equal, 0);
    CHECK_EQ(rax, entry);
    CHECK_EQ(*pte, entry);
    CHECK_NO_FAULT(TRY_ASM("lock cmpxchgq %3, (%2); sete %1",
                           : "+a"(rax), "=&q"(equal)
                           : "r"(pte), "r"(other)
                           : "memory"));
    CHECK_EQ(equal, 1);
    CHECK_EQ(rax, entry);
    CHECK_EQ(*pte, other);
    rax = other;
    CHECK_NO_FAULT(TRY_ASM("cmpxchgq %3, (%2); sete %1",
                           : "+a"(rax), "=&q"(equal)
                           : "r"(pte), "r"(entry)
                           : "memory"));
    CHECK_EQ(equal, 1);
    CHECK_EQ(*pte, entry);
}
