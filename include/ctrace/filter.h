/* Saying what to listen to, and composing subscribers.
 *
 * Directives, after Rust's EnvFilter:
 *
 *     filter    = [directive *("," directive)]     white space is allowed around every token
 *     directive = LEVEL | selector ["=" LEVEL]     no level: trace
 *     selector  = TARGET | [TARGET] "[" [SPAN] ["{" field *("," field) "}"] "]"
 *     field     = NAME [("=" | "!=" | "<" | "<=" | ">" | ">=") VALUE | "~" REGEX]
 *     LEVEL     = off error warn info debug trace (any case) | 0 (off) | 1 (error) … 5 (trace)
 *
 * TARGET matches itself and what follows it at a boundary: shop matches shop::db, shop/db.c and
 * shop.db, not shopping; with * as its last character it matches any tail. It is any run without
 * white space, '[', '=', ',' or '"'. SPAN, NAME and VALUE are words (a run without white space and
 * []{}=,<>!~") or "quoted" with JSON's escapes; a VALUE is true, false, an integer, a float, else a
 * string. REGEX is POSIX extended and matches the whole value as text; bare, it ends at white
 * space, ',', '}' or '"'.
 *
 * A directive without span and fields is static: of those that match a target the longest decides,
 * the '*' counted, whatever the order; among equals the last. Without any that matches nothing is
 * let through. One with span or fields is dynamic, and only adds: spans whose target, name and
 * field names match are let through, and while one is entered whose fields match by value, so is
 * everything up to LEVEL inside it. [{field}] also lets through events that carry the field. */
#ifndef CTRACE_FILTER_H
#define CTRACE_FILTER_H

#include "ctrace/detail/types.h"

CTRACE_I_BEGIN_C

/* ---- Filters: immutable, counted ---- */

/* Parses directives such as "info,http[request{user=42}]=debug". An empty text silences everything.
 *
 * directives     NUL-terminated; read during the call only.
 * ret_filter     Set on CTRACE_OK; give back with ctrace_filter_unref().
 * reterr_offset  Byte offset of what is wrong first (the text's length when it ends too soon), set
 *                on CTRACE_EPARSE. May be NULL. ctrace_last_error() shows the place.
 *
 * Threads: any. Errors: CTRACE_EPARSE, CTRACE_ENOMEM, CTRACE_EINVAL. */
CTRACE_API CTRACE_MUST_USE ctrace_status ctrace_filter_parse(const char *directives,
                                                             ctrace_filter **ret_filter,
                                                             size_t *reterr_offset);

/* Takes one more reference and returns its argument. Takes NULL. Threads: any. */
CTRACE_API ctrace_filter *ctrace_filter_ref(ctrace_filter *filter);

/* Gives a reference back. Takes NULL. Threads: any. */
CTRACE_API void ctrace_filter_unref(ctrace_filter *filter);

/* A filter that lets through the callsites for which `wants` is true. Its answer must depend on the
 * callsite alone: it is asked when a callsite is first seen, and again after a reload. It must not
 * emit, nor change filters or subscribers. `arg` must outlive the filter.
 *
 * Threads: any; `wants` runs on any, several at once. NULL when there is no memory. */
CTRACE_API ctrace_filter *ctrace_filter_fn_new(bool (*wants)(void *arg, const ctrace_callsite *),
                                               void *arg);

/* Combining. Each question (this callsite? here and now? this event with these fields?) is put to
 * the parts, and their answers are combined. A span counts as entered for the parts' dynamic
 * directives if the whole filter let it through. All three take over their arguments, also on
 * failure.
 *
 * Threads: any. NULL when there is no memory, for NULL, or when more than 16 parts would come
 * together. */

/* Lets through what both let through. */
CTRACE_API ctrace_filter *ctrace_filter_and(ctrace_filter *one, ctrace_filter *other);

/* Lets through what one of them does. */
CTRACE_API ctrace_filter *ctrace_filter_or(ctrace_filter *one, ctrace_filter *other);

/* Lets through what the filter does not. */
CTRACE_API ctrace_filter *ctrace_filter_not(ctrace_filter *filter);

/* Prints a filter back, NUL-terminated and cut to `size`; returns the bytes of the whole text, as
 * snprintf does. What ctrace_filter_parse() made prints as directives that parse to an equivalent
 * filter; combined ones print for people, as "(info) and not (db)". buf may be NULL when size is 0.
 *
 * Threads: any. */
