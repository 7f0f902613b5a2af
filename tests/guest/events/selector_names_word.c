/* SPDX-License-Identifier: MIT */
/* The selector has a bit for each word of the bitmaps with news, and only those. */
#include "ports.h"

TEST("selector_names_word", "an event sets the selector's bit of its port's word")
{
    struct vcpu_info *info = this_cpu()->info;
    evtchn_port_t low = ipi_port(0), high = low;

    while (high < 130)
        high = ipi_port(0);
    events_disable();
    evtchn_unmask(low);
    evtchn_unmask(high);
    CHECK_RC(evtchn_send(high), 0);
    CHECK_EQ(info->evtchn_pending_sel, 1ul << 2);
    CHECK_EQ(shared_info->evtchn_pending[2], 1ul << (130 - 128));
    CHECK_RC(evtchn_send(low), 0);
    CHECK_EQ(info->evtchn_pending_sel, (1ul << 2) | (1ul << (low / 64)));
    CHECK_EQ(info->evtchn_upcall_pending, 1);
    CHECK_EQ(shared_info->evtchn_pending[1], 0);
}
