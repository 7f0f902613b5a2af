/* SPDX-License-Identifier: MIT */
#include "x86/uart.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "x86/cpu.h"
#include "x86/insn.h"

enum { DATA = 0, IER = 1, FCR = 2, IIR = 2, LCR = 3, MCR = 4, LSR = 5, SCRATCH = 7 };

#define IER_RECEIVED 0x01
#define IER_TX_EMPTY 0x02
#define IIR_NONE 0x01
#define LCR_8N1 0x03
#define LCR_DLAB 0x80
#define LSR_RECEIVED 0x01
#define LSR_TX_EMPTY 0x20
#define FIFO_SIZE 16
#define TX_SIZE 32768   /* power of two */
#define PATIENCE 200000 /* looks at the line; each takes a microsecond or so */

static uint16_t base;
static bool interrupts, stuck, held;
static uint8_t ier;
static char tx[TX_SIZE];
static uint32_t tx_in, tx_out; /* running byte numbers */

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

uint16_t uart_port(void)
{
    return base;
}

static void ier_update(void)
{
    uint8_t want = (uint8_t)((held ? 0 : IER_RECEIVED) | (tx_in != tx_out ? IER_TX_EMPTY : 0));

    if (!interrupts || want == ier)
        return;
    ier = want;
    outb(base + IER, want);
}

void uart_pump(void)
{
    while (tx_in != tx_out && (inb(base + LSR) & LSR_TX_EMPTY)) {
        stuck = false;
        for (unsigned i = 0; i < FIFO_SIZE && tx_in != tx_out; i++)
            outb(base + DATA, (uint8_t)tx[tx_out++ & (TX_SIZE - 1)]);
    }
    ier_update();
}

size_t uart_room(void)
{
    return !base || stuck ? SIZE_MAX : TX_SIZE - (tx_in - tx_out);
}

void uart_put(const char *s, size_t n)
{
    size_t fits;

    if (!base)
        return;
    fits = min(n, (size_t)(TX_SIZE - (tx_in - tx_out)));
    for (size_t i = 0; i < fits; i++)
        tx[tx_in++ & (TX_SIZE - 1)] = s[i];
    uart_pump();
}

/* A line that never gets ready must not hang the machine. */
void uart_wait_room(size_t n)
{
    for (unsigned looks = 0; uart_room() < n; looks++) {
        uint32_t before = tx_out;

        uart_pump();
        if (tx_out != before)
            looks = 0;
        else if (looks >= PATIENCE)
            stuck = true;
        else if (nr_cpus > 1)
            spin_wait(); /* the line may be slow: others are not to wait for their flushes so long */
        else
            pause();
    }
}

void uart_flush(void)
{
    uart_wait_room(TX_SIZE);
}

uint32_t uart_sent(void)
{
    return tx_out;
}

void uart_give_up(void)
{
    stuck = base != 0;
}

int uart_read(void)
{
    if (!base || !(inb(base + LSR) & LSR_RECEIVED))
        return -1;
    return inb(base + DATA);
}

void uart_irq_enable(void)
{
    if (!base)
        return;
    interrupts = true;
    /* The second comes at once: then the line is known to work. */
    outb(base + IER, ier = IER_RECEIVED | IER_TX_EMPTY);
}

bool uart_irq_asks(void)
{
    return base && !(inb(base + IIR) & IIR_NONE);
}

void uart_hold(bool hold)
{
    held = hold;
    ier_update();
}
