/* SPDX-License-Identifier: MIT */
/*
 * Names are those of the LZMA specification: a symbol is a literal, a match (a new distance), or a repetition of one of
 * the last four distances; what came before it (12 states) chooses the probabilities it is coded with.
 */
#include "boot/lzma2.h"

#define HOT static inline __attribute__((always_inline))

#define PROB_BITS 11
#define PROB_HALF (1u << (PROB_BITS - 1))
#define MOVE_BITS 5
#define MOVE_DOWN ((1u << PROB_BITS) - (1u << MOVE_BITS) + 1)
#define RANGE_LOW (1u << 24) /* below: take another byte */

#define STATES 12
#define FIRST_AFTER_MATCH 7 /* states below it came from a literal */
#define POS_STATES 16
#define MATCH_MIN 2u
#define SLOTS 64
#define SLOT_DIRECT 14 /* from here on a distance has bits that are not modelled */
#define LITERAL_PROBS 0x300u
#define LITERAL_CONTEXTS 16u /* 1 << (lc + lp), at most */

typedef uint16_t prob_t;

struct length_probs {
    prob_t choice, choice2;
    prob_t low[POS_STATES][8], mid[POS_STATES][8], high[256];
};

struct lzma {
    prob_t is_match[STATES][POS_STATES];
    prob_t is_rep[STATES], is_rep0[STATES], is_rep1[STATES], is_rep2[STATES];
    prob_t is_rep0_long[STATES][POS_STATES];
    prob_t slot[4][SLOTS], special[128], align[16];
    struct length_probs match_length, rep_length;
    prob_t literal[LITERAL_CONTEXTS * LITERAL_PROBS];
    /* Not probabilities. */
    uint32_t rep[4]; /* the last distances, less 1 */
    unsigned state, lc;
    uint32_t lp_mask, pb_mask;
};

_Static_assert(sizeof(struct lzma) <= LZMA2_WORK, "working memory");

/* The range decoder. Past the end of its bytes it goes on with zeros: the caller sees that `in` went too far. */
struct range {
    uint32_t range, code;
    const uint8_t *in, *end;
};

HOT void normalize(struct range *r)
{
    if (unlikely(r->range < RANGE_LOW)) {
        r->range <<= 8;
        r->code = r->code << 8 | (likely(r->in < r->end) ? *r->in : 0);
        r->in++;
    }
}

/* One bit of this probability. In all arms by hand, so that the compiler need not make the bit a number. */
#define DECODE(r, p, when_0, when_1)                                                                 \
    do {                                                                                             \
        prob_t *p_ = (p);                                                                            \
        uint32_t v_, bound_;                                                                         \
                                                                                                     \
        normalize(r);                                                                                \
        v_ = *p_;                                                                                    \
        bound_ = ((r)->range >> PROB_BITS) * v_;                                                     \
        if ((r)->code < bound_) {                                                                    \
            (r)->range = bound_;                                                                     \
            /* v + ((2048 - v) >> 5), an instruction shorter */                                      \
            *p_ = (prob_t)(v_ - (uint32_t)((int32_t)(v_ - MOVE_DOWN) >> MOVE_BITS));                 \
            when_0;                                                                                  \
        } else {                                                                                     \
            (r)->range -= bound_;                                                                    \
            (r)->code -= bound_;                                                                     \
            *p_ = (prob_t)(v_ - (v_ >> MOVE_BITS));                                                  \
            when_1;                                                                                  \
        }                                                                                            \
    } while (0)

HOT bool bit(struct range *r, prob_t *p)
{
    DECODE(r, p, return false, return true);
}

/* A symbol of so many bits, the highest first. Unrolled, as `bits` is a constant. */
HOT uint32_t tree(struct range *r, prob_t *probs, unsigned bits)
{
    uint32_t symbol = 1;

#pragma GCC unroll 8
    for (unsigned i = 0; i < bits; i++)
        DECODE(r, &probs[symbol], symbol = symbol * 2, symbol = symbol * 2 + 1);
    return symbol - (1u << bits);
}

/* The lowest first. */
HOT uint32_t tree_reverse(struct range *r, prob_t *probs, unsigned bits)
{
    uint32_t symbol = 1, value = 0;

    for (unsigned i = 0; i < bits; i++)
        DECODE(r, &probs[symbol], symbol = symbol * 2, { symbol = symbol * 2 + 1; value |= 1u << i; });
    return value;
}

