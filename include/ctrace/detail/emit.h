/* The machinery under the macros of <ctrace/trace.h>. Not for use by programs.
 *
 * Every form has the same three parts: a static callsite, a test of its state byte, and one
 * out-of-line call with the boxed values. `id` makes the names of one use unique. */
#ifndef CTRACE_DETAIL_EMIT_H
#define CTRACE_DETAIL_EMIT_H

#include "ctrace/detail/box.h"
#include "ctrace/detail/count.h"
#include "ctrace/detail/site.h"

CTRACE_I_BEGIN_C

/* ---- What the macros call ---- */

/* Emits an event; `values` are as many as the callsite has fields. */
CTRACE_API void ctrace_i_event(ctrace_callsite *site, const ctrace_value *values);

/* The same with the first `count` of the callsite's fields. */
CTRACE_API void ctrace_i_event_n(ctrace_callsite *site, const ctrace_value *values, uint32_t count);

/* Emits an event whose message is formatted if somebody reads it. */
CTRACE_API void ctrace_i_eventf(ctrace_callsite *site, const char *format, ...)
    CTRACE_I_PRINTF(2, 3);

/* Opens a span for a scope. The token ends it; 0 is no span. */
CTRACE_API uint64_t ctrace_i_span_open(ctrace_callsite *site, const ctrace_value *values);

/* Ends what a token stands for: a span's scope, an entered span, a subscriber's or a context's
 * block. Whatever was left open above it ends first. */
CTRACE_API void ctrace_i_scope_end(uint64_t token);

/* The span that a token opened, for the program to hold while its scope lasts. */
CTRACE_API ctrace_span *ctrace_i_span_of(uint64_t token);

/* Records the value as "return" in the span that the token opened. */
CTRACE_API void ctrace_i_return(uint64_t token, ctrace_value value);

enum { CTRACE_I_PARENT_CURRENT, CTRACE_I_PARENT_GIVEN, CTRACE_I_PARENT_NONE };

/* A span that no scope owns, with one reference. `parent` counts for CTRACE_I_PARENT_GIVEN. */
CTRACE_API ctrace_span *ctrace_i_span_new(ctrace_callsite *site, const ctrace_value *values,
                                          int parentage, const ctrace_span *parent);

/* Records values in fields that the span declared; others are counted. */
CTRACE_API void ctrace_i_record(ctrace_span *span, const char *const *keys,
                                const ctrace_value *values, uint32_t count);

/* Enters a span for a scope; 0 for NULL. */
CTRACE_API uint64_t ctrace_i_enter(ctrace_span *span);

/* Makes `subscriber` (NULL: nobody) the one that listens on this thread, for a block. */
CTRACE_API uint64_t ctrace_i_with(ctrace_subscriber *subscriber);

/* The state of a callsite that holds back a flood of events. */
typedef struct ctrace_i_flood {
    uint32_t passed;     /* how many came by, or came by in this window */
    uint32_t suppressed; /* since the last one let through */
    uint32_t window;     /* which second it is, for rates */
    uint32_t reserved;
} ctrace_i_flood;

/* Whether this is the first time. */
CTRACE_API bool ctrace_i_once(ctrace_i_flood *flood);

/* Whether this is the 1st, n+1st, 2n+1st … time; then how many were held back since the last. */
CTRACE_API bool ctrace_i_every(ctrace_i_flood *flood, uint64_t n, uint64_t *ret_suppressed);

/* Whether this second has room for one more; then how many were held back since the last. */
CTRACE_API bool ctrace_i_rate(ctrace_i_flood *flood, uint64_t per_second, uint64_t *ret_suppressed);

CTRACE_I_END_C

/* ---- Names, targets, levels ---- */

#if defined(__COUNTER__)
#define CTRACE_I_ID __COUNTER__
#else
#define CTRACE_I_ID __LINE__
#endif

#define CTRACE_I_NAME(what, id) CTRACE_I_CAT(ctrace_i_##what##_, id)

