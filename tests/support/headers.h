/* The headers of a request, for ctrace_extract() to read and ctrace_inject() to write. */
#ifndef CTRACE_TESTS_HEADERS_H
#define CTRACE_TESTS_HEADERS_H

#include <stddef.h>

enum { HEADERS_MOST = 8, HEADERS_SIZE = 9000 };

typedef struct headers {
    size_t count;
    char name[HEADERS_MOST][16];
    char value[HEADERS_MOST][HEADERS_SIZE];
} headers;

/* Both take a headers * as their first argument. */
const char *headers_get(void *self, const char *name, size_t i);
void headers_set(void *self, const char *name, const char *value);

/* The first header of that name, or "". */
const char *headers_first(headers *self, const char *name);

#endif
