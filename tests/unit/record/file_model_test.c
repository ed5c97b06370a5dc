/* A model of a segment that is begun anew, again and again, while another process reads it, step by
 * step, and all orders in which the steps can happen. (Death at every step of the real code is what
 * integration/recorder_steps is about.)
 *
 * As in base/ring_model: each store waits in the writer's buffer for any time, one with release
 * leaves it after those before it, others in any order; a fence waits until it is empty. The reader
 * copies bytes in the order of its steps. Checked: what the reader takes for the records of one use
 * of the segment is what that use wrote. That the model would notice is checked by models with a
 * mistake in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CELLS = 2, USES = 3, LOOKS = 2, BUFFER = 5 };

enum { MARK = CELLS, SERIAL, EXTENT, WORDS }; /* places of the shared memory: records first */

typedef struct store {
    uint8_t place, value;
    bool release;
} store;

typedef struct state {
    uint8_t memory[WORDS];
    store waiting[BUFFER];
    uint8_t count;
    uint8_t use;  /* the writer's */
    uint8_t step; /* likewise */
    uint8_t look; /* the reader's */
    uint8_t at;   /* its step */
    uint8_t serial, extent;
    uint8_t seen[CELLS];
} state;

typedef enum mistake {
    NONE,
    NO_FENCE,
    MARK_NOT_RELEASED,
    EXTENT_NOT_RELEASED,
    EXTENT_LEFT,
    NO_LOOK_BETWEEN,
    NO_LOOK_AT_LAST
} mistake;

static mistake mistake_made;
static bool went_wrong;
static bool read_whole; /* some time, both records */

static uint8_t record_of(uint8_t use, uint8_t cell) {
    return (uint8_t)(16 * use + cell + 1);
}

/* ---- The writer: unmark, fence, header, mark; then records and extents ---- */

static bool put_store(state *now, uint8_t place, uint8_t value, bool release) {
    if (now->count == BUFFER) {
        return false;
    }
    now->waiting[now->count++] = (store){place, value, release};
    return true;
}

static bool write_step(state *now) {
    const uint8_t use = now->use;
    switch (now->step) {
    case 0:
        return put_store(now, MARK, 0, true);
    case 1:
        return now->count == 0 || mistake_made == NO_FENCE;
    case 2:
        return put_store(now, SERIAL, use, false);
    case 3:
        return mistake_made == EXTENT_LEFT || put_store(now, EXTENT, 0, true);
    case 4:
        return put_store(now, MARK, 1, mistake_made != MARK_NOT_RELEASED);
    case 5:
    case 7:
        return put_store(now, now->step / 2 - 2, record_of(use, now->step / 2 - 2), false);
    default:
        return put_store(now, EXTENT, now->step / 2 - 2, mistake_made != EXTENT_NOT_RELEASED);
    }
}

static bool produce(state *now) {
    if (now->use > USES || !write_step(now)) {
        return false;
    }
    now->step += 1;
    if (now->step == 5 + 2 * CELLS) {
        now->step = 0;
        now->use += 1;
    }
    return true;
}

/* ---- The reader: header; again, and the extent; as many records; header once more ---- */

enum { AGAIN = 2, COUNT = 4, COPY = 5, AT_LAST = COPY + CELLS };

static void accept(const state *now) {
    for (uint8_t i = 0; i < now->extent; i++) {
        went_wrong = went_wrong || now->seen[i] != record_of(now->serial, i);
    }
    read_whole = read_whole || now->extent == CELLS;
}

static void look_again(state *now) {
    now->look += 1;
    now->at = 0;
    now->serial = 0;
    now->extent = 0;
    memset(now->seen, 0, sizeof now->seen);
}

static bool is_left_out(uint8_t step) {
    return (mistake_made == NO_LOOK_BETWEEN && (step == AGAIN || step == AGAIN + 1)) ||
           (mistake_made == NO_LOOK_AT_LAST && step >= AT_LAST);
}

