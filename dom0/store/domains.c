/* SPDX-License-Identifier: MIT */
#include "domains.h"
#include <stddef.h>

static struct domain_account accounts[NR_DOMIDS];
static uint64_t clock_now;

uint64_t domains_stamp(void)
{
    return ++clock_now;
}

void domains_stamp_set(uint64_t at_least)
{
    if (clock_now < at_least)
        clock_now = at_least;
}

struct domain_account *domains_account(unsigned id)
{
    return id < NR_DOMIDS ? &accounts[id] : NULL;
}

void domains_mention(unsigned id)
{
    struct domain_account *a = domains_account(id);

    if (a && !a->born)
        a->born = domains_stamp();
}

bool domains_known_since(unsigned id, uint64_t stamp)
{
    const struct domain_account *a = domains_account(id);

    return id == 0 || (a && a->born && a->born <= stamp);
}

void domains_forget(unsigned id)
{
    struct domain_account *a = domains_account(id);

    if (a) {
        a->born = 0;
        a->nodes_most = 0;
        a->introduced = a->shutdown_seen = false;
    }
}
