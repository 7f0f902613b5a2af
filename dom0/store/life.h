/* SPDX-License-Identifier: MIT */
/* The end of domains; how they are introduced, released and so on is in request.h. */
#ifndef STORE_LIFE_H
#define STORE_LIFE_H

#include <stdbool.h>

/* Domain `id` is no more: drop its connection, start its number anew. Was it introduced? */
bool domain_gone(unsigned id);

#endif