/* False when the segment is not, or not any more, what it was taken for. */
static bool read_step(state *now, uint8_t step) {
    switch (step) {
    case 0:
    case AGAIN:
    case AT_LAST:
        return now->memory[MARK] != 0;
    case 1:
        now->serial = now->memory[SERIAL];
        return true;
    case AGAIN + 1:
    case AT_LAST + 1:
        return now->memory[SERIAL] == now->serial;
    case COUNT:
        now->extent = now->memory[EXTENT];
        return true;
    default:
        now->seen[step - COPY] = now->memory[step - COPY];
        return true;
    }
}

static bool consume(state *now) {
    if (now->look == LOOKS) {
        return false;
    }
    const uint8_t step = now->at++;
    if (!is_left_out(step) && !read_step(now, step)) {
        look_again(now);
    } else if (step == AT_LAST + 1) {
        accept(now);
        look_again(now);
    }
    return true;
}

/* ---- Memory ---- */

static bool may_leave(const state *now, uint8_t i) {
    for (uint8_t before = 0; before < i; before++) {
        if (now->waiting[i].release || now->waiting[before].place == now->waiting[i].place) {
            return false;
        }
    }
    return true;
}

static void leave(state *now, uint8_t i) {
    now->memory[now->waiting[i].place] = now->waiting[i].value;
    memmove(&now->waiting[i], &now->waiting[i + 1], (size_t)(now->count - i - 1) * sizeof(store));
    now->count -= 1;
    now->waiting[now->count] = (store){0, 0, false}; /* equal states compare equal */
}

/* ---- All orders ---- */

enum { SLOTS = 1 << 21 };

static state *seen_states;
static uint8_t *used;
static size_t state_count;

static uint64_t hash(const state *now) {
    uint64_t hash = 14695981039346656037u;
    const unsigned char *bytes = (const unsigned char *)now;
    for (size_t i = 0; i < sizeof *now; i++) {
        hash = (hash ^ bytes[i]) * 1099511628211u; /* FNV-1a */
    }
    return hash;
}

/* Whether the state was not there before. */
static bool is_new(const state *now) {
    size_t at = hash(now) % SLOTS;
    while (used[at]) {
        if (memcmp(&seen_states[at], now, sizeof *now) == 0) {
            return false;
        }
        at = (at + 1) % SLOTS;
    }
    assert_true(state_count < SLOTS / 2);
    used[at] = 1;
    seen_states[at] = *now;
    state_count += 1;
    return true;
}

static void explore(const state *now) {
    if (went_wrong || !is_new(now)) {
        return;
    }
    state next = *now;
    if (produce(&next)) {
        explore(&next);
    }
    next = *now;
    if (consume(&next)) {
        explore(&next);
    }
    for (uint8_t i = 0; i < now->count; i++) {
        if (may_leave(now, i)) {
            next = *now;
            leave(&next, i);
            explore(&next);
        }
    }
}

static bool is_right(mistake made) {
    state first;
    memset(&first, 0, sizeof first);
    first.use = 1;
    seen_states = malloc(SLOTS * sizeof *seen_states);
    used = calloc(SLOTS, 1);
    assert_true(seen_states != NULL && used != NULL);
    mistake_made = made;
    went_wrong = false;
    read_whole = false;
    state_count = 0;
    explore(&first);
    free(seen_states);
    free(used);
    return !went_wrong;
}

static void every_order_of_steps_is_right(void **unused) {
    (void)unused;
    assert_true(is_right(NONE));
    assert_true(read_whole);
    assert_true(state_count > 5000);
}

static void mistakes_would_be_found(void **unused) {
    (void)unused;
    assert_false(is_right(NO_FENCE));
    assert_false(is_right(MARK_NOT_RELEASED));
    assert_false(is_right(EXTENT_NOT_RELEASED));
    assert_false(is_right(EXTENT_LEFT));
    assert_false(is_right(NO_LOOK_BETWEEN));
    assert_false(is_right(NO_LOOK_AT_LAST));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_of_steps_is_right),
        cmocka_unit_test(mistakes_would_be_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
