/* SPDX-License-Identifier: MIT */
/*
 * What is being made or ended, so that it can be removed when who does that is killed. Each maker has a file in /run/pxl/making, which
 * it holds locked: a lock ends with its process, whatever ended that, and a process number that is used again means nothing. The
 * file names the one domain that is being made: its UUID, and its number once it has one.
 *
 * A domain is whole from the moment it is unpaused (or, if it is to stay paused, its name is taken out of the file): one that is
 * named here and was unpaused is left alone. One that is being ended is ended to the last of it by whoever finds the note.
 */
#ifndef PXL_MAKING_H
#define PXL_MAKING_H

#include "internal.h"

struct making {
    int fd;
    char path[64];
};

#define BOOT_FOLDER ".boot" /* behind the note's path: what a boot loader copied */

int making_begin(struct pxl *p, struct making *m);
/* Names what is made from now on; uuid NULL: nothing. domid DOMID_INVALID: it has no number yet. */
int making_name(struct pxl *p, struct making *m, const char *uuid, uint32_t domid);
/* Names a living domain that gets a device: of it only what device.h calls half-made is removed. */
int making_devices(struct pxl *p, struct making *m, const char *uuid, uint32_t domid);
/* Names what is ended from now on; a fault of noting it does not matter: it is ended all the same. */
void making_ending(struct pxl *p, struct making *m, const char *uuid, uint32_t domid);
void making_end(struct making *m);

#endif
