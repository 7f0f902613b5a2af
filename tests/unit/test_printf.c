/* SPDX-License-Identifier: MIT */
/* LINK: core/frame.c */
/* Our printf against the C library's, which is the specification. */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The hypervisor's own, under other names, next to the host's. */
#define vsnprintf hv_vsnprintf
#define snprintf hv_snprintf
#include "../../hypervisor/lib/printf.c"
#undef vsnprintf
#undef snprintf

#define SAME(...)                                                                                  \
    do {                                                                                           \
        char ours_[128], libc_[128];                                                               \
        int a_ = hv_snprintf(ours_, sizeof(ours_), __VA_ARGS__);                                   \
        int b_ = snprintf(libc_, sizeof(libc_), __VA_ARGS__);                                      \
        cr_assert_str_eq(ours_, libc_);                                                            \
        cr_assert_eq(a_, b_);                                                                      \
    } while (0)

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wpragmas" /* each compiler has groups the other has not */
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Wformat-truncation"

Test(printf, numbers_of_all_sizes_are_printed_as_libc_does)
{
    static const long long values[] = {0,
                                       1,
                                       -1,
                                       9,
                                       10,
                                       127,
                                       128,
                                       255,
                                       256,
                                       -128,
                                       32767,
                                       65535,
                                       0x7fffffff,
                                       0x80000000ll,
                                       -0x80000000ll,
                                       0xffffffffll,
                                       0x7fffffffffffffffll,
                                       -0x7fffffffffffffffll - 1};

    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        long long v = values[i];

        SAME("%d %i %u %x %X", (int)v, (int)v, (unsigned)v, (unsigned)v, (unsigned)v);
        SAME("%ld %lu %lx", (long)v, (unsigned long)v, (unsigned long)v);
        SAME("%lld %llu %llX", v, (unsigned long long)v, (unsigned long long)v);
        SAME("%zu %zx", (size_t)v, (size_t)v);
        SAME("%hd %hu %hhd %hhu", (short)v, (unsigned short)v, (signed char)v, (unsigned char)v);
        SAME("%#x %#lx %+d", (unsigned)v, (unsigned long)v, (int)v);
    }
}

Test(printf, width_precision_and_flags_are_as_in_libc)
{
    SAME("[%5d][%-5d][%05d][%2d]", 42, 42, 42, 12345);
    SAME("[%5d][%-5d][%05d]", -42, -42, -42);
    SAME("[%08x][%-8x|][%#08x][%#10x]", 0xabc, 0xabc, 0xabc, 0xabc);
    SAME("[%016lx]", 0xffff82d040000000ul);
    SAME("[%*d][%-*d][%*d]", 6, 7, 6, 7, -6, 7);
    SAME("[%.3d][%8.3d][%-8.3d][%.0d]", 5, 5, 5, 0);
    SAME("[%s][%10s][%-10s][%.2s][%.*s][%5.1s]", "abc", "abc", "abc", "abc", 1, "abc", "abc");
    SAME("[%c][%3c][%-3c]", 'x', 'y', 'z');
    SAME("100%% %s", "done");
    SAME("%p", (void *)0x1234abcd);
}

Test(printf, string_with_precision_need_not_end)
{
    char text[3] = {'a', 'b', 'c'};

    SAME("%.3s", text);
}

Test(printf, null_string_is_shown_not_followed)
{
    char out[32];
    const char *volatile none = NULL;

    cr_assert_eq(hv_snprintf(out, sizeof(out), "%s", none), 6);
    cr_assert_str_eq(out, "(null)");
}

Test(printf, too_small_a_buffer_is_cut_and_ended)
{
    char out[8];

    memset(out, 'X', sizeof(out));
    cr_assert_eq(hv_snprintf(out, 4, "%s", "abcdefgh"), 8);
    cr_assert_str_eq(out, "abc");
    cr_assert_eq(out[4], 'X');
    cr_assert_eq(hv_snprintf(out, 1, "abc"), 3);
    cr_assert_eq(out[0], 0);
    cr_assert_eq(hv_snprintf(NULL, 0, "%d", 12345), 5);
}

Test(printf, unfinished_conversion_ends_the_text)
{
    char out[16];

    cr_assert_eq(hv_snprintf(out, sizeof(out), "ab%"), 2);
    cr_assert_str_eq(out, "ab");
    cr_assert_eq(hv_snprintf(out, sizeof(out), "ab%-08l"), 2);
}
