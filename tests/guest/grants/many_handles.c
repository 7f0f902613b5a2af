/* SPDX-License-Identifier: MIT */
/* More mappings at once than one frame of handles holds, each with a handle of its own. */
#include "self.h"

#define N 2000

TEST("many_handles", "two thousand mappings have two thousand handles, and all can be undone")
{
    static grant_handle_t handle[N];
    struct offer o[32];
    char *va = va_alloc(N);

    for (unsigned int i = 0; i < 32; i++)
        o[i] = offer(i, 0);
    for (unsigned int i = 0; i < N; i++)
        handle[i] = map_at(va + i * PAGE_SIZE, o[i % 32].ref, i & 32 ? GNTMAP_readonly : 0);
    for (unsigned int i = 0; i < N; i++)
        CHECK(*(uint64_t *)(va + i * PAGE_SIZE) == i % 32, "mapping %u holds %lx", i,
              *(uint64_t *)(va + i * PAGE_SIZE));
    for (unsigned int i = 0; i < N; i++)
        CHECK(grant_unmap(va + i * PAGE_SIZE, handle[i]) == GNTST_okay, "handle %u", handle[i]);
    for (unsigned int i = 0; i < 32; i++)
        CHECK_EQ(entry_flags(o[i].ref), GTF_permit_access);
}
