/* SPDX-License-Identifier: MIT */
/*
 * The first program of a Dom0 that is booted to be looked at: says what Linux sees of the machine
 * and powers off.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

static void show(const char *path)
{
    char text[4096];
    ssize_t n;
    int fd = open(path, O_RDONLY);

    if (fd < 0) {
        printf("init: cannot open %s\n", path);
        return;
    }
    while ((n = read(fd, text, sizeof(text))) > 0)
        fwrite(text, 1, (size_t)n, stdout);
    close(fd);
}

int main(void)
{
    struct sysinfo memory;

    setvbuf(stdout, NULL, _IOLBF, 0);
    mkdir("/proc", 0755);
    mkdir("/sys", 0755);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    sysinfo(&memory);
    printf("init: reached\n");
    printf("init: CPUs %ld, memory %lu MiB\n", sysconf(_SC_NPROCESSORS_ONLN), memory.totalram >> 20);
    printf("init: hypervisor ");
    show("/sys/hypervisor/type");
    printf("init: clocksource ");
    show("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    show("/proc/interrupts");
    printf("init: done\n");
    sync();
    reboot(RB_POWER_OFF);
    return 1;
}
