/* SPDX-License-Identifier: MIT */
#include "harness.h"

extern const struct test test_case;

static bool checked, crash_expected;

/* The one place that ends a test. A second vCPU that comes here too must not print a second line. */
static _Noreturn void end(const char *outcome, const char *why)
{
    static bool ended;

    while (__atomic_exchange_n(&ended, true, __ATOMIC_SEQ_CST))
        hypercall_sched_op(SCHEDOP_yield, NULL);
    console_flush();
    printf("Test result: %s%s%s\n", outcome, why ? ": " : "", why ? why : "");
    domain_shutdown(SHUTDOWN_poweroff);
}

static _Noreturn void end_line(const char *outcome, int line, const char *fmt, va_list args)
{
    static char why[400];
    int n = line ? snprintf(why, sizeof(why), "line %d: ", line) : 0;

    vsnprintf(why + n, sizeof(why) - (size_t)n, fmt, args);
    end(outcome, why);
}

void test_checked(void)
{
    checked = true;
}

_Noreturn void test_fail(int line, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    end_line("FAILURE", line, fmt, args);
}

_Noreturn void test_error(int line, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    end_line("ERROR", line, fmt, args);
}

_Noreturn void test_skip(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    end_line("SKIP", 0, fmt, args);
}

static const char *rc_name(long rc)
{
    return rc < 0 && rc > -4096 ? error_name(rc) : "no error";
}

_Noreturn void test_fail_rc(int line, const char *call, long got, long wanted)
{
    test_fail(line, "%s is %ld (%s), not %ld (%s)", call, got, rc_name(got), wanted,
              rc_name(wanted));
}

void test_expect_crash(void)
{
    checked = true;
    crash_expected = true;
    console_flush();
}

static void panicked(const char *message)
{
    end("FAILURE", message);
}

int main(void)
{
    printf("Test claim: %s: %s\n", test_case.name, test_case.claim);
    panic_hook = panicked;
    test_case.body();
    if (crash_expected)
        end("FAILURE", "the domain survived");
    if (!checked)
        end("ERROR", "the test checked nothing");
    end("SUCCESS", NULL);
}
