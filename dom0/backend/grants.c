/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "backend.h"
#include <sys/mman.h>
#include <xengnttab.h>

static xengnttab_handle *handle;

int grants_open(void)
{
    handle = xengnttab_open(NULL, 0);
    return handle ? 0 : -1;
}

void *grants_map(unsigned domid, const uint32_t *refs, unsigned n, bool write)
{
    return xengnttab_map_domain_grant_refs(handle, n, domid, (uint32_t *)refs, PROT_READ | (write ? PROT_WRITE : 0));
}

void grants_unmap(void *at, unsigned n)
{
    if (at)
        xengnttab_unmap(handle, at, n);
}

int grants_copy(struct xengnttab_grant_copy_segment *s, unsigned n)
{
    return n && xengnttab_grant_copy(handle, n, s) ? errno : 0;
}
