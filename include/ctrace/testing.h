/* libctrace for your own tests: a subscriber that keeps what it is told, and assertions on it.
 *
 *     ctrace_subscriber *seen = ctrace_capture_new(NULL);
 *     TRACE_WITH_SUBSCRIBER(seen) {
 *         serve(&request);
 *     }
 *     CTRACE_ASSERT_SPAN(seen, "request", ("path", "/x"), ("status", 200));
 *     CTRACE_ASSERT_EVENT_IN(seen, "request:query", "slow query", ("rows", 3));
 *     CTRACE_ASSERT_NO_EVENT(seen, "retrying");
 *     ctrace_subscriber_unref(seen);
 *
 * TRACE_WITH_SUBSCRIBER sees what this thread does, so tests may run side by side. Code that emits
 * on other threads wants ctrace_set_global(ctrace_subscriber_ref(seen)), and ctrace_capture_wait()
 * before it is looked at. Nothing here needs a test framework. */
#ifndef CTRACE_TESTING_H
#define CTRACE_TESTING_H

#include "ctrace/subscriber.h"
#include "ctrace/trace.h"

CTRACE_I_BEGIN_C

/* ---- Capturing ---- */

typedef enum ctrace_captured_kind {
    CTRACE_CAPTURED_ANY, /* for searching: whatever it is */
    CTRACE_CAPTURED_EVENT,
    CTRACE_CAPTURED_NEW,     /* of a span: it was opened */
    CTRACE_CAPTURED_RECORD,  /* it was given values */
    CTRACE_CAPTURED_FOLLOWS, /* it was said to follow another */
    CTRACE_CAPTURED_ENTER,
    CTRACE_CAPTURED_EXIT,
    CTRACE_CAPTURED_CLOSE
} ctrace_captured_kind;

/* One thing that happened. Everything in it is a copy. */
typedef struct ctrace_captured {
    ctrace_captured_kind kind;
    ctrace_level level;
    const char *name; /* the event's message, the span's name */
    const char *target;
    const char *text; /* the fields as the text sink shows them: path="/x" status=200 */
    const char *path; /* the spans around it, outermost first: "request:query"; "" outside any */
    const ctrace_fields *fields; /* EVENT, NEW: its own; RECORD: those just given; else none */
    uint64_t span_id;            /* the span; of an event, the innermost around it, or 0 */
    uint64_t parent_id;          /* of the span's parent, or 0; of an event always 0 */
    uint64_t cause_id;           /* of FOLLOWS: the span that it follows; else 0 */
    uint8_t trace_id[16];        /* all zero for an event outside any span */
    uint64_t thread_id;          /* the operating system's */
    uint64_t task_id;            /* 0 outside tasks */
    uint64_t time_ns;            /* since the Unix epoch */
    uint64_t monotonic_ns;       /* for durations */
    const ctrace_callsite *site; /* valid for ever */
    uintptr_t reserved[4];
} ctrace_captured;

/* Zero means the default everywhere. */
typedef struct ctrace_capture_options {
    ctrace_level level;  /* from which level on; 0 is all */
    const char *target;  /* only targets that begin so; copied; NULL is all */
    bool events_only;    /* events, with the spans around them unseen */
    size_t max_captured; /* what comes after so many is lost, and counted; 0 is 1,000,000 */
    uintptr_t reserved[8];
} ctrace_capture_options;

/* A subscriber that keeps what it is told until it is cleared or freed. Hand it out like any other;
 * the calls below take it, and take NULL or another subscriber for one that has captured nothing.
 *
 * options  May be NULL; read during the call only.
 *
 * Threads: any may emit to it and ask it, at the same time.
 * Errors:  NULL when there is no memory. */
CTRACE_API ctrace_subscriber *ctrace_capture_new(const ctrace_capture_options *options);

/* How many things are captured now. */
CTRACE_API size_t ctrace_capture_count(ctrace_subscriber *capture);

/* The i-th, from 0, in the order in which they came; NULL past the last. Valid until
 * ctrace_capture_clear(). */
CTRACE_API const ctrace_captured *ctrace_capture_at(ctrace_subscriber *capture, size_t i);

/* The first of that kind and name (NULL: any) behind `after` (NULL: from the first), or NULL.
 * So this visits all: for (at = NULL; (at = ctrace_capture_find(seen, kind, name, at)) != NULL;) */
CTRACE_API const ctrace_captured *ctrace_capture_find(ctrace_subscriber *capture,
                                                      ctrace_captured_kind kind, const char *name,
                                                      const ctrace_captured *after);

/* How many of that kind and name (NULL: any) there are. */
CTRACE_API size_t ctrace_capture_count_of(ctrace_subscriber *capture, ctrace_captured_kind kind,
                                          const char *name);

/* Waits until at least `count` of that kind and name (NULL: any) are there. False when the time ran
 * out first; 0 polls, CTRACE_FOREVER waits. */