/* One bit at least. */
HOT uint32_t direct(struct range *r, unsigned bits)
{
    uint32_t value = 0;

    do {
        normalize(r);
        r->range >>= 1;
        value *= 2;
        if (r->code >= r->range) {
            r->code -= r->range;
            value++;
        }
    } while (--bits);
    return value;
}

HOT uint8_t literal(struct lzma *z, struct range *r, uint32_t pos, const uint8_t *to)
{
    uint32_t before = likely(pos) ? to[-1] : 0;
    prob_t *probs = z->literal + LITERAL_PROBS * (((pos & z->lp_mask) << z->lc) + (before >> (8 - z->lc)));
    size_t symbol = 1, same = 0x100, match;

    if (z->state < FIRST_AFTER_MATCH)
        return (uint8_t)tree(r, probs, 8);
    /* The byte at the last distance is not this one: it is told as far as both are the same. */
    match = to[-(ptrdiff_t)z->rep[0] - 1];
    do {
        size_t match_bit = (match *= 2) & same;

        DECODE(r, &probs[same + match_bit + symbol], { symbol *= 2; same ^= match_bit; },
               { symbol = symbol * 2 + 1; same = match_bit; });
    } while (same && symbol < 0x100);
    while (symbol < 0x100)
        DECODE(r, &probs[symbol], symbol *= 2, symbol = symbol * 2 + 1);
    return (uint8_t)symbol;
}

HOT uint32_t length(struct length_probs *l, struct range *r, unsigned pos_state)
{
    if (!bit(r, &l->choice))
        return MATCH_MIN + tree(r, l->low[pos_state], 3);
    if (!bit(r, &l->choice2))
        return MATCH_MIN + 8 + tree(r, l->mid[pos_state], 3);
    return MATCH_MIN + 16 + tree(r, l->high, 8);
}

HOT uint32_t distance(struct lzma *z, struct range *r, uint32_t len)
{
    uint32_t slot = tree(r, z->slot[min(len - MATCH_MIN, 3u)], 6), value;
    unsigned bits = (slot >> 1) - 1;

    if (slot < 4)
        return slot;
    value = (2 | (slot & 1)) << bits;
    if (slot < SLOT_DIRECT)
        return value + tree_reverse(r, z->special + value - slot, bits);
    value += direct(r, bits - 4) << 4;
    return value + tree_reverse(r, z->align, 4);
}

/* A symbol that is no literal: its length, with the distance in rep[0]. */
HOT uint32_t match(struct lzma *z, struct range *r, unsigned pos_state)
{
    unsigned state = z->state;
    bool literal_before = state < FIRST_AFTER_MATCH;
    uint32_t dist, len;

    if (!bit(r, &z->is_rep[state])) {
        z->state = literal_before ? 7 : 10;
        len = length(&z->match_length, r, pos_state);
        dist = distance(z, r, len);
        z->rep[3] = z->rep[2];
        z->rep[2] = z->rep[1];
        z->rep[1] = z->rep[0];
        z->rep[0] = dist;
        return len;
    }
    if (!bit(r, &z->is_rep0[state])) {
        if (!bit(r, &z->is_rep0_long[state][pos_state])) {
            z->state = literal_before ? 9 : 11;
            return 1;
        }
    } else {
        if (!bit(r, &z->is_rep1[state])) {
            dist = z->rep[1];
        } else {
            if (!bit(r, &z->is_rep2[state])) {
                dist = z->rep[2];
            } else {
                dist = z->rep[3];
                z->rep[3] = z->rep[2];
            }
            z->rep[2] = z->rep[1];
        }
        z->rep[1] = z->rep[0];
        z->rep[0] = dist;
    }
    z->state = literal_before ? 8 : 11;
    return length(&z->rep_length, r, pos_state);
}

HOT void copy8(uint8_t *to, const uint8_t *from)
{
    uint64_t v;

    __builtin_memcpy(&v, from, sizeof(v));
    __builtin_memcpy(to, &v, sizeof(v));
}

