/* A model of the ring's two sides, step by step, and all orders in which the steps can happen.
 *
 * Every step touches the memory that the sides share at most once, so whatever two processors do is
 * one of these orders, as far as it is sequentially consistent. What is not, on processors that
 * reorder, is a store that becomes visible late: each store waits in its thread's buffer for any
 * time, and a store with release only leaves it after those before it, others in any order. A load
 * with acquire comes before the loads that follow it, which is how the steps are executed anyway.
 *
 * Checked in every state: the consumer reads records whole and in order, the producer never writes
 * where something is unread, and promised room stays free. That the model would notice is checked
 * by models with a mistake in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    CAPACITY = 8, /* cells; a record is one, two or three */
    MARGIN = 2,   /* a record that begins in the last cell runs on into it */
    RECORDS = 16,
    BUFFER = 6 /* stores that may wait */
};

enum { HEAD = CAPACITY + MARGIN, TAIL, WORDS }; /* places of the shared memory: cells first */

typedef struct store {
    uint8_t place, value;
    bool release;
} store;

typedef struct side {
    store waiting[BUFFER];
    uint8_t count;
    uint8_t step;   /* of its program */
    uint8_t record; /* the one at hand */
    uint8_t own;    /* its position */
    uint8_t seen;   /* the other's, as last seen */
    uint8_t cell;   /* of the record */
} side;

typedef struct state {
    uint8_t memory[WORDS];
    side producer, consumer;
} state;

/* What is done wrong. */
typedef enum mistake {
    NONE,
    HEAD_NOT_RELEASED,
    TAIL_NOT_RELEASED,
    TAIL_BEFORE_READING,
    ROOM_NOT_CHECKED
} mistake;

static mistake mistake_made;
static bool went_wrong;

/* The values in a record's cells tell its number; 0 is a cell that was never
 * written, or was read. */
static uint8_t cells_of(uint8_t record) {
    return (uint8_t)(1 + record % 3);
}

/* ---- Memory ---- */

static uint8_t load(const state *now, const side *by, uint8_t place) {
    for (uint8_t i = by->count; i > 0; i--) {
        if (by->waiting[i - 1].place == place) {
            return by->waiting[i - 1].value; /* its own stores it sees at once */
        }
    }
    return now->memory[place];
}

static bool can_store(const side *by) {
    return by->count < BUFFER;
}

static void put_store(side *by, uint8_t place, uint8_t value, bool release) {
    by->waiting[by->count++] = (store){place, value, release};
}

/* Whether the i-th waiting store may become visible now. */
static bool may_leave(const side *by, uint8_t i) {
    for (uint8_t before = 0; before < i; before++) {
        if (by->waiting[i].release || by->waiting[before].place == by->waiting[i].place) {
            return false;
        }
    }
    return true;
}

static void leave(state *now, side *by, uint8_t i) {
    now->memory[by->waiting[i].place] = by->waiting[i].value;
    memmove(&by->waiting[i], &by->waiting[i + 1], (size_t)(by->count - i - 1) * sizeof(store));
    by->count -= 1;
    by->waiting[by->count] = (store){0, 0, false}; /* equal states compare equal */
}

/* ---- The producer: look, write the cells, publish ---- */

static bool produce(state *now) {
    side *by = &now->producer;
    if (by->record == RECORDS) {
        return false;
    }
    const uint8_t size = cells_of(by->record);
    if (by->step == 0) {
        by->seen = load(now, by, TAIL); /* acquire */
        const bool room = (uint8_t)(by->own - by->seen) + size <= CAPACITY;
        by->step = room || mistake_made == ROOM_NOT_CHECKED ? 1 : 0;
        return room || mistake_made == ROOM_NOT_CHECKED;
    }
    if (!can_store(by)) {
        return false;
    }
    if (by->cell < size) {
        const uint8_t place = (uint8_t)(by->own % CAPACITY + by->cell);
        put_store(by, place, (uint8_t)(by->record + 1), false);
        by->cell += 1;
        return true;
    }
    by->own = (uint8_t)(by->own + size);
    put_store(by, HEAD, by->own, mistake_made != HEAD_NOT_RELEASED);
    by->record += 1;
    by->cell = 0;
    by->step = 0;
    return true;
}

