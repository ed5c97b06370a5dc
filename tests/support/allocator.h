/* An allocator that counts what is alive, and fails when told to. Use it from the first line of
 * main, so that everything goes through it:
 *
 *     allocator_use();
 *     allocator_fail_at(3);   the third allocation from now on fails, and only that
 */
#ifndef CTRACE_TESTS_ALLOCATOR_H
#define CTRACE_TESTS_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

void allocator_use(void);

size_t allocator_alive(void); /* blocks */
size_t allocator_calls(void); /* allocations and resizes since the beginning */

/* 0: none fails any more. */
void allocator_fail_at(size_t nth);

/* That one, and all after it. */
void allocator_fail_from(size_t nth);

/* Whether one has failed since the last allocator_fail_…. */
bool allocator_has_failed(void);

#endif
