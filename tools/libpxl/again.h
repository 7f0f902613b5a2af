/* SPDX-License-Identifier: MIT */
/*
 * Domains that follow one that ended (on_reboot=restart and the like). The old one goes before the new one is there, so what is to
 * come is noted first, in /run/pxl/OLD.again: a keeper that is killed in between leaves nothing undone, the next one takes over. The
 * note is the new one's configuration, with the UUID that it has or will have.
 */
#ifndef PXL_AGAIN_H
#define PXL_AGAIN_H

#include "internal.h"

int again_note(struct pxl *p, uint32_t old, const struct pxl_config *c);
void again_done(uint32_t old);

/* What the notes of keepers that died leave to do, after pxl_sweep(): follow() for each that is to be made and is not there. renamed:
 * the old one is still there, under another name. A note whose old one was not touched yet is dropped: its end is seen anew. */
void again_take_over(struct pxl *p, void (*follow)(void *arg, uint32_t old, bool renamed, struct pxl_config *c), void *arg);

#endif
