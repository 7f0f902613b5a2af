/* SPDX-License-Identifier: MIT */
/*
 * The first program of a Dom0 whose console is tried from both ends: says in a line what it waits
 * for, and what it got. Commands, each a line: `paste N` (then N bytes, raw), `flood N` (lines),
 * `interrupt` (a Ctrl-C), `end`.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static struct termios cooked;
static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static void paste(unsigned long n)
{
    struct termios raw = cooked;
    uint32_t hash = 2166136261u;
    unsigned long got = 0;
    unsigned char byte;

    cfmakeraw(&raw);
    raw.c_oflag = cooked.c_oflag;
    tcsetattr(0, TCSANOW, &raw);
    printf("console: paste now\n");
    for (; got < n && read(0, &byte, 1) == 1; got++)
        hash = (hash ^ byte) * 16777619u;
    tcsetattr(0, TCSANOW, &cooked);
    printf("console: pasted %lu %08x\n", got, hash);
}

static void flood(unsigned long n)
{
    for (unsigned long i = 0; i < n; i++)
        printf("flood %08lu the quick brown fox jumps over the lazy dog, again and again\n", i);
    printf("console: flooded\n");
}

static void interrupt(void)
{
    struct sigaction a = {.sa_handler = on_interrupt};

    interrupted = 0;
    sigaction(SIGINT, &a, NULL);
    printf("console: interrupt now\n");
    while (!interrupted)
        pause();
    printf("console: interrupted\n");
}

int main(void)
{
    char line[80];

    mkdir("/dev", 0755);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    setsid();
    close(0);
    if (open("/dev/hvc0", O_RDWR) != 0 || dup2(0, 1) < 0 || dup2(0, 2) < 0)
        return 1;
    ioctl(0, TIOCSCTTY, 1);
    tcgetattr(0, &cooked);
    cooked.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(0, TCSANOW, &cooked);
    setvbuf(stdin, NULL, _IONBF, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("console: ready\n");
    while (fgets(line, sizeof(line), stdin)) {
        if (!strncmp(line, "paste ", 6))
            paste(strtoul(line + 6, NULL, 10));
        else if (!strncmp(line, "flood ", 6))
            flood(strtoul(line + 6, NULL, 10));
        else if (!strncmp(line, "interrupt", 9))
            interrupt();
        else if (!strncmp(line, "end", 3))
            break;
    }
    printf("console: the end\n");
    tcdrain(1);
    sync();
    reboot(RB_POWER_OFF);
    return 1;
}
