/* SPDX-License-Identifier: MIT */
/* xadd, cmpxchg8b, movnti, push, pop and shifts with an entry as destination. [EMU-6] */
#include "store.h"

TEST("store_rare_forms", "xadd, cmpxchg8b, movnti, push and pop on an L1 entry are emulated")
{
    uint64_t entry = store_entry(), value = 0x200, rsp, rdx = entry >> 32;
    uint64_t rax = (entry + 0x200) & 0xffffffff;
    volatile uint64_t *pte = store_target(entry);

    CHECK_NO_FAULT(TRY_ASM("lock xaddq %0, (%1)", : "+r"(value) : "r"(pte) : "memory"));
    CHECK_EQ(*pte, entry + 0x200);
    CHECK_EQ(value, entry);
    CHECK_NO_FAULT(TRY_ASM("lock cmpxchg8b (%2)",
                           : "+a"(rax), "+d"(rdx)
                           : "r"(pte), "b"(0), "c"(0)
                           : "memory"));
    CHECK_EQ(*pte, 0);
    CHECK_NO_FAULT(TRY_ASM("movnti %0, (%1)", : : "r"(entry), "r"(pte) : "memory"));
    CHECK_EQ(*pte, entry);
    CHECK_NO_FAULT(TRY_ASM("push $0; pop (%0)", : : "r"(pte) : "memory"));
    CHECK_EQ(*pte, 0);
    /* No event may come while the stack is in the table. */
    events_disable();
    CHECK_NO_FAULT(TRY_ASM("mov %%rsp, %0; mov %1, %%rsp; push %2; mov %0, %%rsp",
                           : "=&r"(rsp)
                           : "r"(pte + 1), "r"(entry)
                           : "memory"));
    events_enable();
    CHECK_EQ(*pte, entry);
}
