/* main.c: the tests of test.h, then every transcript, then every transcript spoiled. */
#include "spoil.h"
#include "test.h"
#include "transcript.h"

int main(int argc, char **argv)
{
    bool passed = test_main() == 0;
    for (int i = 1; i < argc; i++)
        passed &= transcript_file(argv[i]);
    passed &= spoil_transcripts();
    transcripts_free();
    return passed ? 0 : 1;
}
