#include "context/tracestate.h"

#include <string.h>

enum { MOST_MEMBERS = 32, LONGEST = 256 /* of keys, of values */, LARGE = 128 };

/* ---- The form of a member ---- */

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

static bool begins_key(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool continues_key(char c) {
    return begins_key(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@';
}

/* Commas and spaces at the end are gone already. */
static bool continues_value(char c) {
    return c >= ' ' && c <= '~' && c != '=';
}

static bool is_valid(const char *member, size_t size) {
    size_t key = 0;
    while (key < size && continues_key(member[key])) {
        key++;
    }
    if (key == 0 || key > LONGEST || key == size || member[key] != '=' || !begins_key(*member)) {
        return false;
    }
    const size_t value = size - key - 1;
    for (size_t i = key + 1; i < size; i++) {
        if (!continues_value(member[i])) {
            return false;
        }
    }
    return value != 0 && value <= LONGEST;
}

/* ---- Keeping members, as far as there is room ---- */

static size_t begin_of_last(const cti_tracestate *state, size_t end) {
    while (end > 0 && state->text[end - 1] != ',') {
        end--;
    }
    return end;
}

/* Takes out the last member that is large. False when none is. */
static bool drop_large(cti_tracestate *state) {
    for (size_t end = state->size; end > 0;) {
        const size_t begin = begin_of_last(state, end);
        if (end - begin > LARGE) {
            const size_t next = end < state->size ? end + 1 : end;
            const size_t from = next == end && begin > 0 ? begin - 1 : begin;
            memmove(state->text + from, state->text + next, state->size - next);
            state->size -= next - from;
            return true;
        }
        end = begin > 0 ? begin - 1 : 0;
    }
    return false;
}

static bool has_room(const cti_tracestate *state, size_t size) {
    return state->size + (state->size != 0) + size <= CTI_TRACESTATE_SIZE;
}

static void append(cti_tracestate *state, const char *member, size_t size) {
    if (state->size != 0) {
        state->text[state->size++] = ',';
    }
    memcpy(state->text + state->size, member, size);
    state->size += size;
}

/* Where all do not fit, the specification has the large ones go first, from the end, and then
 * whatever is at the end. */
static void keep(cti_tracestate *state, const char *member, size_t size) {
    if (state->drops_all || (state->drops_large && size > LARGE)) {
        return;
    }
    while (!has_room(state, size)) {
        state->drops_large = true;
        if (size > LARGE) {
            return;
        }
        if (!drop_large(state)) {
            state->drops_all = true;
            return;
        }
    }
    append(state, member, size);
}

/* ---- Lists ---- */

static void read_member(cti_tracestate *state, const char *begin, const char *end) {
    while (begin < end && is_space(*begin)) {
        begin++;
    }
    while (end > begin && is_space(end[-1])) {
        end--;
    }
    const size_t size = (size_t)(end - begin);
    if (size == 0) {
        return; /* members may be empty: lists that were joined */
    }
    state->count += 1;
    if (state->count > MOST_MEMBERS || !is_valid(begin, size)) {
        state->invalid = true;
        return;
    }
    keep(state, begin, size);
}

void cti_tracestate_add(cti_tracestate *state, const char *header) {
    while (!state->invalid) {
        const char *end = header + strcspn(header, ",");
        read_member(state, header, end);
        if (*end == '\0') {
            return;
        }
        header = end + 1;
    }
}

void cti_tracestate_finish(const cti_tracestate *state, char ret_text[CTI_TRACESTATE_SIZE + 1]) {
    const size_t size = state->invalid ? 0 : state->size;
    memcpy(ret_text, state->text, size);
    ret_text[size] = '\0';
}
