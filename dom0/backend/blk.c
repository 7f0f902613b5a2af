/* SPDX-License-Identifier: MIT */
#include "backend.h"

static int blk_open(struct device *d)
{
    device_fail(d, EOPNOTSUPP, "not yet");
    return EOPNOTSUPP;
}

const struct kind block_kind = {.name = "qdisk", .open = blk_open};
