/* SPDX-License-Identifier: MIT */
/* Another program, run and waited for: boot loaders, and devices' scripts. Nothing else of pxl starts one. */
#ifndef PXL_PROGRAM_H
#define PXL_PROGRAM_H

#include "internal.h"

struct program {
    const char *const *argv;  /* argv[0]: a path, or a name for PATH; ends with NULL */
    const char *const *env;   /* "NAME=value" besides our own; NULL: none */
    bool terminal;            /* on a terminal of its own, where nobody types; else it reads nothing */
    int timeout_ms;
};

/* 0 when it ended with status 0. Otherwise a fault has its status and the last line it printed; after timeout_ms it is killed, with its
 * process group. */
int program_run(struct pxl *p, const struct program *g);

#endif
