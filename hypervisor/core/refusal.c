/* SPDX-License-Identifier: MIT */
#include "core/refusal.h"
#include "core/log.h"
#include "core/port.h"
#include "core/vcpu.h"
#include "lib/errno.h"
#include "lib/printf.h"

/* Long enough for every text of reasons.def with three 64-bit operands (a unit test checks). */
#define TEXT_MAX 192

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

static void print(const struct domain *d, const struct refusal *r, enum log_level level)
{
    const char *name =
        r->hypercall < ARRAY_SIZE(hypercall_names) ? hypercall_names[r->hypercall] : NULL;
    char text[TEXT_MAX], where[40] = "outside hypercalls";

    expand(text, sizeof(text), (enum reason)r->reason, r->op);
    if (r->hypercall != 0xff)
        snprintf(where, sizeof(where), "%s(%u)", name ? name : "?", r->sub);
    log_msg(level, "%sv%u %s: %s: %s", d->name, r->vcpu, where, errno_name(r->err), text);
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
        struct refusal now = { 0 };

        fill(&now, err, r, a, b, c);
        print(d, &now, LOG_GUEST);
    }
    return -err;
}

void refusals_print(struct domain *d, unsigned n)
{
    struct refusal_ring *ring = d->refusals;
    uint64_t last, seq;

    if (!ring)
        return;
    last = __atomic_load_n(&ring->next, __ATOMIC_ACQUIRE);
    n = min(n, (unsigned)REFUSAL_SLOTS);
    for (seq = last > n ? last - n + 1 : 1; seq <= last; seq++) {
        const struct refusal *slot = &ring->slot[(seq - 1) % REFUSAL_SLOTS];
        struct refusal copy;

        if (__atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE) != seq)
            continue;
        copy = *slot;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (__atomic_load_n(&slot->seq, __ATOMIC_RELAXED) == seq)
            print(d, &copy, LOG_GUEST_ERR);
    }
}