#if defined(TRACE_TARGET)
#define CTRACE_I_TARGET "" TRACE_TARGET
#elif defined(CTRACE_TARGET)
#define CTRACE_I_TARGET "" CTRACE_TARGET
#else
#define CTRACE_I_TARGET NULL /* the library takes the file's name, without directories */
#endif

#if defined(TRACE_STATIC_LEVEL)
#define CTRACE_I_COMPILED(level) ((level) >= TRACE_STATIC_LEVEL)
#elif defined(CTRACE_STATIC_LEVEL)
#define CTRACE_I_COMPILED(level) ((level) >= CTRACE_STATIC_LEVEL)
#else
#define CTRACE_I_COMPILED(level) 1
#endif

#if defined(__cplusplus)
#define CTRACE_I_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define CTRACE_I_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* ---- Fields ---- */

#define CTRACE_I_CHECK(count, ...)                                      \
    CTRACE_I_STATIC_ASSERT((count) <= 32, "ctrace: at most 32 fields"); \
    CTRACE_I_EACH(count, CTRACE_I_CHECK_FIELD, __VA_ARGS__)
#define CTRACE_I_CHECK_FIELD(field) \
    CTRACE_I_STATIC_ASSERT(CTRACE_I_IS_PAIR(field), "ctrace: a field is a pair (\"key\", value)");

#define CTRACE_I_KEY(field)   CTRACE_I_KEY_OF field
#define CTRACE_I_KEY_OF(...)  "" CTRACE_I_FIRST(__VA_ARGS__) "",
#define CTRACE_I_VALUE(field) CTRACE_I_VALUE_OF field
#define CTRACE_I_VALUE_OF(...) \
    CTRACE_I_CAT(CTRACE_I_VALUE_OF_, CTRACE_I_SEVERAL(__VA_ARGS__))(__VA_ARGS__)
#define CTRACE_I_VALUE_OF_0(key)      ctrace_i_box_empty(), /* CTRACE_I_CHECK has said so */
#define CTRACE_I_VALUE_OF_1(key, ...) CTRACE_I_BOX(__VA_ARGS__),

/* The boxed values of the fields behind the head, and `extra` ones, as an array. */
#if defined(__cplusplus)
extern "C++" {
template <unsigned N> struct ctrace_i_values {
    ctrace_value at[N];
    const ctrace_value *all() const { return at; }
};
template <> struct ctrace_i_values<0> {
    const ctrace_value *all() const { return nullptr; }
};
}
#define CTRACE_I_VALUES(count, ...) \
    CTRACE_I_CAT(CTRACE_I_VALUES_, CTRACE_I_SEVERAL(__VA_ARGS__))(count, __VA_ARGS__)
#define CTRACE_I_VALUES_0(count, head) nullptr
#define CTRACE_I_VALUES_1(count, ...) \
    ctrace_i_values<count>{{CTRACE_I_EACH(count, CTRACE_I_VALUE, __VA_ARGS__)}}.all()
#define CTRACE_I_VALUES_AND(extra, count, ...) \
    ctrace_i_values<count + 1>{{CTRACE_I_EACH(count, CTRACE_I_VALUE, __VA_ARGS__) extra}}.all()
#else
#define CTRACE_I_VALUES(count, ...) \
    CTRACE_I_CAT(CTRACE_I_VALUES_, CTRACE_I_SEVERAL(__VA_ARGS__))(count, __VA_ARGS__)
#define CTRACE_I_VALUES_0(count, head) NULL
#define CTRACE_I_VALUES_1(count, ...)                     \
    (ctrace_value[]) {                                    \
        CTRACE_I_EACH(count, CTRACE_I_VALUE, __VA_ARGS__) \
    }
#define CTRACE_I_VALUES_AND(extra, count, ...)                  \
    (ctrace_value[]) {                                          \
        CTRACE_I_EACH(count, CTRACE_I_VALUE, __VA_ARGS__) extra \
    }
#endif

/* ---- Callsites ---- */

