/* SPDX-License-Identifier: MIT */
/* What a disk is made of: a file, a block device, or an image whose format QEMU knows. */
#ifndef BACKEND_BLKIMAGE_H
#define BACKEND_BLKIMAGE_H

#include "backend.h"
#include "blkio.h"
#include "blknbd.h"

struct image {
    int fd;                /* -1: it has an nbd */
    struct nbd_image *nbd;
    bool device, readonly, direct, discard;
    uint64_t bytes;
    uint32_t sector_size, physical_size, discard_grain, discard_offset;
};

/* By the keys of the back end's folder: params, mode and so on. 0, or errno after device_fail(). */
int image_open(struct image *i, struct device *d);
int image_ready(struct image *i); /* 0, EAGAIN, or errno after device_fail(): before it there is no size */
void image_close(struct image *i);
/* Its size now; false: it has none any more. */
bool image_measure(const struct image *i, uint64_t *bytes);

#endif
