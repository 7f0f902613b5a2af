/* SPDX-License-Identifier: MIT */
/*
 * Test kernels: one claim about the PV ABI each, tried as the first domain on Xen 4.17 and on
 * Philoxen. [ABI-2]
 *
 * One file tests/guest/<area>/<file>.c becomes one image build/guests/<area>-<file>.elf; the
 * makefile finds it by itself. The whole file:
 *
 *     // SPDX line, then a comment: what is attacked or asked, what a pass looks like
 *     // TEST-REQUIRES: smp=2 mem=512 timeout=20 hv-args=... expect=CRASH   (only if needed)
 *     #include "harness.h"
 *
 *     TEST("unknown_hypercall_is_enosys", "a number without a hypercall gives -ENOSYS")
 *     {
 *         CHECK_RC(hypercall_raw(63, 0, 0, 0, 0, 0), -XEN_ENOSYS);
 *     }
 *
 * (with the block comments that this one cannot show). It is an ordinary pvguest program: see
 * pvguest.h and the headers it names for what is at hand.
 *
 * The outcome, always one line `Test result: ...` and then a power-off:
 *     SUCCESS            the body returned, and made at least one CHECK
 *     FAILURE: why       a CHECK failed, or a trap or a MUST() nobody expected: the hypervisor's
 *     ERROR: why         the test itself is broken: a REQUIRE failed, or nothing was checked
 *     SKIP: why          SKIP(): this machine cannot show it
 * A test with `expect=CRASH` calls test_expect_crash() and then does what must kill the domain;
 * surviving is a FAILURE. CHECKs before it count as usual.
 *
 *     CHECK(cond, fmt, ...)       else FAILURE with the text
 *     CHECK_RC(call, value)       the call's result, named like an error number if it is one
 *     CHECK_EQ(got, wanted)       two integers, printed in hex
 *     CHECK_FAULT(f, vector)      a struct fault of try_read(), TRY_ASM() ... holds that trap
 *     CHECK_NO_FAULT(f)           nothing was caught
 *     REQUIRE(cond, fmt, ...)     set-up of the test, else ERROR
 *     SKIP(fmt, ...)
 * All of them end the test at once, from any vCPU. printf() is for hints on the way: use little, a
 * console line costs more than most tests.
 *
 * No sleeps that hope: wait with events_wait(&flag, deadline) or a loop over a condition with
 * time_ns() + DEADLINE_NS, and CHECK what came.
 */
#ifndef TEST_HARNESS_H
#define TEST_HARNESS_H

#include "pvguest.h"

/* Longer than any wait that will succeed takes; a test's whole time is the runner's affair. */
#define DEADLINE_NS (5 * NS_PER_SEC)

struct test {
    const char *name;
    const char *claim;
    void (*body)(void);
};

#define TEST(test_name, test_claim)                                                                \
    static void test_body(void);                                                                   \
    extern const struct test test_case;                                                            \
    const struct test test_case = {test_name, test_claim, test_body};                              \
    static void test_body(void)

#define CHECK(cond, ...)                                                                           \
    do {                                                                                           \
        test_checked();                                                                            \
        if (!(cond))                                                                               \
            test_fail(__LINE__, __VA_ARGS__);                                                      \
    } while (0)

#define CHECK_RC(call, value)                                                                      \
    do {                                                                                           \
        long rc_got_ = (call), rc_wanted_ = (value);                                               \
        test_checked();                                                                            \
        if (rc_got_ != rc_wanted_)                                                                 \
            test_fail_rc(__LINE__, #call, rc_got_, rc_wanted_);                                    \
    } while (0)

#define CHECK_EQ(got, wanted)                                                                      \
    do {                                                                                           \
        unsigned long got_ = (unsigned long)(got), wanted_ = (unsigned long)(wanted);              \
        CHECK(got_ == wanted_, "%s is %lx, not %lx", #got, got_, wanted_);                         \
    } while (0)

#define CHECK_FAULT(f, wanted_vector)                                                              \
    do {                                                                                           \
        struct fault fault_ = (f);                                                                 \
        int vector_ = fault_.vector;                                                               \
        CHECK(vector_ == (int)(wanted_vector), "%s instead of %s",                                 \
              vector_ == FAULT_NONE ? "no trap" : trap_name((unsigned int)vector_),                \
              trap_name(wanted_vector));                                                           \
    } while (0)

#define CHECK_NO_FAULT(f)                                                                          \
    do {                                                                                           \
        struct fault fault_ = (f);                                                                 \
        CHECK(fault_.vector == FAULT_NONE, "%s at %lx, error code %lx, cr2 %lx",                   \
              trap_name((unsigned int)fault_.vector), fault_.regs.rip, fault_.error_code,          \
              fault_.cr2);                                                                         \
    } while (0)

#define REQUIRE(cond, ...)                                                                         \
    do {                                                                                           \
        if (!(cond))                                                                               \
            test_error(__LINE__, __VA_ARGS__);                                                     \
    } while (0)

#define SKIP(...) test_skip(__VA_ARGS__)

/* From here on the domain is supposed to die of what it does. */
void test_expect_crash(void);

/* Behind the macros. */
void test_checked(void);
_Noreturn void test_fail(int line, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void test_fail_rc(int line, const char *call, long got, long wanted);
_Noreturn void test_error(int line, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void test_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
