/* SPDX-License-Identifier: MIT */
/*
 * Building a PV domain from a kernel file in the hypervisor itself: the first domain, and the further
 * ones that the boot loader brought along. Later ones are the toolstack's work.
 *
 * The builder writes the domain's memory through the direct map, tables included, as raw entries
 * without references; then it has the L4 pinned, which makes page types and references of it as for
 * any guest's own tables. So an error in the tables it wrote is refused, not believed.
 *
 * Order, because memory is short: frames for the initial mapping; kernel loaded, its file released;
 * frames for the initrd, loaded, its file released; the other frames; tables.
 */
#ifndef BOOT_DOMAIN_BUILD_H
#define BOOT_DOMAIN_BUILD_H

#include "boot/domlayout.h"
#include "core/vcpu.h"

struct build_request {
    const void *kernel, *initrd; /* files as the boot loader gave them; initrd may be NULL */
    size_t kernel_size, initrd_size;
    const char *cmdline; /* the kernel's */
    uint64_t nr_pages;
    uint64_t max_pages; /* how far it may grow; at least nr_pages */
    unsigned nr_vcpus;  /* to create; vcpu 0 gets the entry state, the others stay offline */
    void (*release)(const void *file,
                    size_t size); /* called for each file when it is loaded; or NULL */
};

/*
 * Fill d, which is freshly created, has its shared_info and no frames. It is left paused. 0; or -errno,
 * reason logged, and d is to be destroyed by the caller. d->privileged decides about start_info's
 * flags and whether its frames may hold old data.
 */
int domain_build(struct domain *d, const struct build_request *r);


#endif
