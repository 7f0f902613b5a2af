/* SPDX-License-Identifier: MIT */
/* Address translation with nftables: the table `philoxen` has a set of guests' addresses and one rule for all of them. */
#ifndef BACKEND_NAT_H
#define BACKEND_NAT_H

struct link_plan;

int nat_add(const struct link_plan *p, const char *ip); /* 0 or errno */
int nat_remove(const struct link_plan *p, const char *ip);
#endif
