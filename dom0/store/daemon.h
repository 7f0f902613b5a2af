/* SPDX-License-Identifier: MIT */
#ifndef STORE_DAEMON_H
#define STORE_DAEMON_H

void daemon_reload(void); /* soon, after the present request was answered */

#endif
