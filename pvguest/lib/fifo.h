/* SPDX-License-Identifier: MIT */
/*
 * Event channels in the FIFO form, for programs that ask for it: from fifo_start() on, events are words
 * and queues, which the functions here read; those of events.h that look into shared_info see nothing,
 * and no handler of evtchn_set_handler() runs. Binding, sending and the upcall mask stay as they are.
 */
#ifndef PVGUEST_FIFO_H
#define PVGUEST_FIFO_H

#include "xen.h"

#define FIFO_WORDS 1024u /* in a page of the array */
#define FIFO_PAGES (EVTCHN_FIFO_NR_CHANNELS / FIFO_WORDS)

#define FIFO_PENDING (1u << EVTCHN_FIFO_PENDING)
#define FIFO_MASKED  (1u << EVTCHN_FIFO_MASKED)
#define FIFO_LINKED  (1u << EVTCHN_FIFO_LINKED)
#define FIFO_BUSY    (1u << EVTCHN_FIFO_BUSY)

/* ---- The operations: 0 or the negated error ---- */
long fifo_init_control(unsigned int vcpu, unsigned long mfn, unsigned int offset);
long fifo_expand_array(unsigned long mfn);
long fifo_set_priority(evtchn_port_t port, unsigned int priority);

/* A control block for these vCPUs; whatever fails is a panic. */
void fifo_start(unsigned int vcpus);
/* One more page of words, all masked. */
void fifo_expand(void);
struct evtchn_fifo_control_block *fifo_control(unsigned int vcpu);

/* ---- Words ---- */
volatile event_word_t *fifo_word(evtchn_port_t port);
void fifo_mask(evtchn_port_t port);
/* By the rules: waits while BUSY is set, and calls the hypervisor if the event is pending. */
void fifo_unmask(evtchn_port_t port);

/* The next port of the vCPU's queues, best priority first: its pending bit is cleared. 0: none. Ports
 * that are masked or not pending any more are dropped. */
evtchn_port_t fifo_take(unsigned int vcpu);

#endif
