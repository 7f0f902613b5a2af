/* SPDX-License-Identifier: MIT */
/* From the first instruction to main(), as an ordered list. */
#include "pvguest.h"

start_info_t *start_info;
shared_info_t *shared_info;

/* A page of address space in the image, whose mapping is replaced by that of shared_info. */
static char shared_info_page[PAGE_SIZE] __attribute__((aligned(4096)));

/* Before it nothing may fault and nothing may be printed: the console needs to know who we are. */
static void map_shared_info(void)
{
    long rc = hypercall_update_va_mapping((unsigned long)shared_info_page,
                                          start_info->shared_info | PROT_RW, UVMF_INVLPG);

    /* Until it is mapped there is no vcpu_info, so a panic would fault: the page stands in. */
    shared_info = (shared_info_t *)shared_info_page;
    cpus[0].info = &shared_info->vcpu_info[0];
    MUST(rc);
}

static void init_cpu0(void)
{
    struct cpu *c = &cpus[0];
    long rc;

    c->self = c;
    c->fault.vector = FAULT_NONE;
    rc = hypercall_set_segment_base(SEGBASE_GS_KERNEL, (unsigned long)c);
    if (rc) {
        static char message[] = "pvguest: set_segment_base failed\n";

        hypercall_console_io(CONSOLEIO_write, sizeof(message) - 1, message);
        domain_shutdown(SHUTDOWN_crash);
    }
}

_Noreturn void pv_start(start_info_t *si);

_Noreturn void pv_start(start_info_t *si)
{
    start_info = si;
    init_cpu0();
    map_shared_info();
    traps_init();
    mm_init();
    console_init();
    events_init();
    events_enable();
    domain_shutdown(main() == 0 ? SHUTDOWN_poweroff : SHUTDOWN_crash);
}
