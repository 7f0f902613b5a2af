/* SPDX-License-Identifier: MIT */
/* The core as it is right after its start, and domains in it, for the tests that link all of it. */
#ifndef UNIT_START_H
#define UNIT_START_H

#include "core/domain.h"
#include "core/sched.h"
#include "core/timer.h"
#include "fake_core.h"
#include <criterion/criterion.h>

static inline void core_start(void)
{
    fake_reset();
    fake_quiet = true;
    timers_reset();
    domain_system_init();
    sched_init("credit2");
    sched_cpu_up(0);
}

/* Domain 0 is privileged. */
static inline struct domain *new_domain(domid_t id, unsigned vcpus)
{
    struct domain *d;

    cr_assert_eq(domain_create(id, vcpus, id == 0, &d), 0);
    d->max_pages = 4096;
    d->evtchn.max_port = ~0u;
    for (unsigned i = 0; i < vcpus; i++)
        cr_assert_eq(vcpu_create(d, i, NULL), 0);
    return d;
}

#endif
