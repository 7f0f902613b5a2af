/* SPDX-License-Identifier: MIT */
#include "core/dump.h"
#include "core/grant_table.h"
#include "core/log.h"

static unsigned granted(struct domain *d, unsigned lines)
{
    struct grant_table *t = d->grants;

    for (grant_ref_t ref = 0; lines; ref++) {
        struct grant_active a;
        struct grant_entry_v1 e = {0};
        bool there;

        spin_lock(&t->lock);
        there = ref < t->nr_refs;
        if (there) {
            a = *active_of(t, ref);
            e = t->frames[ref / REFS_PER_FRAME].shared[ref % REFS_PER_FRAME];
        }
        spin_unlock(&t->lock);
        if (!there)
            break;
        if (!a.pin)
            continue;
        log_msg(LOG_ERR, "  %u: frame %#x to d%u, pins %08x, entry %04x d%u %#x", ref, a.frame,
                a.user, a.pin, e.flags, e.domid, e.frame);
        lines--;
    }
    return lines;
}

unsigned grants_dump(struct domain *d, unsigned lines)
{
    struct grant_table *t = d->grants;

    if (!lines || !t)
        return lines;
    log_msg(LOG_ERR, "%s: %u of %u grant frames, %u of %u handle frames", d->name, t->nr_frames,
            t->max_frames, t->map_frames, t->max_map_frames);
    return granted(d, lines - 1);
}
