/* SPDX-License-Identifier: MIT */
/*
 * Asks for what no guest may have and says what was answered, so that `pxl why` can be compared with it: a mapping of the
 * hypervisor's frame, an entry of the hypervisor's part of its L4, a writable mapping of its own page table. Then it sleeps, powers
 * off, or takes an exception that it has no handler for, as its command line says.
 */
#include "pvguest.h"

static char page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

#define HYPERVISOR_FRAME 0x100ul /* both hypervisors lie from 1 MiB on */
#define HYPERVISOR_SLOT 257ul    /* the first of theirs that guests may not even read is 256 */

static void try(const char *what, uint64_t entry, unsigned long frame, uint64_t flags)
{
    long rc = pt_write(entry, pte_make(frame, flags));

    printf("refused: %s: frame %lx, entry %lx: %ld\n", what, frame, (unsigned long)pte_make(frame, flags), rc);
}

int main(void)
{
    const char *how = (const char *)start_info->cmd_line;
    uint64_t l1 = pte_maddr(page);

    try("foreign", l1, HYPERVISOR_FRAME, PROT_RW);
    try("slot", (kernel_aspace.l4_mfn << PAGE_SHIFT) + HYPERVISOR_SLOT * 8, kernel_aspace.l4_mfn, PROT_TABLE);
    try("table", l1, kernel_aspace.l4_mfn, PROT_RW);
    if (!strcmp(how, "poweroff"))
        domain_shutdown(SHUTDOWN_poweroff);
    if (!strcmp(how, "fault")) {
        hypercall_set_trap_table(NULL);
        __asm__ volatile("ud2");
    }
    for (;;)
        sched_block();
}
