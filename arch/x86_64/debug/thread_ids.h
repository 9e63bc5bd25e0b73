/* thread_ids.h: ids that were seen before, in little memory and less time: a filter. */
#ifndef TRAPLINE_THREAD_IDS_H
#define TRAPLINE_THREAD_IDS_H

#include <stdbool.h>
#include <stdint.h>

void ids_forget(void);

/* False: it was certainly not seen since. From now on it was. */
bool ids_seen(uint64_t id);

#endif