/* `extra` is a tuple of further keys, each with its comma. */
#define CTRACE_I_UNWRAP(...) __VA_ARGS__
#define CTRACE_I_KEYS(id, extra, count, ...)               \
    static const char *const CTRACE_I_NAME(keys, id)[] = { \
        CTRACE_I_EACH(count, CTRACE_I_KEY, __VA_ARGS__) CTRACE_I_UNWRAP extra NULL}

#define CTRACE_I_SITE_INIT(id, kind, level, name, flags)                                        \
    {                                                                                           \
        CTRACE_I_STATE_UNSEEN, CTRACE_I_ABI, (uint8_t)(level), kind, __LINE__, name,            \
            CTRACE_I_TARGET, __FILE__, __func__, CTRACE_I_NAME(keys, id),                       \
            (uint32_t)(sizeof CTRACE_I_NAME(keys, id) / sizeof CTRACE_I_NAME(keys, id)[0] - 1), \
            flags, CTRACE_I_THIS_MODULE, NULL, NULL, NULL, {                                    \
            0, 0                                                                                \
        }                                                                                       \
    }

/* Declares the callsite ctrace_i_site_<id>; the arguments behind `extra` are a head and fields. */
#define CTRACE_I_SITE(id, kind, level, name, flags, extra, ...)               \
    CTRACE_I_CHECK(CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__)            \
    CTRACE_I_KEYS(id, extra, CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__); \
    static ctrace_callsite CTRACE_I_NAME(site, id) CTRACE_I_IN_SECTION =      \
        CTRACE_I_SITE_INIT(id, kind, level, name, flags)

#define CTRACE_I_HEAD(...) "" CTRACE_I_FIRST(__VA_ARGS__) ""

#define CTRACE_I_WANTED(id, level) \
    (CTRACE_I_COMPILED(level) && CTRACE_I_UNLIKELY(ctrace_i_wanted(&CTRACE_I_NAME(site, id))))

/* ---- Events ---- */

#define CTRACE_I_EVENT(id, level, ...)                                                       \
    do {                                                                                     \
        CTRACE_I_SITE(id, CTRACE_KIND_EVENT, level, CTRACE_I_HEAD(__VA_ARGS__), 0, (),       \
                      __VA_ARGS__);                                                          \
        if (CTRACE_I_WANTED(id, level)) {                                                    \
            ctrace_i_event(&CTRACE_I_NAME(site, id),                                         \
                           CTRACE_I_VALUES(CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__)); \
        }                                                                                    \
    } while (0)

#define CTRACE_I_EVENT_DYN(id, level, ...)                                                   \
    do {                                                                                     \
        CTRACE_I_CHECK(CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__)                       \
        CTRACE_I_KEYS(id, (), CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__);               \
        static ctrace_callsite CTRACE_I_NAME(site, id)[] CTRACE_I_IN_SECTION = {             \
            CTRACE_I_DYN_SITE(id, CTRACE_LEVEL_TRACE, __VA_ARGS__),                          \
            CTRACE_I_DYN_SITE(id, CTRACE_LEVEL_DEBUG, __VA_ARGS__),                          \
            CTRACE_I_DYN_SITE(id, CTRACE_LEVEL_INFO, __VA_ARGS__),                           \
            CTRACE_I_DYN_SITE(id, CTRACE_LEVEL_WARN, __VA_ARGS__),                           \
            CTRACE_I_DYN_SITE(id, CTRACE_LEVEL_ERROR, __VA_ARGS__)};                         \
        const ctrace_level CTRACE_I_NAME(rank, id) = ctrace_i_level_of(level);               \
        ctrace_callsite *const CTRACE_I_NAME(here, id) =                                     \
            &CTRACE_I_NAME(site, id)[CTRACE_I_NAME(rank, id) - CTRACE_LEVEL_TRACE];          \
        if (CTRACE_I_COMPILED(CTRACE_I_NAME(rank, id)) &&                                    \
            ctrace_i_wanted(CTRACE_I_NAME(here, id))) {                                      \
            ctrace_i_event(CTRACE_I_NAME(here, id),                                          \
                           CTRACE_I_VALUES(CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__)); \
        }                                                                                    \
    } while (0)
