/* SPDX-License-Identifier: MIT */
/*
 * shout N: a guest that writes N lines to the hypervisor's console as fast as it can, with what would
 * clear the operator's screen in each; a second later one more.
 */
#include "pvguest.h"

int main(void)
{
    const char *words = (const char *)start_info->cmd_line;
    unsigned int n = 0;

    for (; *words; words++)
        if (*words >= '0' && *words <= '9')
            n = n * 10 + (unsigned int)(*words - '0');
    for (unsigned int i = 0; i < n; i++)
        printf("shout %06u \x1b[\b2J\a at the top of my voice\n", i);
    time_sleep_until(time_ns() + NS_PER_SEC);
    printf("shout: done\n");
    return 0;
}
