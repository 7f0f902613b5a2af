/* SPDX-License-Identifier: MIT */
#include "x86/uart.h"
#include "x86/insn.h"

enum { DATA = 0, IER = 1, FCR = 2, LCR = 3, MCR = 4, LSR = 5, SCRATCH = 7 };

#define LCR_8N1 0x03
#define LCR_DLAB 0x80
#define LSR_RECEIVED 0x01
#define LSR_TX_EMPTY 0x20
#define FIFO_SIZE 16

static uint16_t base;

bool uart_init(uint16_t port, uint32_t baud)
{
    base = 0;
    outb(port + SCRATCH, 0x5a);
    if (inb(port + SCRATCH) != 0x5a)
        return false;
    outb(port + IER, 0);
    if (baud) {
        uint16_t divisor = (uint16_t)(115200 / baud);

        outb(port + LCR, LCR_8N1 | LCR_DLAB);
        outb(port + DATA, (uint8_t)divisor);
        outb(port + IER, (uint8_t)(divisor >> 8));
    }
    outb(port + LCR, LCR_8N1);
    outb(port + FCR, 0x07); /* FIFOs on, both emptied */
    outb(port + MCR, 0x0b); /* DTR, RTS, OUT2 */
    base = port;
    return true;
}

void uart_write(const char *s, size_t n)
{
    unsigned room = 0;

    if (!base)
        return;
    for (; n; n--, room--) {
        if (!room) {
            /* A line that never gets ready must not hang the machine. */
            for (unsigned spins = 0; !(inb(base + LSR) & LSR_TX_EMPTY) && spins < 100000; spins++)
                pause();
            room = FIFO_SIZE;
        }
        outb(base + DATA, (uint8_t)*s++);
    }
}

int uart_read(void)
{
    if (!base || !(inb(base + LSR) & LSR_RECEIVED))
        return -1;
    return inb(base + DATA);
}

uint16_t uart_port(void)
{
    return base;
}
