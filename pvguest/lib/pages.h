/* SPDX-License-Identifier: MIT */
/* Private to mm.c: finds the free pages behind the builder's last structure. */
#ifndef PVGUEST_PAGES_H
#define PVGUEST_PAGES_H

void pages_init(void);

#endif
