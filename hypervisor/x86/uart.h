/* SPDX-License-Identifier: MIT */
/*
 * The serial line: a 16550 at an I/O port. Output goes through a buffer, from which the line takes
 * 16 bytes at a time when it is ready: at uart_pump(), which callers and the interrupt drive. Only
 * uart_flush() and uart_wait_room() wait for the line, and a line that does not move is waited for
 * once and not again until it moves.
 * Caller holds the console lock.
 */
#ifndef X86_UART_H
#define X86_UART_H

#include "lib/types.h"

/* baud 0: leave the speed as it is. False: nothing answers at that port. */
bool uart_init(uint16_t port, uint32_t baud);
uint16_t uart_port(void); /* 0: none; its eight ports are the hypervisor's */

void uart_put(const char *s, size_t n); /* what does not fit is lost: see uart_room() */
size_t uart_room(void);                 /* a line that is missing or stuck has endless room */
void uart_pump(void);
void uart_wait_room(size_t n);
void uart_flush(void);
uint32_t uart_sent(void); /* running number: does the line move? */
void uart_give_up(void);  /* it does not: wait no more until it does */

int uart_read(void); /* one received byte, or -1 */

/* Ask the line for interrupts: of received bytes, and of readiness while output waits. */
void uart_irq_enable(void);
/* Does it ask for something? To be looked at until it does not: the line may be edge-triggered. */
bool uart_irq_asks(void);
/* Received bytes are left in the line: no interrupts for them. */
void uart_hold(bool hold);

#endif
