/* SPDX-License-Identifier: MIT */
/*
 * The instruction decoder with any bytes: it never reads beyond them (they end at the end of an
 * object), never makes an instruction longer than they are, and its answer for the first n bytes
 * fits that for all of them.
 *
 * LINK: core/decode.c
 */
#include "core/decode.h"
#include <stdlib.h>
#include <string.h>

#define CHECK(c)                                                                                   \
    do {                                                                                           \
        if (!(c))                                                                                  \
            abort();                                                                               \
    } while (0)

static int decode(struct insn *i, const uint8_t *data, size_t n)
{
    uint8_t *exact = malloc(n ? n : 1);
    int len;

    memcpy(exact, data, n);
    len = insn_decode(i, exact, (unsigned)n);
    free(exact);
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cpu_user_regs regs = {.rip = 1};
    struct insn whole, part;
    size_t n = size > 20 ? 20 : size;
    int len = decode(&whole, data, n);

    CHECK(len <= INSN_MAX && len <= (int)n);
    if (len == INSN_SHORT)
        CHECK(n < INSN_MAX);
    if (len > 0) {
        CHECK(whole.len == len && (whole.bytes & (whole.bytes - 1)) == 0 && whole.bytes <= 8);
        CHECK(whole.reg < 16 && whole.rm < 16 && whole.base <= INSN_BASE_RIP && whole.index <= 16);
        insn_offset(&whole, &regs);
        gpr_read(&regs, &whole, whole.reg, whole.bytes);
    }
    for (size_t cut = 0; cut < n; cut++) {
        int l = decode(&part, data, cut);

        if (len > 0)
            CHECK(l == ((int)cut < len ? INSN_SHORT : len));
        else if (l > 0)
            abort(); /* more bytes cannot undo an instruction */
        else if (l == INSN_UNKNOWN)
            CHECK(len == INSN_UNKNOWN);
    }
    return 0;
}
