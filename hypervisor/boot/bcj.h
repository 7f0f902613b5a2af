/* SPDX-License-Identifier: MIT */
/*
 * xz's x86 filter, backwards: before packing, the target of each CALL and JMP with a 32-bit displacement was written as
 * an absolute offset, so that calls of one function look alike. liblzma has this filter too; this one looks for the
 * opcodes sixteen bytes at a time and takes an eighth of the instructions.
 */
#ifndef BOOT_BCJ_H
#define BOOT_BCJ_H

#include "lib/types.h"

/* Make p[n], a whole stream that starts at offset 0, displacements again. Uses vector registers. */
void bcj_x86_decode(uint8_t *p, size_t n);

#endif
