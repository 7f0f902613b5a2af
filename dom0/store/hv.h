/* SPDX-License-Identifier: MIT */
/* What the store asks the hypervisor, by libxencall. */
#ifndef STORE_HV_H
#define STORE_HV_H

#include <stdbool.h>

struct hv_domain {
    unsigned id;
    bool dying, shutdown;
};

int hv_open(void);                   /* 0 or errno */
/* Up to max domains from number `first` on, ascending; how many, or -1. */
int hv_domains(unsigned first, struct hv_domain *out, unsigned max);
/* Domain `id` is no more: drop its connection, start its number anew. Was it introduced? */
bool hv_gone(unsigned id);

#endif
