/* test_xfer.c: documents come out the same in pieces of any size, and are well-formed. */
#include "document.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static void begin(struct wire *w)
{
    wire_init(w);
    wire_feed(w, "+$QStartNoAckMode#b0+", 21);
}

static void check_pieces(const char *object, const char *annex, gdb_tid threads)
{
    static const unsigned pieces[] = {1, 2, 3, 7, 64, 255, 0xffb, 0x1000, 0x3fff, 0x4000, 0x7fffffff};
    struct wire w;
    begin(&w);
    w.machine.thread_count = threads;
    char *whole = document_read(&w, object, annex, 0x4000);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        if (pieces[i] < 64 && threads > 2)
            continue;
        char *text = document_read(&w, object, annex, pieces[i]);
        CHECK(strcmp(text, whole) == 0, "%s in pieces of %u", object, pieces[i]);
        free(text);
    }
    free(whole);
    wire_free(&w);
}

TEST(features_in_pieces_of_any_size)
{
    check_pieces("features", "target.xml", 2);
}

TEST(threads_in_pieces_of_any_size)
{
    check_pieces("threads", "", 2);
    check_pieces("threads", "", 1000);
}

/* Tags nest, nothing else: enough to tell that streaming lost or doubled no element. */
static void check_nesting(const char *xml)
{
    const char *open[16];
    size_t depth = 0;
    for (const char *at = strchr(xml, '<'); at; at = strchr(at + 1, '<')) {
        const char *end = strchr(at, '>');
        CHECK(end, "unfinished tag at %.20s", at);
        size_t name = strcspn(at + 1, " />");
        if (at[1] == '?' || at[1] == '!' || end[-1] == '/')
            continue;
        if (at[1] != '/') {
            CHECK(depth < 16, "at %.20s", at);
            open[depth++] = at + 1;
            continue;
        }
        name = strcspn(at + 2, ">");
        CHECK(depth && strncmp(open[--depth], at + 2, name) == 0, "at %.20s", at);
    }
    CHECK(depth == 0, "%zu left open", depth);
}

TEST(documents_nest)
{
    struct wire w;
    begin(&w);
    char *features = document_read(&w, "features", "target.xml", 0x1000);
    char *threads = document_read(&w, "threads", "", 0x1000);
    check_nesting(features);
    check_nesting(threads);
    free(features);
    free(threads);
    wire_free(&w);
}
