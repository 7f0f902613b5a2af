/* SPDX-License-Identifier: MIT */
/* The requests of the protocol: checked, done, answered. See docs "xenstore wire protocol" and xen/io/xs_wire.h. */
#ifndef STORE_REQUEST_H
#define STORE_REQUEST_H

#include "conn.h"

/* What one domain other than 0 may have. */
struct quota {
    unsigned nodes, watches, transactions, node_size, perms, txn_nodes, txn_bytes;
};
extern struct quota quota;

/* One whole request; data ends with a NUL of ours after head->len bytes. Exactly one reply is queued, before or after events. */
void request_handle(struct conn *c, const struct xsd_sockmsg *head, char *data);

/* The parts that reach outside: domain.c, or a fake. 0 or errno. */
int domain_introduce(unsigned id, uint64_t gfn, uint32_t port);
int domain_release(unsigned id);
int domain_set_target(unsigned id, unsigned target);
int domain_resume(unsigned id);
/* XS_CONTROL: *reply is malloc'ed text. */
int control_run(struct conn *c, const char *command, const char *args, size_t size, char **reply);

#endif
