/* Fences that cost their price on one side only.
 *
 * A reader that runs all the time and a writer that runs hardly ever agree by "each stores, then
 * loads what the other stored". That needs a full fence on both sides, 5 ns or more for the reader.
 * Where the kernel has membarrier(2), the writer makes every running thread of the process pass a
 * fence, and the reader needs only to keep its compiler from reordering. */
#ifndef CTI_BASE_FENCE_H
#define CTI_BASE_FENCE_H

#include <stdbool.h>

/* Whether readers need a real fence: decided once, on the first call. */
bool cti_light_fence_is_heavy(void);

/* The writer's side. */
void cti_heavy_fence(void);

#endif
