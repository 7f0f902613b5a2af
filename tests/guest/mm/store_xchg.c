/* SPDX-License-Identifier: MIT */
/* xchg, which is how kernels take an entry away and learn its last dirty bit. */
#include "store.h"

TEST("store_xchg", "xchg with an L1 entry is emulated and returns the old entry")
{
    uint64_t entry = store_entry(), value = 0;
    volatile uint64_t *pte = store_target(entry);

    CHECK_NO_FAULT(TRY_ASM("xchg %0, (%1)", : "+r"(value) : "r"(pte) : "memory"));
    CHECK_EQ(value, entry);
    CHECK_EQ(*pte, 0);
    value = entry;
    CHECK_NO_FAULT(TRY_ASM("xchg %0, (%1)", : "+r"(value) : "r"(pte) : "memory"));
    CHECK_EQ(value, 0);
    CHECK_EQ(*pte, entry);
}
