/* spoil.h: what a bad line makes of a good conversation. */
#ifndef HOST_SPOIL_H
#define HOST_SPOIL_H

#include <stdbool.h>

/* Every one-byte corruption and every prefix of every transcript that passed. */
bool spoil_transcripts(void);

#endif
