/* SPDX-License-Identifier: MIT */
#include "core/refusal.h"
#include "core/log.h"
#include "core/port.h"
#include "core/vcpu.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"

/* Long enough for every text of reasons.def with three 64-bit operands (a unit test checks). */
#define TEXT_MAX 192
#define PLACE_MAX 40

static const char *const reason_texts[REASON_COUNT] = {
#define REASON(id, text) [REASON_##id] = text,
#include "core/reasons.def"
#undef REASON
};

static const char *const hypercall_names[] = {
#define HYPERCALL(nr, name, nargs) [nr] = #name,
#include "hypercalls.def"
#undef HYPERCALL
};

#define XEN_ERRNO(name, value) [value] = #name,
static const char *const errno_names[] = {
#include <xen/errno.h>
};

const char *reason_text(enum reason r)
{
    return (unsigned)r < REASON_COUNT ? reason_texts[r] : "unknown reason";
}

/* The words with the operands in place of %0 %1 %2; always terminated. */
static void expand(char *out, size_t size, enum reason r, const uint64_t op[3])
{
    size_t n = 0;

    for (const char *s = reason_text(r); *s && n + 1 < size; s++) {
        unsigned i = (unsigned)s[1] - '0';

        if (*s != '%' || i > 2) {
            out[n++] = *s;
            continue;
        }
        n += (size_t)snprintf(out + n, size - n, "%#llx", (unsigned long long)op[i]);
        if (n >= size)
            n = size - 1;
        s++;
    }
    out[n] = '\0';
}

static const char *errno_name(int err)
{
    unsigned e = (unsigned)-err;

    return e < ARRAY_SIZE(errno_names) && errno_names[e] ? errno_names[e] : "error";
}

static void place(char out[PLACE_MAX], uint8_t hypercall, uint32_t sub)
{
    const char *name = hypercall < ARRAY_SIZE(hypercall_names) ? hypercall_names[hypercall] : NULL;

    if (hypercall == 0xff)
        snprintf(out, PLACE_MAX, "outside hypercalls");
    else
        snprintf(out, PLACE_MAX, "%s(%u)", name ? name : "?", sub);
}

static void print(const struct domain *d, const struct refusal *r, enum log_level level)
{
    char text[TEXT_MAX], where[PLACE_MAX];

    expand(text, sizeof(text), (enum reason)r->reason, r->op);
    place(where, r->hypercall, r->sub);
    log_msg(level, "%sv%u %s: %s: %s", d->name, r->vcpu, where, errno_name(r->err), text);
}

static void print_more(const struct domain *d, const struct refusal_kind *k)
{
    char where[PLACE_MAX];

    if (!k->more)
        return;
    place(where, k->hypercall, k->sub);
    log_msg(LOG_GUEST, "%s %s: %s: %u more like the last", d->name, where, errno_name(k->err),
            k->more);
}

/* ---- not the same thing a thousand times ---- */

static bool same_kind(const struct refusal_kind *k, const struct refusal *r)
{
    return k->said && k->hypercall == r->hypercall && k->sub == r->sub && k->err == r->err &&
           k->reason == r->reason;
}

/* The place of r's kind: its own, a free one, or the one longest silent. */
static struct refusal_kind *kind_of(struct refusal_filter *f, const struct refusal *r)
{
    struct refusal_kind *oldest = &f->kind[0];

    for (unsigned i = 0; i < REFUSAL_KINDS; i++) {
        struct refusal_kind *k = &f->kind[i];

        if (same_kind(k, r))
            return k;
        if (k->said < oldest->said)
            oldest = k;
    }
    return oldest;
}

/* Is r to be printed? Then *before is a kind whose count is due, and *missed other lines' number. */
static bool filter_pass(struct refusal_filter *f, const struct refusal *r,
                        struct refusal_kind *before, uint32_t *missed)
{
    static const struct rate rate = {.burst = 64, .per_second = 10};
    struct refusal_kind *k;
    bool pass;

    spin_lock(&f->lock);
    k = kind_of(f, r);
    if (same_kind(k, r) && (int64_t)(r->time - k->said) < REPEAT_NS) {
        k->more++;
        pass = false;
    } else {
        pass = ratelimit_pass(&f->limit, &rate, r->time, 1);
    }
    if (pass) {
        *before = *k;
        *missed = ratelimit_missed(&f->limit);
        *k = (struct refusal_kind){.said = max(r->time, (uint64_t)1),
                                   .sub = r->sub,
                                   .reason = r->reason,
                                   .err = r->err,
                                   .hypercall = r->hypercall};
    }
    spin_unlock(&f->lock);
    return pass;
}

