/*
 * vectors.h: what the exceptions of the processor mean to a client.
 */
#ifndef TRAPLINE_VECTORS_H
#define TRAPLINE_VECTORS_H

#include <stdint.h>

/* The protocol's signal for a vector 0..31 (Intel SDM vol. 3, table 6-1). */
uint8_t vector_signal(unsigned vector);

#endif