/* ---- The consumer: look, read the cells, write to them, give them back ---- */

enum { LOOK, GIVE_EARLY, READ, TAKE_OVER, GIVE };

static void next_cell(side *by, uint8_t size, uint8_t step) {
    by->cell += 1;
    if (by->cell == size) {
        by->cell = 0;
        by->step = step;
    }
}

static void give(side *by, uint8_t size) {
    put_store(by, TAIL, (uint8_t)(by->own + size), mistake_made != TAIL_NOT_RELEASED);
}

static bool consume(state *now) {
    side *by = &now->consumer;
    const uint8_t size = cells_of(by->record);
    const uint8_t place = (uint8_t)(by->own % CAPACITY + by->cell);
    const bool stores = by->step != LOOK && by->step != READ;
    if (by->record == RECORDS || (stores && !can_store(by))) {
        return false;
    }
    switch (by->step) {
    case LOOK:
        by->seen = load(now, by, HEAD); /* acquire */
        if (by->seen == by->own) {
            return false;
        }
        by->step = mistake_made == TAIL_BEFORE_READING ? GIVE_EARLY : READ;
        break;
    case GIVE_EARLY:
        give(by, size);
        by->step = READ;
        break;
    case READ: /* reads are done before a release */
        went_wrong = went_wrong || load(now, by, place) != by->record + 1;
        next_cell(by, size, TAKE_OVER);
        break;
    case TAKE_OVER:
        put_store(by, place, 0, false);
        next_cell(by, size, GIVE);
        break;
    default:
        if (mistake_made != TAIL_BEFORE_READING) {
            give(by, size);
        }
        by->own = (uint8_t)(by->own + size);
        by->record += 1;
        by->step = LOOK;
    }
    return true;
}

/* ---- All orders ---- */

enum { SLOTS = 1 << 20 };

static state *seen_states;
static uint8_t *used;
static size_t state_count;
static bool finished;

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
    finished = finished || now->consumer.record == RECORDS;
    state next = *now;
    if (produce(&next)) {
        explore(&next);
    }
    next = *now;
    if (consume(&next)) {
        explore(&next);
    }
    for (uint8_t i = 0; i < now->producer.count; i++) {
        next = *now;
        if (may_leave(&next.producer, i)) {
            leave(&next, &next.producer, i);
            explore(&next);
        }
    }
    for (uint8_t i = 0; i < now->consumer.count; i++) {
        next = *now;
        if (may_leave(&next.consumer, i)) {
            leave(&next, &next.consumer, i);
            explore(&next);
        }
    }
}

static bool is_right(mistake made) {
    state first;
    memset(&first, 0, sizeof first);
    seen_states = malloc(SLOTS * sizeof *seen_states);
    used = calloc(SLOTS, 1);
    assert_true(seen_states != NULL && used != NULL);
    mistake_made = made;
    went_wrong = false;
    finished = false;
    state_count = 0;
    explore(&first);
    free(seen_states);
    free(used);
    return !went_wrong;
}

static void every_order_of_steps_is_right(void **unused) {
    (void)unused;
    assert_true(is_right(NONE));
    assert_true(finished);
    assert_true(state_count > 30000);
}

static void mistakes_would_be_found(void **unused) {
    (void)unused;
    assert_false(is_right(HEAD_NOT_RELEASED));
    assert_false(is_right(TAIL_NOT_RELEASED));
    assert_false(is_right(TAIL_BEFORE_READING));
    assert_false(is_right(ROOM_NOT_CHECKED));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_of_steps_is_right),
        cmocka_unit_test(mistakes_would_be_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