#define CTRACE_I_DYN_SITE(id, level, ...) \
    CTRACE_I_SITE_INIT(id, CTRACE_KIND_EVENT, level, CTRACE_I_HEAD(__VA_ARGS__), 0)

/* The nearest level that an event can have. */
static inline ctrace_level ctrace_i_level_of(ctrace_level level) {
    return level < CTRACE_LEVEL_TRACE   ? CTRACE_LEVEL_TRACE
           : level > CTRACE_LEVEL_ERROR ? CTRACE_LEVEL_ERROR
                                        : level;
}

#define CTRACE_I_EVENTF(id, level, ...)                                         \
    do {                                                                        \
        CTRACE_I_SITE(id, CTRACE_KIND_EVENT, level, CTRACE_I_HEAD(__VA_ARGS__), \
                      CTRACE_I_SITE_FORMAT, (), no_fields);                     \
        if (CTRACE_I_WANTED(id, level)) {                                       \
            ctrace_i_eventf(&CTRACE_I_NAME(site, id), __VA_ARGS__);             \
        }                                                                       \
    } while (0)

#define CTRACE_I_EVENT_ONCE(id, level, ...)                                                  \
    do {                                                                                     \
        CTRACE_I_SITE(id, CTRACE_KIND_EVENT, level, CTRACE_I_HEAD(__VA_ARGS__), 0, (),       \
                      __VA_ARGS__);                                                          \
        static ctrace_i_flood CTRACE_I_NAME(flood, id) = {0, 0, 0, 0};                       \
        if (CTRACE_I_WANTED(id, level) && ctrace_i_once(&CTRACE_I_NAME(flood, id))) {        \
            ctrace_i_event(&CTRACE_I_NAME(site, id),                                         \
                           CTRACE_I_VALUES(CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__)); \
        }                                                                                    \
    } while (0)

/* `gate` is ctrace_i_every or ctrace_i_rate, `measure` its argument. */
#define CTRACE_I_EVENT_GATED(id, gate, measure, level, ...)                                      \
    do {                                                                                         \
        CTRACE_I_SITE(id, CTRACE_KIND_EVENT, level, CTRACE_I_HEAD(__VA_ARGS__), 0,               \
                      ("suppressed", ), __VA_ARGS__);                                            \
        static ctrace_i_flood CTRACE_I_NAME(flood, id) = {0, 0, 0, 0};                           \
        uint64_t CTRACE_I_NAME(held, id) = 0;                                                    \
        if (CTRACE_I_WANTED(id, level) &&                                                        \
            gate(&CTRACE_I_NAME(flood, id), (uint64_t)(measure), &CTRACE_I_NAME(held, id))) {    \
            ctrace_i_event_n(                                                                    \
                &CTRACE_I_NAME(site, id),                                                        \
                CTRACE_I_VALUES_AND(ctrace_i_box_u64(CTRACE_I_NAME(held, id)),                   \
                                    CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__),             \
                (uint32_t)(CTRACE_I_FIELD_COUNT(__VA_ARGS__) + (CTRACE_I_NAME(held, id) != 0))); \
        }                                                                                        \
    } while (0)

#define CTRACE_I_ENABLED(id, level)                                                \
    __extension__({                                                                \
        CTRACE_I_SITE(id, CTRACE_KIND_EVENT, level, "enabled?", 0, (), no_fields); \
        CTRACE_I_WANTED(id, level);                                                \
    })

/* ---- Scopes ---- */

#if defined(__cplusplus)

class ctrace_i_guard {
  public:
    explicit ctrace_i_guard(uint64_t opened) : token(opened) {}
    ctrace_i_guard(const ctrace_i_guard &) = delete;
    ctrace_i_guard &operator=(const ctrace_i_guard &) = delete;
    ~ctrace_i_guard() {
        if (token != 0) {
            ctrace_i_scope_end(token);
        }
    }
    const uint64_t token;
};
#define CTRACE_I_GUARD(name, opened)            \
    const ctrace_i_guard name CTRACE_I_UNUSED { \
        opened                                  \
    }
