/* build_id.c: the note that the linker has made (ELF gABI, "Note Section"). */
#include "build_id.h"

#include <stdint.h>
#include <string.h>

#include "module_text.h"

/* linker.ld: the note, whose header and name ("GNU") come before the id. */
extern const uint8_t __build_id_start[], __build_id_end[];
#define NOTE_HEAD 16
#define ID_MAX    20 /* SHA-1 */

const char *build_id(void)
{
    static char text[2 * ID_MAX + 1];
    struct module_table id = {__build_id_start + NOTE_HEAD,
                              __build_id_end - __build_id_start - NOTE_HEAD};

    module_hex(id, text, sizeof(text));
    return text;
}

/* What holds the whole note has it from the same build: no need to ask which section it is. */
bool build_id_is_of(const void *file, size_t size)
{
    const uint8_t *at = file;
    size_t length = __build_id_end - __build_id_start;

    for (; size >= length; at++, size--)
        if (*at == *__build_id_start && memcmp(at, __build_id_start, length) == 0)
            return true;
    return false;
}
