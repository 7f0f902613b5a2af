/* SPDX-License-Identifier: MIT */
/* grants_area() without a hypervisor: memory. */
#ifndef FAKE_AREA_H
#define FAKE_AREA_H

#include "dom0/backend/backend.h"
#include <sys/mman.h>

void *grants_area(size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return at == MAP_FAILED ? NULL : at;
}

void grants_area_free(void *at, size_t bytes)
{
    munmap(at, bytes);
}

#endif
