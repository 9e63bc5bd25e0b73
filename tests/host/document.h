/* document.h: a qXfer document as a client collects it. */
#ifndef HOST_DOCUMENT_H
#define HOST_DOCUMENT_H

#include "wire.h"

/* All of it, in pieces of the given length, NUL-terminated; to be freed. */
char *document_read(struct wire *w, const char *object, const char *annex, unsigned piece);

#endif