#define CTRACE_I_TOKEN(name) (name).token

struct ctrace_i_block {
    ctrace_i_guard guard;
    bool again;
    explicit ctrace_i_block(uint64_t opened) : guard(opened), again(true) {}
};
#define CTRACE_I_BLOCK(name, opened)                                      \
    for (ctrace_i_block name{opened}; (name).again; (name).again = false) \
        for (; (name).again; (name).again = false)

#else

static inline void ctrace_i_guard_end(const uint64_t *token) {
    if (*token != 0) {
        ctrace_i_scope_end(*token);
    }
}

#if defined(CTRACE_I_CLEANUP)
#define CTRACE_I_GUARD(name, opened) \
    CTRACE_I_CLEANUP(ctrace_i_guard_end) const uint64_t name = (opened)
#else
#define CTRACE_I_CLEANUP(function)
#define CTRACE_I_GUARD(name, opened)                                                            \
    _Static_assert(0, "ctrace: this compiler cannot close a scope by itself: use TRACE_BLOCK"); \
    const uint64_t name = (opened)
#endif
#define CTRACE_I_TOKEN(name) (name)

typedef struct ctrace_i_block {
    uint64_t token;
    bool outer, inner;
} ctrace_i_block;

static inline void ctrace_i_block_end(ctrace_i_block *block) {
    block->outer = false;
    if (block->token != 0) {
        ctrace_i_scope_end(block->token);
        block->token = 0;
    }
}

/* Two loops that run once: `break` leaves the inner one, and the outer one then ends the block;
 * that needs no compiler extension. Where there is cleanup, `return` and `goto` end it as well. */
#define CTRACE_I_BLOCK(name, opened)                                                        \
    for (CTRACE_I_CLEANUP(ctrace_i_block_end) ctrace_i_block name = {(opened), true, true}; \
         (name).outer; ctrace_i_block_end(&(name)))                                         \
        for (; (name).inner; (name).inner = false)

#endif

/* ---- Spans ---- */

#define CTRACE_I_OPEN(id, level, ...)                                                          \
    (CTRACE_I_WANTED(id, level)                                                                \
         ? ctrace_i_span_open(&CTRACE_I_NAME(site, id),                                        \
                              CTRACE_I_VALUES(CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__)) \
         : 0)

#define CTRACE_I_SPAN_AT(id, level, ...)                                                        \
    CTRACE_I_SITE(id, CTRACE_KIND_SPAN, level, CTRACE_I_HEAD(__VA_ARGS__), 0, (), __VA_ARGS__); \
    CTRACE_I_GUARD(CTRACE_I_NAME(guard, id), CTRACE_I_OPEN(id, level, __VA_ARGS__))

#define CTRACE_I_SPAN_AS_AT(id, level, variable, ...)                    \
    CTRACE_I_SPAN_AT(id, level, __VA_ARGS__);                            \
    CTRACE_I_UNUSED ctrace_span *const variable =                        \
        CTRACE_I_TOKEN(CTRACE_I_NAME(guard, id)) != 0                    \
            ? ctrace_i_span_of(CTRACE_I_TOKEN(CTRACE_I_NAME(guard, id))) \
            : NULL

#define CTRACE_I_BLOCK_AT(id, level, ...)                                                       \
    CTRACE_I_SITE(id, CTRACE_KIND_SPAN, level, CTRACE_I_HEAD(__VA_ARGS__), 0, (), __VA_ARGS__); \
    CTRACE_I_BLOCK(CTRACE_I_NAME(block, id), CTRACE_I_OPEN(id, level, __VA_ARGS__))

/* The guard's name is what a user reads who writes TRACE_RETURN without TRACE_FN. */
#define CTRACE_I_FN_GUARD TRACE_RETURN_belongs_into_a_function_with_TRACE_FN

