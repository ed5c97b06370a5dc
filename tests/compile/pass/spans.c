/* Every form of span. */
/* also: -O2 */
#include "ctrace/trace.h"

int scoped(int n);
int scoped(int n) {
    TRACE_SPAN("request", ("n", n));
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "parse", ("n", n), ("twice", 2 * n));
    for (int i = 0; i < n; i++) {
        TRACE_SPAN("turn", ("i", i));
        if (i == 3) {
            return i;
        }
    }
    return 0;
}

void named(int n);
void named(int n) {
    TRACE_SPAN_AS(request, "request", ("n", n), ("status", TRACE_EMPTY));
    TRACE_SPAN_AS_AT(CTRACE_LEVEL_TRACE, inner, "inner");
    TRACE_RECORD(request, ("status", 200), ("n", n + 1));
    ctrace_span_follows(inner, request);
}

uint8_t functions(int n);
uint8_t functions(int n) {
    TRACE_FN(("n", n));
    if (n == 1) {
        TRACE_RETURN_AS(uint8_t, 5);
    }
    uint8_t result = 7;
    TRACE_RETURN(result);
}

const char *levelled(void);
const char *levelled(void) {
    TRACE_FN_AT(CTRACE_LEVEL_DEBUG);
    const char *text = "text";
    TRACE_RETURN(text);
}

void no_fields(void);
void no_fields(void) {
    TRACE_FN();
}

int blocks(int n);
int blocks(int n) {
    TRACE_BLOCK("parse", ("n", n)) {
        if (n == 1) {
            break;
        }
        n++;
    }
    TRACE_BLOCK_AT(CTRACE_LEVEL_DEBUG, "again") {
        TRACE_BLOCK("inside") {
            n++;
        }
    }
    if (n > 1) {
        TRACE_BLOCK("braced") {
            n--;
        }
    } else {
        n = 0;
    }
    return n;
}

static ctrace_span *connection;

void detached(const char *peer);
void detached(const char *peer) {
    connection = TRACE_SPAN_NEW("connection", ("peer", peer));
    ctrace_span *child = TRACE_SPAN_CHILD(connection, "stream", ("id", 1));
    ctrace_span *root = TRACE_SPAN_ROOT("job");
    ctrace_span *quiet = TRACE_SPAN_NEW_AT(CTRACE_LEVEL_TRACE, "quiet", ("peer", peer));
    TRACE_ENTER(connection);
    TRACE_IN(child) {
        TRACE_INFO("in");
    }
    ctrace_span_enter(root);
    ctrace_span_exit(root);
    ctrace_span_unref(quiet);
    ctrace_span_unref(root);
    ctrace_span_unref(child);
    ctrace_span_unref(ctrace_span_ref(connection));
}
