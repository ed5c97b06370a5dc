/* The tracestate header: key=value members in a list, which is passed on as it came. */
#ifndef CTI_CONTEXT_TRACESTATE_H
#define CTI_CONTEXT_TRACESTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CTI_TRACESTATE_SIZE = 512 };

/* What has been read of it, whose headers may be several. */
typedef struct cti_tracestate {
    char text[CTI_TRACESTATE_SIZE]; /* members, with commas between them */
    size_t size;
    uint32_t count;   /* members that came */
    bool invalid;     /* one was not of the specification's form, or there were too many */
    bool drops_large; /* there was no room: further large members are dropped */
    bool drops_all;   /* further members are dropped */
} cti_tracestate;

#define CTI_TRACESTATE_INIT \
    { .size = 0 }

/* Reads one header. */
void cti_tracestate_add(cti_tracestate *state, const char *header);

/* Writes all that was read as one header, "" when it is invalid. */
void cti_tracestate_finish(const cti_tracestate *state, char ret_text[CTI_TRACESTATE_SIZE + 1]);

#endif