/* Repeat what lies `dist` back. Up to 15 bytes more are written if there is room for them. */
HOT void repeat(uint8_t *to, size_t dist, size_t len, const uint8_t *room_end)
{
    uint8_t *end = to + len;

    if (unlikely((size_t)(room_end - end) < 16)) {
        for (; to < end; to++)
            *to = to[-(ptrdiff_t)dist];
        return;
    }
    if (unlikely(dist < 8)) { /* until a multiple of the distance is 8 or more */
        size_t multiple = dist;

        while (multiple < 8)
            multiple += dist;
        for (unsigned i = 0; i < 8; i++, to++)
            *to = to[-(ptrdiff_t)dist];
        dist = multiple;
    }
    for (; to < end; to += 8)
        copy8(to, to - dist);
}

/* One chunk of LZMA from in[in_len] to `to`, until `end`; `base`: where the dictionary begins. */
static bool chunk_decode(struct lzma *z, const uint8_t *in, size_t in_len, const uint8_t *base, uint8_t *to,
                         const uint8_t *end, const uint8_t *room_end)
{
    struct range r = { .range = ~0u, .in = in + 5, .end = in + in_len };

    if (in_len < 5 || in[0])
        return false;
    r.code = (uint32_t)in[1] << 24 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 8 | in[4];
    while (to < end) {
        uint32_t pos = (uint32_t)(to - base), len;
        unsigned pos_state = pos & z->pb_mask;

        if (!bit(&r, &z->is_match[z->state][pos_state])) {
            *to = literal(z, &r, pos, to);
            to++;
            z->state = z->state < 4 ? 0 : z->state < 10 ? z->state - 3 : z->state - 6;
            continue;
        }
        len = match(z, &r, pos_state);
        if (unlikely(z->rep[0] >= pos) || unlikely(len > (size_t)(end - to)))
            return false;
        repeat(to, (size_t)z->rep[0] + 1, len, room_end);
        to += len;
    }
    normalize(&r);
    return r.in == r.end && !r.code;
}

static void state_reset(struct lzma *z)
{
    prob_t *p = (prob_t *)z;

    for (size_t i = 0; i < offsetof(struct lzma, rep) / sizeof(*p); i++)
        p[i] = PROB_HALF;
    z->rep[0] = z->rep[1] = z->rep[2] = z->rep[3] = 0;
    z->state = 0;
}

static bool properties_set(struct lzma *z, uint8_t props)
{
    unsigned lc = props % 9, lp = props / 9 % 5, pb = props / 45;

    if (pb > 4 || lc + lp > 4)
        return false;
    z->lc = lc;
    z->lp_mask = (1u << lp) - 1;
    z->pb_mask = (1u << pb) - 1;
    return true;
}

size_t lzma2_unpack(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len, void *work, bool *stored)
{
    const uint8_t *p = in, *in_end = in + in_len, *out_end = out + out_len, *base = NULL;
    bool have_properties = false;
    struct lzma *z = work;

    *stored = false;
    while (p < in_end && *p) {
        unsigned control = *p, head = control < 0x80 ? 3 : control < 0xc0 ? 5 : 6;
        size_t size, packed;

        if ((size_t)(in_end - p) < head || (control > 2 && control < 0x80))
            return 0;
        if (control == 1 || control >= 0xe0) { /* a new dictionary: nothing before it is known */
            base = out;
            have_properties = false;
        }
        size = ((size_t)p[1] << 8 | p[2]) + 1;
        if (control >= 0x80)
            size += (size_t)(control & 0x1f) << 16;
        packed = control < 0x80 ? size : ((size_t)p[3] << 8 | p[4]) + 1;
        if (!base || size > (size_t)(out_end - out) || packed > (size_t)(in_end - p) - head)
            return 0;
        if (control < 0x80) {
            *stored = true;
            __builtin_memcpy(out, p + 3, size);
        } else {
            if (control >= 0xc0)
                have_properties = properties_set(z, p[5]);
            if (!have_properties)
                return 0;
            if (control >= 0xa0)
                state_reset(z);
            if (!chunk_decode(z, p + head, packed, base, out, out + size, out_end))
                return 0;
        }
        out += size;
        p += head + packed;
    }
    return p < in_end && out == out_end ? (size_t)(p - in) + 1 : 0;
}
