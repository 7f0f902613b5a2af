/* SPDX-License-Identifier: MIT */
/* Small objects, zeroed; NULL when out of memory. core/slab.c in the hypervisor, calloc on the host. */
#ifndef LIB_ALLOC_H
#define LIB_ALLOC_H

#include "lib/types.h"

void *xalloc(size_t size);
void xfree(void *p);
#define xnew(type) ((type *)xalloc(sizeof(type)))
#define xnew_array(type, n) ((type *)xalloc(sizeof(type) * (size_t)(n)))

#endif
