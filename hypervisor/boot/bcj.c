/* SPDX-License-Identifier: MIT */
#include "boot/bcj.h"

typedef char bytes16 __attribute__((vector_size(16)));
typedef char bytes16_anywhere __attribute__((vector_size(16), aligned(1), may_alias));

/* Bit i: p[i] is an opcode, 0xe8 or 0xe9. */
static inline uint32_t opcodes16(const uint8_t *p)
{
    const bytes16 v = *(const bytes16_anywhere *)p;

    return (uint32_t)__builtin_ia32_pmovmskb128((bytes16)((v & (char)0xfe) == (char)0xe8));
}

/* The first opcode in p[from] to p[end - 1], or end. */
static inline size_t opcode_find(const uint8_t *p, size_t from, size_t end)
{
    for (; from + 16 <= end; from += 16) {
        uint32_t found = opcodes16(p + from);

        if (found)
            return from + (unsigned)__builtin_ctz(found);
    }
    while (from < end && (p[from] & 0xfe) != 0xe8)
        from++;
    return from;
}

/* Whether a byte can be the highest of a displacement: of less than 16 MiB, forwards or backwards. */
static inline bool is_high(uint32_t byte)
{
    return ((byte + 1) & 0xff) <= 1;
}

/*
 * An opcode that was left alone may be an operand's byte; those among the three bytes before the next one decide about
 * that: `left` has bit k when the byte k + 1 before is such a one. Two of them, or one whose own highest byte would lie
 * in the operand and looks like one, leave the next alone too. If it is changed although there was one before, then the
 * packer has gone on changing until the byte that they share no longer looked like a highest one; so does this.
 */
void bcj_x86_decode(uint8_t *p, size_t n)
{
    static const uint8_t shared[] = { 0, 8, 16, 0, 24 }; /* by `left`: the shared byte, as bits from the top */
    size_t end = n < 5 ? 0 : n - 4, last = 0;
    uint32_t left = 0, value, shift;

    for (size_t i = 0; (i = opcode_find(p, i, end)) < end;) {
        uint32_t operand;

        left = i - last > 3 ? 0 : left << (i - last) >> 1 & 7;
        last = i;
        __builtin_memcpy(&operand, p + i + 1, 4);
        shift = 0;
        if (!is_high(operand >> 24) ||
            (left && ((left & (left - 1)) || is_high(operand >> (24 - (shift = shared[left])) & 0xff)))) {
            left = left << 1 | 1;
            i++;
            continue;
        }
        value = operand - (uint32_t)(i + 5);
        while (left && is_high(value >> (24 - shift) & 0xff))
            value = (value ^ (uint32_t)((1ul << (32 - shift)) - 1)) - (uint32_t)(i + 5);
        value = (uint32_t)((int32_t)(value << 7) >> 7);
        __builtin_memcpy(p + i + 1, &value, 4);
        left = 0;
        i += 5;
    }
}
