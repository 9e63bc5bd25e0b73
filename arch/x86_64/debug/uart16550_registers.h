/* uart16550_registers.h: a PC16550D as its driver sees it (data sheet, section 8). */
#ifndef TRAPLINE_UART16550_REGISTERS_H
#define TRAPLINE_UART16550_REGISTERS_H

/* Registers, relative to the port. The first two are the divisor while LCR.DLAB is set. */
enum {
    DATA = 0,
    IER = 1,
    IIR = 2, /* reading */
    FCR = 2, /* writing */
    LCR = 3,
    MCR = 4,
    LSR = 5,
    SCR = 7,
};

enum {
    IER_RECEIVED = 0x01,
    IIR_FIFOS = 0xc0,
    FCR_RESET_TRIGGER_14 = 0xc7, /* trigger level 14: ten times the bulk receive rate of level 1 */
    FCR_TRIGGER_1 = 0x01,
    FCR_TRIGGER_14 = 0xc1,
    LCR_8N1 = 0x03,
    LCR_DLAB = 0x80,
    MCR_DTR_RTS_OUT2 = 0x0b, /* OUT2 lets the interrupt reach the PIC */
    MCR_OUT2 = 0x08,
    LSR_READY = 0x01,
    LSR_OVERRUN = 0x02,
    LSR_THRE = 0x20,
    LSR_TEMT = 0x40,
};

#define UART16550_CLOCK 115200 /* the rate at divisor 1 */

#endif