static void print_filtered(struct domain *d, const struct refusal *r)
{
    struct refusal_kind before = {0};
    uint32_t missed = 0;

    if (d->refusals && !filter_pass(&d->refusals->filter, r, &before, &missed))
        return;
    print_more(d, &before);
    if (missed)
        log_msg(LOG_GUEST, "%s: %u refusals not shown", d->name, missed);
    print(d, r, LOG_GUEST);
}

void refusals_tell_rest(struct domain *d)
{
    struct refusal_filter copy;

    if (!d->refusals || !log_wanted(LOG_GUEST))
        return;
    spin_lock(&d->refusals->filter.lock);
    copy = d->refusals->filter;
    memset(d->refusals->filter.kind, 0, sizeof(copy.kind));
    ratelimit_missed(&d->refusals->filter.limit);
    spin_unlock(&d->refusals->filter.lock);
    for (unsigned i = 0; i < REFUSAL_KINDS; i++)
        print_more(d, &copy.kind[i]);
    if (copy.limit.missed)
        log_msg(LOG_GUEST, "%s: %u refusals not shown", d->name, copy.limit.missed);
}

static void fill(struct refusal *r, int err, enum reason reason, uint64_t a, uint64_t b, uint64_t c)
{
    const struct vcpu *v = port_current();

    r->time = port_now();
    r->err = -err;
    r->reason = reason;
    r->op[0] = a;
    r->op[1] = b;
    r->op[2] = c;
    r->vcpu = v ? (uint16_t)v->id : 0;
    r->hypercall = v && v->hc_nr < 0xff ? (uint8_t)v->hc_nr : 0xff;
    r->sub = r->hypercall != 0xff ? v->hc_sub : 0;
}

/* LIMIT: two CPUs that refuse the same domain 32 refusals apart at one moment write one slot; the
 * reader may then see a mix of the two. Nothing but text is made of it. */
int refuse_at(struct domain *d, int err, enum reason r, uint64_t a, uint64_t b, uint64_t c)
{
    if (likely(d->refusals != NULL)) {
        uint64_t seq = __atomic_add_fetch(&d->refusals->next, 1, __ATOMIC_RELAXED);
        struct refusal *slot = &d->refusals->slot[(seq - 1) % REFUSAL_SLOTS];

        __atomic_store_n(&slot->seq, 0, __ATOMIC_RELEASE);
        __atomic_thread_fence(__ATOMIC_RELEASE);
        fill(slot, err, r, a, b, c);
        __atomic_store_n(&slot->seq, seq, __ATOMIC_RELEASE);
    }
    if (unlikely(log_wanted(LOG_GUEST))) {
        struct refusal now = {0};

        fill(&now, err, r, a, b, c);
        print_filtered(d, &now);
    }
    return -err;
}

unsigned refusals_read(const struct domain *d, uint64_t after, struct refusal *out, unsigned max)
{
    const struct refusal_ring *ring = d->refusals;
    uint64_t last, seq;
    unsigned n = 0;

    if (!ring)
        return 0;
    last = __atomic_load_n(&ring->next, __ATOMIC_ACQUIRE);
    max = min(max, (unsigned)REFUSAL_SLOTS);
    seq = last > max ? last - max + 1 : 1;
    for (seq = seq > after ? seq : after + 1; seq <= last && n < max; seq++) {
        const struct refusal *slot = &ring->slot[(seq - 1) % REFUSAL_SLOTS];

        if (__atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE) != seq)
            continue;
        out[n] = *slot;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (__atomic_load_n(&slot->seq, __ATOMIC_RELAXED) == seq)
            n++;
    }
    return n;
}

void refusal_words(const struct refusal *r, char *name, size_t name_size, char *text, size_t text_size)
{
    const char *known = r->hypercall < ARRAY_SIZE(hypercall_names) ? hypercall_names[r->hypercall] : NULL;

    snprintf(name, name_size, "%s", r->hypercall == 0xff ? "outside hypercalls" : known ? known : "?");
    expand(text, text_size, (enum reason)r->reason, r->op);
}

void refusals_print(struct domain *d, unsigned n)
{
    struct refusal list[REFUSAL_SLOTS];

    n = refusals_read(d, 0, list, n);
    for (unsigned i = 0; i < n; i++)
        print(d, &list[i], LOG_GUEST_ERR);
}
