/* SPDX-License-Identifier: MIT */
/*
 * A guest for toolstacks to handle: says the time of its first instruction, then does what its command line says: poweroff,
 * reboot, crash, watchdog; by default it sleeps until it is destroyed.
 */
#include "pvguest.h"

static bool wants(const char *word)
{
    return !strcmp((const char *)start_info->cmd_line, word);
}

int main(void)
{
    printf("asleep, command line \"%s\"\n", (const char *)start_info->cmd_line);
    if (wants("poweroff"))
        domain_shutdown(SHUTDOWN_poweroff);
    if (wants("reboot"))
        domain_shutdown(SHUTDOWN_reboot);
    if (wants("crash"))
        domain_shutdown(SHUTDOWN_crash);
    if (wants("watchdog"))
        domain_shutdown(SHUTDOWN_watchdog);
    for (;;)
        sched_block();
}
