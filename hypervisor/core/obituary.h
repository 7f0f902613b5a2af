/* SPDX-License-Identifier: MIT */
/*
 * How domains ended: the last OBITUARIES of them, with the hypervisor's words and the domain's last refusals. Written when a
 * domain shuts down, or is destroyed while it runs; kept when it is gone. One lock (rank: as the refusals' filter, nothing is taken
 * inside it).
 */
#ifndef CORE_OBITUARY_H
#define CORE_OBITUARY_H

#include "core/refusal.h"

#define OBITUARIES 64
#define LAST_WORDS 8
#define OBITUARY_DESTROYED 0xff

struct obituary {
    uint64_t seq;      /* 1.. ; 0: none */
    uint64_t time;     /* ns since boot */
    uint16_t domid;
    uint8_t code;      /* SHUTDOWN_*; 0xff: destroyed while it ran */
    uint8_t nr_refusals;
    uint8_t uuid[16];
    char text[200];
    struct refusal refusal[LAST_WORDS];
};

/* Once a life: what comes after the first is not written. A domain that goes on (resume) may end again. */
void obituary_write(struct domain *d, uint8_t code, const char *text);
/* The newest whose seq is below `before` (0: the newest of all). False: none. */
bool obituary_read(uint64_t before, struct obituary *out);

#endif
