/* SPDX-License-Identifier: MIT */
/* Copies between guests' pages and buffers, collected and made with one system call. */
#ifndef BACKEND_BLKCOPY_H
#define BACKEND_BLKCOPY_H

#include <stdbool.h>
#include <stdint.h>

/* `status` becomes BLKIF_RSP_ERROR if it fails; it and the buffer must stay until copies_make(). */
void copy_from_guest(unsigned domid, uint32_t ref, unsigned offset, void *to, unsigned bytes, int16_t *status);
void copy_to_guest(unsigned domid, uint32_t ref, unsigned offset, void *from, unsigned bytes, int16_t *status);
void copies_make(void);

#endif
