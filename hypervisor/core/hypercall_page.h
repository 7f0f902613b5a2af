/* SPDX-License-Identifier: MIT */
/* The hypercall page: 128 stubs of 32 bytes, one a number, that keep rcx and r11 (public xen.h). */
#ifndef CORE_HYPERCALL_PAGE_H
#define CORE_HYPERCALL_PAGE_H

#include "lib/types.h"

void hypercall_page_init(void *page); /* page: PAGE_SIZE bytes */

#endif