#define CTRACE_I_FN(id, level, ...)                                                                \
    CTRACE_I_SITE(id, CTRACE_KIND_SPAN, level, __func__, 0, ("return", ), __VA_ARGS__);            \
    CTRACE_I_GUARD(CTRACE_I_FN_GUARD,                                                              \
                   (CTRACE_I_WANTED(id, level)                                                     \
                        ? ctrace_i_span_open(                                                      \
                              &CTRACE_I_NAME(site, id),                                            \
                              CTRACE_I_VALUES_AND(ctrace_i_box_empty(),                            \
                                                  CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__)) \
                        : 0))

/* `head` and the fields, or the head alone where the first "field" is nothing at all. */
#define CTRACE_I_FN_FIELDS(id, level, ...)                                            \
    CTRACE_I_CAT(CTRACE_I_FN_FIELDS_, CTRACE_I_IS_TUPLE(CTRACE_I_FIRST(__VA_ARGS__))) \
    (id, level, __VA_ARGS__)
#define CTRACE_I_FN_FIELDS_0(id, level, ...) CTRACE_I_FN(id, level, head)
#define CTRACE_I_FN_FIELDS_1(id, level, ...) CTRACE_I_FN(id, level, head, __VA_ARGS__)

#define CTRACE_I_FN_AT(id, ...) \
    CTRACE_I_CAT(CTRACE_I_FN_AT_, CTRACE_I_SEVERAL(__VA_ARGS__))(id, __VA_ARGS__)
#define CTRACE_I_FN_AT_0(id, level)      CTRACE_I_FN(id, level, head)
#define CTRACE_I_FN_AT_1(id, level, ...) CTRACE_I_FN_FIELDS(id, level, __VA_ARGS__)

#if defined(__cplusplus)
#define CTRACE_I_TYPE_OF(x) auto
#else
#define CTRACE_I_TYPE_OF(x) __typeof__(((void)0, (x))) /* as a value: an array is a pointer */
#endif

#define CTRACE_I_RETURN(id, type, x)                                  \
    do {                                                              \
        type CTRACE_I_NAME(result, id) = (x);                         \
        if (CTRACE_I_TOKEN(CTRACE_I_FN_GUARD) != 0) {                 \
            ctrace_i_return(CTRACE_I_TOKEN(CTRACE_I_FN_GUARD),        \
                            CTRACE_I_BOX(CTRACE_I_NAME(result, id))); \
        }                                                             \
        return CTRACE_I_NAME(result, id);                             \
    } while (0)

#define CTRACE_I_SPAN_NEW(id, level, parentage, parent, ...)                                      \
    __extension__({                                                                               \
        CTRACE_I_SITE(id, CTRACE_KIND_SPAN, level, CTRACE_I_HEAD(__VA_ARGS__), 0, (),             \
                      __VA_ARGS__);                                                               \
        ctrace_span *CTRACE_I_NAME(span, id) =                                                    \
            CTRACE_I_WANTED(id, level)                                                            \
                ? ctrace_i_span_new(                                                              \
                      &CTRACE_I_NAME(site, id),                                                   \
                      CTRACE_I_VALUES(CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__), parentage, \
                      parent)                                                                     \
                : NULL;                                                                           \
        CTRACE_I_NAME(span, id);                                                                  \
    })

#define CTRACE_I_RECORD(id, ...)                                                             \
    do {                                                                                     \
        CTRACE_I_CHECK(CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__)                       \
        ctrace_span *const CTRACE_I_NAME(span, id) = CTRACE_I_FIRST(__VA_ARGS__);            \
        if (CTRACE_I_NAME(span, id) != NULL) {                                               \
            CTRACE_I_KEYS(id, (), CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__);           \
            ctrace_i_record(CTRACE_I_NAME(span, id), CTRACE_I_NAME(keys, id),                \
                            CTRACE_I_VALUES(CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__), \
                            CTRACE_I_FIELD_COUNT(__VA_ARGS__));                              \
        }                                                                                    \
    } while (0)

#endif
