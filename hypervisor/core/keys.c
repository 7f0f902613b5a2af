/* SPDX-License-Identifier: MIT */
#include "core/keys.h"
#include "core/log.h"
void debug_key(char key)
{
    log_msg(LOG_INFO, "key %c", key);
}
