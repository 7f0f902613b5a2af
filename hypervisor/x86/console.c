/* SPDX-License-Identifier: MIT */
#include "x86/console.h"
#include "core/domain.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "x86/uart.h"

#define PREFIX "(PHX) "
#define LINE_MAX 512
#define GUEST_LINE 128
#define RING_SIZE 65536 /* power of two */
#define INPUT_SIZE 1024 /* power of two */

static spinlock_t lock = SPINLOCK_INIT;
static bool lock_broken;
static enum log_level hv_level = LOG_INFO, guest_level = LOG_GUEST_ERR;
static bool mid_line = true; /* raw output, somebody's or the firmware's, stopped inside a line */

static char ring[RING_SIZE];
static uint64_t ring_total;   /* bytes ever written */
static uint64_t ring_cleared; /* readers that ask from 0 start here */

static char input[INPUT_SIZE];
static uint32_t input_in, input_out;

/* One unfinished line of an unprivileged guest; another guest's output ends it. */
static struct {
    domid_t domid;
    unsigned used;
    char text[GUEST_LINE];
} guest_line;

static void console_lock(void)
{
    if (!lock_broken)
        spin_lock(&lock);
}

static void console_unlock(void)
{
    if (!lock_broken)
        spin_unlock(&lock);
}

void console_break_lock(void)
{
    lock_broken = true;
}

void console_init(bool com1, uint16_t port, uint32_t baud, enum log_level hv, enum log_level guest)
{
    hv_level = hv;
    guest_level = guest;
    if (com1)
        uart_init(port, baud);
}

static void line_write(const char *s, size_t n)
{
    for (size_t start = 0, i = 0; i <= n; i++) {
        if (i < n && s[i] != '\n')
            continue;
        uart_write(s + start, i - start);
        if (i < n)
            uart_write("\r\n", 2);
        start = i + 1;
    }
    if (n)
        mid_line = s[n - 1] != '\n';
}

/* A whole line, ending in a newline, to the line and into the ring. */
static void emit(const char *s, size_t n)
{
    if (mid_line)
        uart_write("\r\n", 2);
    line_write(s, n);
    for (size_t i = 0; i < n; i++)
        ring[ring_total++ & (RING_SIZE - 1)] = s[i];
}

bool log_wanted(enum log_level level)
{
    return level <= LOG_DEBUG ? level <= hv_level : level <= guest_level;
}

void log_msg(enum log_level level, const char *fmt, ...)
{
    char line[LINE_MAX] = PREFIX;
    const size_t prefix = sizeof(PREFIX) - 1;
    va_list ap;
    size_t n;

    if (!log_wanted(level))
        return;
    va_start(ap, fmt);
    n = (size_t)vsnprintf(line + prefix, sizeof(line) - prefix - 1, fmt, ap) + prefix;
    va_end(ap);
    n = min(n, sizeof(line) - 2);
    if (line[n - 1] != '\n')
        line[n++] = '\n';
    console_lock();
    emit(line, n);
    console_unlock();
}

static void guest_line_flush(void)
{
    char line[GUEST_LINE + 16];
    int n;

    if (!guest_line.used)
        return;
    n = snprintf(line, sizeof(line), "(d%u) %.*s\n", guest_line.domid, (int)guest_line.used,
                 guest_line.text);
    guest_line.used = 0;
    emit(line, (size_t)n);
}

/* Control characters could play tricks with the operator's terminal. */
static char harmless(char c)
{
    return (uint8_t)c < 32 && c != '\t' ? '.' : c;
}

void console_guest_write(struct domain *d, const char *buf, size_t n)
{
    console_lock();
    if (d->privileged) {
        line_write(buf, n);
    } else {
        if (guest_line.domid != d->id)
            guest_line_flush();
        guest_line.domid = d->id;
        for (size_t i = 0; i < n; i++) {
            if (buf[i] == '\n' || guest_line.used == GUEST_LINE)
                guest_line_flush();
            if (buf[i] != '\n' && buf[i] != '\r' && buf[i])
                guest_line.text[guest_line.used++] = harmless(buf[i]);
        }
    }
    console_unlock();
}

bool console_poll(void)
{
    bool some;
    int c;

    console_lock();
    while ((c = uart_read()) >= 0)
        if (input_in - input_out < INPUT_SIZE) /* what nobody reads is lost */
            input[input_in++ & (INPUT_SIZE - 1)] = (char)c;
    some = input_in != input_out;
    console_unlock();
    return some;
}

size_t console_read(char *buf, size_t n)
{
    size_t done = 0;

    console_poll();
    console_lock();
    while (done < n && input_out != input_in)
        buf[done++] = input[input_out++ & (INPUT_SIZE - 1)];
    console_unlock();
    return done;
}

size_t console_log_read(char *buf, size_t n, uint64_t *index, bool clear)
{
    uint64_t at = max(*index, ring_cleared);
    size_t done = 0;

    console_lock();
    if (ring_total - at > RING_SIZE)
        at = ring_total - RING_SIZE;
    while (done < n && at < ring_total)
        buf[done++] = ring[at++ & (RING_SIZE - 1)];
    *index = at;
    if (clear)
        ring_cleared = ring_total;
    console_unlock();
    return done;
}
