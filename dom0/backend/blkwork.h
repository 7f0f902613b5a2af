/* SPDX-License-Identifier: MIT */
/* Between the queues (blkqueue.c) and their works (blkwork.c). */
#ifndef BACKEND_BLKWORK_H
#define BACKEND_BLKWORK_H

#include "blk.h"

/* The request of that number's journal entry begins: it is answered, or goes on in works_round(). */
void work_begin(struct queue *q, uint16_t number);
/* Takes all works a step further. True: there is more to do at once. */
bool works_round(void);

void queue_answered(struct queue *q);  /* it has an answer to publish */
void disk_go_on(struct disk *disk);    /* what stalled it has ended */

#endif
