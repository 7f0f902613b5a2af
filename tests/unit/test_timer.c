/* SPDX-License-Identifier: MIT */
/* LINK: core/timer.c core/tlb.c core/frame.c */
/* Checks [TIM-1] [TIM-2] [TIM-3]. */
#include <criterion/criterion.h>
#include "fake_port.h"
#include "core/timer.h"

static unsigned fired[64], nr_fired;
static struct timer timers[64];

static void note(void *arg)
{
    fired[nr_fired++ % 64] = (unsigned)(uintptr_t)arg;
}

static void setup(void)
{
    fake_reset();
    timers_reset();
    nr_fired = 0;
    for (unsigned i = 0; i < 64; i++)
        timer_init(&timers[i], note, (void *)(uintptr_t)i);
}

#define T(name) Test(timer, name, .init = setup)
#define AUDIT() cr_assert_eq(timer_audit(), 0)

static void run_at(uint64_t now)
{
    fake_now = now;
    timer_run();
    AUDIT();
}

T(timers_fire_in_the_order_of_their_deadlines)
{
    for (unsigned i = 0; i < 64; i++) {
        timer_set(&timers[i], 1000 + i * 37 % 64 * 10);
        AUDIT();
    }
    run_at(999);
    cr_assert_eq(nr_fired, 0);
    run_at(10000);
    cr_assert_eq(nr_fired, 64);
    for (unsigned i = 0; i + 1 < 64; i++)
        cr_assert_leq(timers[fired[i]].deadline, timers[fired[i + 1]].deadline);
}

T(only_due_timers_fire_and_the_next_one_arms_the_interrupt)
{
    timer_set(&timers[0], 100);
    timer_set(&timers[1], 200);
    cr_assert_eq(fake_timer_deadline[0], 100);
    run_at(150);
    cr_assert_eq(nr_fired, 1);
    cr_assert_eq(fired[0], 0);
    cr_assert(!timer_is_set(&timers[0]));
    cr_assert(timer_is_set(&timers[1]));
    cr_assert_eq(fake_timer_deadline[0], 200);
    cr_assert_eq(timer_next(0), 200);
}

T(a_stopped_timer_does_not_fire)
{
    timer_set(&timers[0], 100);
    timer_set(&timers[1], 100);
    timer_stop(&timers[0]);
    AUDIT();
    timer_stop(&timers[2]); /* was never set */
    run_at(1000);
    cr_assert_eq(nr_fired, 1);
    cr_assert_eq(fired[0], 1);
}

T(setting_again_moves_the_deadline_both_ways)
{
    timer_set(&timers[0], 100);
    timer_set(&timers[0], 500);
    run_at(400);
    cr_assert_eq(nr_fired, 0);
    timer_set(&timers[0], 450);
    run_at(450);
    cr_assert_eq(nr_fired, 1);
    run_at(1000);
    cr_assert_eq(nr_fired, 1);
}

T(a_past_deadline_arms_at_once)
{
    fake_now = 1000;
    timer_set(&timers[0], 5);
    cr_assert_eq(fake_timer_deadline[0], 5);
    run_at(1000);
    cr_assert_eq(nr_fired, 1);
}

T(stopping_the_first_costs_no_arming_and_loses_nothing)
{
    timer_set(&timers[0], 100);
    timer_set(&timers[1], 300);
    fake_timer_deadline[0] = 12345; /* would be overwritten */
    timer_stop(&timers[0]);
    cr_assert_eq(fake_timer_deadline[0], 12345);
    run_at(100); /* the interrupt that was armed comes: nothing due, the next is armed */
    cr_assert_eq(nr_fired, 0);
    cr_assert_eq(fake_timer_deadline[0], 300);
}

T(a_timer_set_on_another_cpu_moves_there)
{
    timer_set(&timers[0], 100);
    fake_cpu = 3;
    timer_set(&timers[0], 200);
    AUDIT();
    cr_assert_eq(fake_timer_deadline[3], 200);
    cr_assert_eq(timer_next(0), ~0ull);
    fake_cpu = 0;
    run_at(1000);
    cr_assert_eq(nr_fired, 0);
    fake_cpu = 3;
    run_at(1000);
    cr_assert_eq(nr_fired, 1);
}

static void again(void *arg)
{
    nr_fired++;
    if (nr_fired < 5)
        timer_set(arg, fake_now + 10);
}

T(a_function_may_set_its_own_timer)
{
    struct timer t;

    timer_init(&t, again, &t);
    timer_set(&t, 10);
    for (uint64_t now = 10; now <= 200; now += 10)
        run_at(now);
    cr_assert_eq(nr_fired, 5);
    cr_assert(!timer_is_set(&t));
}

static void stop_itself(void *arg)
{
    nr_fired++;
    timer_stop(arg);
}

T(a_function_may_stop_its_own_timer)
{
    struct timer t;

    timer_init(&t, stop_itself, &t);
    timer_set(&t, 10);
    run_at(10);
    cr_assert_eq(nr_fired, 1);
    cr_assert(!t.running);
}

static void forever(void *arg)
{
    nr_fired++;
    timer_set(arg, fake_now + 1);
}

T(a_timer_that_sets_itself_ahead_does_not_keep_the_cpu)
{
    struct timer t;

    timer_init(&t, forever, &t);
    timer_set(&t, 0);
    run_at(0);
    cr_assert_eq(nr_fired, 1);
}

/* Random sets and stops against a plain array. */
T(many_random_operations_agree_with_a_simple_model)
{
    uint64_t model[64], seed = 20240229, now = 0;
    unsigned expect = 0;

    memset(model, 0xff, sizeof(model));
    for (unsigned step = 0; step < 20000; step++) {
        unsigned i;

        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        i = seed >> 40 & 63;
        switch (seed >> 60) {
        case 0 ... 9:
            model[i] = now + (seed >> 20 & 1023);
            timer_set(&timers[i], model[i]);
            break;
        case 10 ... 12:
            model[i] = ~0ull;
            timer_stop(&timers[i]);
            break;
        default:
            now += seed >> 20 & 255;
            for (unsigned j = 0; j < 64; j++)
                if (model[j] <= now) {
                    expect++;
                    model[j] = ~0ull;
                }
            fake_now = now;
            timer_run();
        }
        AUDIT();
        cr_assert_eq(nr_fired, expect);
        for (unsigned j = 0; j < 64; j++)
            cr_assert_eq(timer_is_set(&timers[j]), model[j] != ~0ull);
    }
}
