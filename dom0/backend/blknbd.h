/* SPDX-License-Identifier: MIT */
/*
 * Images whose format QEMU knows (qcow2): a qemu-nbd for each, started here and spoken to by libnbd's asynchronous calls over a socket
 * that only the two have. It ends with the connection, so also when pxbackd is killed; and because it locks its image, the next one
 * begins when nothing of the last is on its way any more.
 *
 * libnbd is loaded with the first such image: who has none needs neither it nor its memory.
 *
 * When it dies, its guest's requests have errors; the next nbd_ready() (SIGHUP, a front end that connects) starts another.
 *
 * LIMIT: closing waits for qemu-nbd's end; one that died is not started again by itself.
 */
#ifndef BACKEND_BLKNBD_H
#define BACKEND_BLKNBD_H

#include "backend.h"
#include "blkio.h"

struct nbd_image;

/* NULL after device_fail(). The device gets a turn when it is ready, or will never be. */
struct nbd_image *nbd_start(struct device *d, const char *format, const char *path, bool readonly);
/* 0: ready; EAGAIN: not yet; else errno after device_fail(). */
int nbd_ready(struct nbd_image *n);
uint64_t nbd_bytes(struct nbd_image *n);
enum { NBD_READ, NBD_WRITE, NBD_FLUSH, NBD_DISCARD };
/* Calls done(), possibly at once. */
void nbd_ask(struct nbd_image *n, struct blkio *io, int what, void *data, size_t bytes, uint64_t at);
void nbd_stop(struct nbd_image *n);

#endif
