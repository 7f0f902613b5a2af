/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAKE_CORE_H
#define TESTS_FAKE_CORE_H

#include "fake_port.h"

extern int fake_machine_shutdown; /* reason given to port_machine_shutdown(), or -1 */
extern unsigned fake_virqs[NR_VIRQS], fake_virqs_global[NR_VIRQS];
extern unsigned fake_ports_closed;
extern evtchn_port_t fake_pending_port; /* the port that is pending in every domain; 0: none */

#endif
