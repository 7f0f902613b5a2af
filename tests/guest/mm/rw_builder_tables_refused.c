/* SPDX-License-Identifier: MIT */
/* The tables the domain was built on, all of them, in the linear map: none can become writable. */
#include "tables.h"

TEST("rw_builder_tables_refused", "no table of the domain builder can be mapped writable")
{
    char *page = (char *)start_info->pt_base;

    for (unsigned long i = 0; i < start_info->nr_pt_frames; i++, page += PAGE_SIZE) {
        long rc = remap(page, entry_to(page, PROT_RW));

        CHECK(rc == -XEN_EBUSY, "table %lu: %ld", i, rc);
        CHECK_FAULT(try_write(page, entry_to(page, PROT_RW)), TRAP_PF);
    }
}
