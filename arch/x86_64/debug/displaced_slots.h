/* displaced_slots.h: how many slots there are. One has the longest instruction and an int3. */
#ifndef TRAPLINE_DISPLACED_SLOTS_H
#define TRAPLINE_DISPLACED_SLOTS_H

#define DISPLACED_SLOTS     32
#define DISPLACED_SLOT_SIZE 16

#endif
