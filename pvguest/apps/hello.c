/* SPDX-License-Identifier: MIT */
/* A first guest: says who and where it is, and leaves. */
#include "pvguest.h"

static void print_hypervisor(void)
{
    xen_extraversion_t extra;
    uint32_t r[4];
    char signature[13] = "";
    long version = MUST(hypercall_xen_version(XENVER_version, NULL));

    MUST(hypercall_xen_version(XENVER_extraversion, extra));
    printf("on hypervisor %ld.%ld%s\n", version >> 16, version & 0xffff, extra);
    for (uint32_t leaf = 0x40000000; leaf <= 0x40000002; leaf++) {
        pv_cpuid(leaf, 0, r);
        printf("CPUID %08x: %08x %08x %08x %08x\n", leaf, r[0], r[1], r[2], r[3]);
        if (leaf == 0x40000000)
            memcpy(signature, &r[1], 12);
    }
    printf("signature \"%s\"\n", signature);
}

int main(void)
{
    struct wallclock now = time_wallclock();

    printf("Hello from %s, %s, command line \"%s\"\n", start_info->magic,
           is_first_domain() ? "the first domain" : "a guest domain", start_info->cmd_line);
    print_hypervisor();
    printf("memory: %lu pages, %lu free; vCPUs: %u\n", start_info->nr_pages, pages_left(),
           smp_count());
    printf("up %lu ns, TSC %lu Hz, UTC %lu.%09u\n", time_ns(), time_tsc_hz(), now.sec, now.nsec);
    return 0;
}
