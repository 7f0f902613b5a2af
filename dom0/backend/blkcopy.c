/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "blkcopy.h"
#include "backend.h"
#include "log.h"
#include <string.h>
#include <xen/io/blkif.h>
#include <xengnttab.h>

#define COPIES 1024u

static xengnttab_grant_copy_segment_t list[COPIES];
static int16_t *owner[COPIES];
static unsigned nr;

static xengnttab_grant_copy_segment_t *copy_new(int16_t *status, unsigned bytes, unsigned flags)
{
    if (nr == COPIES)
        copies_make();
    owner[nr] = status;
    list[nr] = (xengnttab_grant_copy_segment_t){.len = (uint16_t)bytes, .flags = (uint16_t)flags};
    return &list[nr++];
}

void copy_from_guest(unsigned domid, uint32_t ref, unsigned offset, void *to, unsigned bytes, int16_t *status)
{
    xengnttab_grant_copy_segment_t *s = copy_new(status, bytes, GNTCOPY_source_gref);

    s->source.foreign.domid = (uint16_t)domid;
    s->source.foreign.ref = ref;
    s->source.foreign.offset = (uint16_t)offset;
    s->dest.virt = to;
}

void copy_to_guest(unsigned domid, uint32_t ref, unsigned offset, void *from, unsigned bytes, int16_t *status)
{
    xengnttab_grant_copy_segment_t *s = copy_new(status, bytes, GNTCOPY_dest_gref);

    s->dest.foreign.domid = (uint16_t)domid;
    s->dest.foreign.ref = ref;
    s->dest.foreign.offset = (uint16_t)offset;
    s->source.virt = from;
}

void copies_make(void)
{
    int err = grants_copy(list, nr);

    if (err)
        log_line(LOG_ERROR, "copying %u pieces of guests' memory: %s", nr, strerror(err));
    for (unsigned i = 0; i < nr; i++)
        if (err || list[i].status != GNTST_okay)
            *owner[i] = BLKIF_RSP_ERROR;
    nr = 0;
}
