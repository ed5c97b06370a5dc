/* Merge sort, in parallel. */
#ifndef POOL_SORT_H
#define POOL_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sorts in ascending order; equal ones cannot be told apart. False, and nothing is sorted, when
 * there is no memory for as many again. Call in a pool. */
bool sort_numbers(uint64_t *numbers, size_t count);

#endif
