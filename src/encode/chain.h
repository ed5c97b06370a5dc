/* The spans around an event, in a row. */
#ifndef CTI_ENCODE_CHAIN_H
#define CTI_ENCODE_CHAIN_H

#include "encode/notice.h"

enum { CTI_CHAIN_SHORT = 32 };

typedef struct cti_chain {
    ctrace_span **spans; /* innermost first */
    size_t count;
    ctrace_span *few[CTI_CHAIN_SHORT];
} cti_chain;

/* Collects them; false when there is no memory for a long row. Release afterwards. */
bool cti_chain_collect(cti_chain *ret_chain, const cti_notice *notice);

/* Gives the memory back. */
void cti_chain_release(cti_chain *chain);

#endif
