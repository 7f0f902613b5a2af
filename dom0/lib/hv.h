/* SPDX-License-Identifier: MIT */
/* What the hypervisor says to all daemons alike, by libxencall: which domains there are, and its log. */
#ifndef DOM0_HV_H
#define DOM0_HV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define UUID_BYTES 16

struct hv_domain {
    unsigned id;
    bool dying, shutdown;
    uint8_t uuid[UUID_BYTES];
};

int hv_open(void); /* 0 or -1: errno */
/* Domains from number `first` on, ascending; how many, at most max (HV_BATCH at once), or -1: errno. */
#define HV_BATCH 256
int hv_domains(unsigned first, struct hv_domain *out, unsigned max);
/* News of the hypervisor's log since *index, which goes on; *text is good until the next call. 0: none; -1: errno. */
ssize_t hv_log(uint32_t *index, const char **text);

/* Sends an event by each of the ports; yield: and lets other vCPUs have this processor before it returns. 0, or -1: not by all. */
#define HV_PORTS 2
int hv_notify(const uint32_t *ports, unsigned n, bool yield);

#endif
