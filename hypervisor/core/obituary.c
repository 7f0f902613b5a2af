/* SPDX-License-Identifier: MIT */
#include "core/obituary.h"
#include "core/domain.h"
#include "core/port.h"
#include "lib/printf.h"
#include "lib/string.h"

static struct obituary kept[OBITUARIES];
static uint64_t last_seq;
static spinlock_t lock;

void obituary_write(struct domain *d, uint8_t code, const char *text)
{
    struct obituary *o;

    if (__atomic_exchange_n(&d->has_obituary, true, __ATOMIC_ACQ_REL))
        return;
    spin_lock(&lock);
    o = &kept[++last_seq % OBITUARIES];
    o->seq = last_seq;
    o->time = port_now();
    o->domid = d->id;
    o->code = code;
    memcpy(o->uuid, d->handle, sizeof(o->uuid));
    snprintf(o->text, sizeof(o->text), "%s", text);
    o->nr_refusals = (uint8_t)refusals_read(d, 0, o->refusal, LAST_WORDS);
    spin_unlock(&lock);
}

bool obituary_read(uint64_t before, struct obituary *out)
{
    uint64_t seq;
    bool found;

    spin_lock(&lock);
    seq = before && before <= last_seq ? before - 1 : last_seq;
    *out = kept[seq % OBITUARIES];
    found = seq && out->seq == seq;
    spin_unlock(&lock);
    return found;
}
