/* document.c: see document.h. */
#include "document.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *document_read(struct wire *w, const char *object, const char *annex, unsigned piece)
{
    char *text = malloc(1), packet[128];
    size_t n = 0;
    for (bool more = true; more;) {
        sprintf(packet, "qXfer:%s:read:%s:%zx,%x", object, annex, n, piece);
        w->read = w->machine.out_length;
        wire_feed_packet(w, packet, strlen(packet));
        struct wire_item item = wire_next(w);
        CHECK(item.kind == WIRE_FRAME && item.length && strchr("ml", item.payload[0]),
              "%s got '%.*s'", packet, (int)item.length, item.payload);
        more = item.payload[0] == 'm';
        text = realloc(text, n + item.length);
        size_t got = wire_unescape((uint8_t *)text + n, item.payload + 1, item.length - 1);
        CHECK(got <= piece && (got || !more), "%s got %zu bytes", packet, got);
        n += got;
    }
    text[n] = '\0';
    return text;
}
