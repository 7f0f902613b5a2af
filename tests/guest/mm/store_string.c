/* SPDX-License-Identifier: MIT */
/* rep stos and rep movs over entries of a table, as memset and memcpy do: element by element. */
#include "store.h"

TEST("store_string", "rep stos and rep movs into an L1 are emulated and restartable")
{
    uint64_t entry = store_entry(), entries[3] = {entry, 0, PATTERN};
    uint64_t *l1 = pinned_table(1);
    volatile uint64_t *pte = l1;
    void *rdi = l1;
    const void *rsi = entries;
    unsigned long rcx = 3;

    writable_tables_on();
    CHECK_NO_FAULT(TRY_ASM("rep stosq", : "+D"(rdi), "+c"(rcx) : "a"(entry) : "memory"));
    CHECK_EQ(rcx, 0);
    CHECK_EQ(rdi, l1 + 3);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(pte[i], entry);
    CHECK_EQ(pte[3], 0);
    rdi = l1;
    rcx = 3;
    CHECK_NO_FAULT(TRY_ASM("rep movsq", : "+D"(rdi), "+S"(rsi), "+c"(rcx) : : "memory"));
    CHECK_EQ(rcx, 0);
    CHECK_EQ(pte[0], entry);
    CHECK_EQ(pte[1], 0);
    CHECK_EQ(pte[2], PATTERN);
}
