/* SPDX-License-Identifier: MIT */
/* How much a card may send: it pays for each packet and may owe for the last, so that a packet larger than the credit passes too. */
#ifndef BACKEND_NETCREDIT_H
#define BACKEND_NETCREDIT_H

#include "netqueue.h"

bool credit_left(struct nic *n);
void credit_take(struct nic *n, uint32_t bytes);
/* All its queues are woken when there is some again; false: they cannot be. */
bool credit_wait(struct nic *n);
/* The same after a millisecond. */
bool credit_pause(struct nic *n);
void credit_end(struct nic *n);

#endif