CTRACE_API bool ctrace_capture_wait(ctrace_subscriber *capture, ctrace_captured_kind kind,
                                    const char *name, size_t count, uint64_t timeout_ns);

/* Forgets what was captured. Pointers to it end here. */
CTRACE_API void ctrace_capture_clear(ctrace_subscriber *capture);

/* How much was lost for want of memory, or beyond max_captured. */
CTRACE_API size_t ctrace_capture_lost(ctrace_subscriber *capture);

/* Appends all that is captured, one a line, without what differs from run to run:
 *
 *     new    INFO  shop: request path="/x"
 *     event  WARN  shop: request: slow query rows=3
 */
CTRACE_API void ctrace_capture_put(ctrace_buf *buf, ctrace_subscriber *capture);

/* ---- Assertions ---- */

/* What a failed assertion calls after it has said on standard error what was missing and what was
 * there: abort(), unless a test framework brings its own, such as cmocka's _fail. It may longjmp;
 * when it returns, the test goes on. NULL brings abort() back.
 *
 * Threads: set it before there are several. */
CTRACE_API void ctrace_capture_on_failure(void (*fail)(const char *file, int line));

/* An event with this message was captured that has at least these fields. Integers are equal when
 * their numbers are, whatever their types; texts when their bytes are; other values when their
 * kinds are too. */
#define CTRACE_ASSERT_EVENT(capture, ...) \
    CTRACE_I_ASSERT(CTRACE_I_ID, capture, CTRACE_CAPTURED_EVENT, NULL, true, __VA_ARGS__)
#define CTRACE_ASSERT_NO_EVENT(capture, ...) \
    CTRACE_I_ASSERT(CTRACE_I_ID, capture, CTRACE_CAPTURED_EVENT, NULL, false, __VA_ARGS__)

/* The same, and the spans around it were `path`, or end in it: "query" and "request:query" both
 * match an event in query in request. "" is outside any span. */
#define CTRACE_ASSERT_EVENT_IN(capture, path, ...) \
    CTRACE_I_ASSERT(CTRACE_I_ID, capture, CTRACE_CAPTURED_EVENT, path, true, __VA_ARGS__)

/* A span with this name was opened that has at least these fields, from the beginning or by what
 * was recorded last. */
#define CTRACE_ASSERT_SPAN(capture, ...) \
    CTRACE_I_ASSERT(CTRACE_I_ID, capture, CTRACE_CAPTURED_NEW, NULL, true, __VA_ARGS__)
#define CTRACE_ASSERT_NO_SPAN(capture, ...) \
    CTRACE_I_ASSERT(CTRACE_I_ID, capture, CTRACE_CAPTURED_NEW, NULL, false, __VA_ARGS__)
#define CTRACE_ASSERT_SPAN_IN(capture, path, ...) \
    CTRACE_I_ASSERT(CTRACE_I_ID, capture, CTRACE_CAPTURED_NEW, path, true, __VA_ARGS__)

/* Exactly `count` of that kind and name (NULL: any) were captured. */
#define CTRACE_ASSERT_COUNT(capture, kind, name, count) \
    ctrace_i_assert_count(capture, kind, name, count, __FILE__, __LINE__)

/* What the macros call. True when the assertion held. */
typedef struct ctrace_i_expected {
    ctrace_captured_kind kind;
    bool there;       /* else it must not be there */
    const char *path; /* NULL: anywhere */
    const char *name;
    const char *const *keys;
    uint32_t count;
    int line;
    const char *file;
} ctrace_i_expected;

/* Whether what is expected was captured (or was not, where that is expected); reports it if not. */
CTRACE_API bool ctrace_i_assert(ctrace_subscriber *capture, const ctrace_i_expected *expected,
                                const ctrace_value *values);

/* Whether so many were captured; reports it if not. */
CTRACE_API bool ctrace_i_assert_count(ctrace_subscriber *capture, ctrace_captured_kind kind,
                                      const char *name, size_t count, const char *file, int line);

#define CTRACE_I_ASSERT(id, capture, kind, path, there, ...)                                      \
    do {                                                                                          \
        CTRACE_I_CHECK(CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__)                            \
        CTRACE_I_KEYS(id, (), CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__);                    \
        const ctrace_i_expected CTRACE_I_NAME(expected, id) = {kind,                              \
                                                               there,                             \
                                                               path,                              \
                                                               CTRACE_I_HEAD(__VA_ARGS__),        \
                                                               CTRACE_I_NAME(keys, id),           \
                                                               CTRACE_I_FIELD_COUNT(__VA_ARGS__), \
                                                               __LINE__,                          \
                                                               __FILE__};                         \
        ctrace_i_assert(capture, &CTRACE_I_NAME(expected, id),                                    \
                        CTRACE_I_VALUES(CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__));         \
    } while (0)

CTRACE_I_END_C

#endif
