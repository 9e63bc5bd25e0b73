/* slide.c: what the command line says of KASLR. Read before anything else, without a word. */
#include "boot/slide.h"

#include <string.h>

#define WORD "kaslr"

/* Up to 16 digits, with 0x in front or not. */
static bool parse_hex(const char *text, uint64_t *out)
{
    unsigned digits = 0;

    text += text[0] == '0' && text[1] == 'x' ? 2 : 0;
    for (*out = 0; *text != '\0' && *text != ' ' && *text != '\t'; text++, digits++) {
        const char *all = "0123456789abcdef", *digit = strchr(all, *text);

        if (digit == NULL || digits == 16)
            return false;
        *out = *out << 4 | (uint64_t)(digit - all);
    }
    return digits > 0;
}

static bool is_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    return strncmp(text, word, length) == 0 &&
           (text[length] == '\0' || text[length] == ' ' || text[length] == '\t');
}

bool slide_parse(const char *value, enum slide_choice *choice, uint64_t *fixed)
{
    *choice = SLIDE_NONE;
    if (is_word(value, "off"))
        return true;
    *choice = SLIDE_FIXED;
    if (parse_hex(value, fixed) && *fixed == 0) {
        *choice = SLIDE_NONE;
        return true;
    }
    return parse_hex(value, fixed) && *fixed % SLIDE_STEP == 0 && *fixed >= SLIDE_MIN &&
           *fixed <= SLIDE_MAX;
}

enum slide_choice slide_choose(const char *text, uint64_t *fixed)
{
    enum slide_choice choice = SLIDE_NONE;

    while (*text != '\0') {
        if (is_word(text, "no" WORD))
            choice = SLIDE_NONE;
        else if (is_word(text, WORD))
            choice = SLIDE_RANDOM;
        else if (strncmp(text, WORD "=", strlen(WORD "=")) == 0 &&
                 !slide_parse(text + strlen(WORD "="), &choice, fixed))
            choice = SLIDE_NONE; /* cmdline.c will say so */
        while (*text != '\0' && *text != ' ' && *text != '\t')
            text++;
        while (*text == ' ' || *text == '\t')
            text++;
    }
    return choice;
}