CTRACE_API size_t ctrace_filter_text(const ctrace_filter *filter, char *buf, size_t size);

/* ---- Subscribers that hold subscribers. They take over what they are given, also on failure;
 * NULL then, and ctrace_last_error() says why. ---- */

/* Gives everything to each of 1 to 64 subscribers: to each only what it wants, spans with the
 * parents that it asked for. `subscribers` is read during the call only. */
CTRACE_API ctrace_subscriber *ctrace_tee_new(ctrace_subscriber *const subscribers[], size_t n);

/* Gives to `subscriber` what `filter` lets through. */
CTRACE_API ctrace_subscriber *ctrace_filtered_new(ctrace_subscriber *subscriber,
                                                  ctrace_filter *filter);

/* Gives to `subscriber` whole traces, a share of them, and what happens outside any span. What is
 * decided is decided for the root span and all inside it, from the trace id alone, by
 * OpenTelemetry's consistent probability sampling: services with the same ratio keep the same
 * traces, and what is kept at a ratio is kept at every higher one. Arguments of events in the other
 * traces are not evaluated.
 *
 * ratio  Of the traces, 0 to 1; NULL is returned for others. Like other SDKs, it is rounded to a
 *        threshold of four hexadecimal digits: one in 10 is 0.100006. */
CTRACE_API ctrace_subscriber *ctrace_sampled_new(ctrace_subscriber *subscriber, double ratio);

/* What is worth telling in full, and how much memory may be held until that is known. Zero means
 * the default everywhere. */
typedef struct ctrace_tail_options {
    int level;                /* an event this severe inside; CTRACE_LEVEL_ERROR; OFF: none is */
    uint64_t min_duration_ns; /* a root span that lasted as long; 0: duration does not matter */
    /* A root span about which it says so when it closes, by its fields for instance. It must not
     * emit. */
    bool (*predicate)(void *arg, const ctrace_span *root);
    void *predicate_arg; /* must outlive the subscriber */
    size_t trace_bytes;  /* held for one trace; 256 KiB */
    size_t max_bytes;    /* held for all; 64 MiB */
    uintptr_t reserved[8];
} ctrace_tail_options;

/* Full detail for the requests that went wrong, nothing for the rest: holds back what happens
 * inside a root span (the outermost one that this subscriber hears), on whichever thread, and
 * forgets it when the root closes; unless an event of `level` happens inside, or the root lasted
 * long, or `predicate` says so. Then `subscriber` is told all of it, in order, with the original
 * times and identities, and what follows in that trace as it happens. What happens outside any span
 * is passed on at once.
 *
 * Where the room does not suffice, the oldest detail of a trace goes first: events, and spans that
 * are closed. It is counted (`traces_forgotten`); if the trace is told after all, it counts as lost
 * and the stream says how much. A trace that is held takes 4 KiB at least. That one root span
 * follows another is not passed on.
 *
 * Returns NULL for a NULL subscriber, a bad option, or without memory. */
CTRACE_API ctrace_subscriber *ctrace_tail_new(ctrace_subscriber *subscriber,
                                              const ctrace_tail_options *options);

/* Puts another filter in place, on all threads and for all callsites when it returns, also while
 * they emit. Spans that are open stay open. One that was let through counts for the new dynamic
 * directives if it matches them; one that was not let through stays unseen.
 *
 * filtered  From ctrace_filtered_new().
 * filter    Taken over, also on failure.
 *
 * Threads: any, but not from a subscriber's callback. Errors: CTRACE_EINVAL, CTRACE_ENOMEM. */
CTRACE_API ctrace_status ctrace_filter_reload(ctrace_subscriber *filtered, ctrace_filter *filter);

/* The same for what ctrace_init() installed.
 *
 * Threads: any, but not from a subscriber's callback. Errors: CTRACE_EPARSE (all stays as it was),
 * CTRACE_EINVAL when ctrace_init() installed nothing, CTRACE_ENOMEM. */
CTRACE_API ctrace_status ctrace_set_filter(const char *directives);

/* Calls `visit` for every callsite of the process, with what those who listen make of it now: on
 * ELF systems also those not yet reached, elsewhere those reached so far; those of modules that
 * were unloaded too. `visit` must not emit, nor change filters or subscribers.
 *
 * Threads: any, but not from a subscriber's callback. */
CTRACE_API void ctrace_callsites_each(void (*visit)(void *arg, const ctrace_callsite *site,
                                                    ctrace_interest interest),
                                      void *arg);

CTRACE_I_END_C

#endif
