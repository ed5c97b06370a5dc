#include "sinks/otlp_batch.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "core/stats.h"
#include "write/http.h"

enum { KEPT_BYTES = 64 << 10, KEPT_SCOPES = 16 };

/* ---- Loads ---- */

static void release_load(cti_otlp_load *load) {
    for (uint32_t i = 0; i < load->scope_count; i++) {
        cti_buf_release(&load->scopes[i].records);
    }
    memset(load, 0, sizeof *load);
}

/* Empties it, and keeps some of its memory for the targets that come again. */
static void clear_load(cti_otlp_load *load) {
    if (load->bytes > KEPT_BYTES || load->scope_count > KEPT_SCOPES) {
        release_load(load);
        return;
    }
    for (uint32_t i = 0; i < load->scope_count; i++) {
        ctrace_buf_clear(&load->scopes[i].records);
        load->scopes[i].count = 0;
    }
    load->records = 0;
    load->bytes = 0;
}

/* The scope of that target, or a new one; NULL when there are too many. */
static cti_otlp_scope *find_scope(cti_otlp_load *load, const char *target) {
    for (uint32_t i = 0; i < load->scope_count; i++) {
        cti_otlp_scope *scope = &load->scopes[i];
        if (scope->target == target || strcmp(scope->target, target) == 0) {
            return scope;
        }
    }
    if (load->scope_count == CTI_OTLP_SCOPES) {
        return NULL;
    }
    load->scopes[load->scope_count].target = target;
    return &load->scopes[load->scope_count++];
}

/* ---- Filling ---- */

static cti_otlp_load *filling(const cti_otlp_batch *batch) {
    return &batch->loads[batch->filling];
}

static cti_otlp_load *taken(const cti_otlp_batch *batch) {
    return &batch->loads[batch->filling ^ 1];
}

/* In a forked child what there was is the parent's to send; what another thread had in its hands is
 * left where it is, for it may be half changed. */
static void renew(cti_otlp_batch *batch) {
    if (batch->generation == cti_fork_generation()) {
        return;
    }
    if (batch->changing) {
        memset(filling(batch), 0, sizeof(cti_otlp_load));
    }
    if (batch->sending_now) {
        memset(taken(batch), 0, sizeof(cti_otlp_load));
        memset(&batch->message, 0, sizeof batch->message);
    }
    batch->changing = false;
    batch->sending_now = false;
    batch->generation = cti_fork_generation();
    release_load(filling(batch));
    release_load(taken(batch));
}

static void enter(cti_otlp_batch *batch) {
    cti_lock_take(&batch->lock);
    renew(batch);
    batch->changing = true;
}

static void leave(cti_otlp_batch *batch) {
    batch->changing = false;
    cti_lock_give(&batch->lock);
}

/* Where the record goes, or NULL when it does not go with what is there already. */
static cti_otlp_scope *find_room(cti_otlp_batch *batch, const char *target, size_t size,
                                 uint64_t process_id) {
    cti_otlp_load *load = filling(batch);
    const bool fits = load->bytes + size <= batch->most_bytes && load->process_id == process_id;
    if (load->records == 0) {
        if (load->scope_count == CTI_OTLP_SCOPES) { /* their records found no memory */
            release_load(load);
        }
        load->process_id = process_id;
    } else if (!fits) {
        return NULL;
    }
    return find_scope(load, target);
}

static bool append(cti_otlp_batch *batch, cti_otlp_scope *scope, const ctrace_buf *record) {
    ctrace_buf *records = &scope->records;
    const size_t comma = batch->is_json && scope->count != 0;
    const size_t before = records->size;
    char *room = cti_buf_room(records, comma + record->size);
    if (room == NULL) {
        records->failed = false; /* what was in it is whole */
        records->size = before;
        return false;
    }
    *room = ',';
    memcpy(room + comma, record->bytes, record->size);
    cti_buf_wrote(records, comma + record->size);
    scope->count++;
    filling(batch)->records++;
    filling(batch)->bytes += comma + record->size;
    return true;
}

static void arm(cti_otlp_batch *batch) {
    const uint64_t now = cti_clock_monotonic_ns();
    const uint64_t age_ns = batch->pace.age_ns;
    cti_timer_arm(&batch->timer,
                  age_ns < CTRACE_FOREVER / 2 - now ? now + age_ns : CTRACE_FOREVER / 2);
}

/* Returns false when the record has to wait until the batch is sent. */
static bool try_add(cti_otlp_batch *batch, const char *target, const ctrace_buf *record,
                    uint64_t process_id, bool *ret_added) {
    enter(batch);
    cti_otlp_scope *scope = find_room(batch, target, record->size, process_id);
    if (scope != NULL) {
        *ret_added = append(batch, scope, record);
    }
    const cti_otlp_load *load = filling(batch);
    const bool first = scope != NULL && *ret_added && load->records == 1;
    const bool full = load->records >= batch->pace.records || load->bytes >= batch->most_bytes;
    leave(batch);
    if (full) {
        cti_otlp_batch_send(batch);
    } else if (first) {
        arm(batch);
    }
    return scope != NULL;
}

bool cti_otlp_batch_add(cti_otlp_batch *batch, const char *target, const ctrace_buf *record,
                        uint64_t process_id) {
    bool added = false;
    while (!try_add(batch, target, record, process_id, &added)) {
        cti_otlp_batch_send(batch);
    }
    return added;
}

/* ---- Sending ---- */

static void put_scope(cti_otlp_pen *pen, const cti_otlp_signal *signal,
                      const cti_otlp_scope *scope) {
    const size_t item = cti_otlp_item_begin(pen, 2);
    const size_t named = cti_otlp_begin(pen, 1, "scope");
    cti_otlp_text(pen, 1, "name", scope->target, strlen(scope->target));
    cti_otlp_end(pen, named);
    cti_otlp_list_begin(pen, signal->records);
    cti_buf_put(pen->buf, scope->records.bytes, scope->records.size);
    cti_otlp_list_end(pen);
    cti_otlp_end(pen, item);
}

static void put_load(cti_otlp_pen *pen, const cti_otlp_batch *batch, const cti_otlp_load *load) {
    cti_otlp_list_begin(pen, batch->signal->resources);
    const size_t item = cti_otlp_item_begin(pen, 1);
    cti_otlp_put_resource(pen, batch->resource, load->process_id);
    cti_otlp_list_begin(pen, batch->signal->scopes);
    for (uint32_t i = 0; i < load->scope_count; i++) {
        if (load->scopes[i].count != 0) {
            put_scope(pen, batch->signal, &load->scopes[i]);
        }
    }
    cti_otlp_list_end(pen);
    cti_otlp_end(pen, item);
    cti_otlp_list_end(pen);
}

static void put_message(cti_otlp_batch *batch) {
    cti_otlp_pen pen = {.buf = &batch->message, .is_json = batch->is_json};
    ctrace_buf_clear(&batch->message);
    if (!batch->is_json) {
        put_load(&pen, batch, taken(batch));
        return;
    }
    cti_buf_char(&batch->message, '{');
    put_load(&pen, batch, taken(batch));
    cti_buf_literal(&batch->message, "}\n");
}

static void lose(const cti_otlp_batch *batch) {
    cti_count(batch->signal->is_traces ? CTI_SPANS_LOST : CTI_EVENTS_LOST, taken(batch)->records);
}

/* The HTTP writer counts itself what it loses. */
static ctrace_status post(const cti_otlp_batch *batch) {
    const bool is_traces = batch->signal->is_traces;
    const cti_http_message message = {
        .path = batch->path,
        .content_type = batch->is_json ? "application/json" : "application/x-protobuf",
        .bytes = batch->message.bytes,
        .size = batch->message.size - batch->is_json, /* without the newline */
        .spans = is_traces ? taken(batch)->records : 0,
        .events = is_traces ? 0 : taken(batch)->records,
        .answered = batch->signal->answered,
    };
    return cti_http_post(batch->writer, &message);
}

static ctrace_status write_taken(cti_otlp_batch *batch) {
    put_message(batch);
    if (batch->message.failed) {
        lose(batch);
        return CTRACE_ENOMEM;
    }
    if (cti_writer_is_http(batch->writer)) {
        return post(batch);
    }
    const ctrace_status status =
        ctrace_writer_write(batch->writer, batch->message.bytes, batch->message.size);
    if (status != CTRACE_OK) {
        lose(batch);
    }
    return status;
}

static void take(cti_otlp_batch *batch) {
    enter(batch);
    batch->filling ^= 1;
    batch->sending_now = true;
    leave(batch);
}

ctrace_status cti_otlp_batch_send(cti_otlp_batch *batch) {
    ctrace_status status = CTRACE_OK;
    cti_lock_take(&batch->sending);
    take(batch);
    if (taken(batch)->records != 0) {
        status = write_taken(batch);
        clear_load(taken(batch));
    }
    if (batch->message.capacity > 4 * KEPT_BYTES) {
        cti_buf_release(&batch->message);
    }
    batch->sending_now = false;
    cti_lock_give(&batch->sending);
    return status;
}

static void fire(void *batch) {
    cti_otlp_batch_send(batch);
}

/* ---- Beginning and end ---- */

bool cti_otlp_batch_begin(cti_otlp_batch *batch) {
    cti_lock_init(&batch->lock);
    cti_lock_init(&batch->sending);
    batch->generation = cti_fork_generation();
    batch->loads = cti_alloc_zeroed(2 * sizeof *batch->loads);
    if (batch->loads == NULL) {
        return false;
    }
    batch->timer.argument = batch;
    if (!cti_timer_add(&batch->timer)) {
        return false;
    }
    batch->timer.fire = fire;
    return true;
}

void cti_otlp_batch_end(cti_otlp_batch *batch) {
    if (batch->timer.fire != NULL) {
        cti_timer_remove(&batch->timer);
    }
    if (batch->loads != NULL) {
        enter(batch); /* which looks whether this is a forked child */
        leave(batch);
        release_load(filling(batch));
        release_load(taken(batch));
        cti_free(batch->loads);
        cti_lock_destroy(&batch->lock);
        cti_lock_destroy(&batch->sending);
    }
    cti_buf_release(&batch->message);
    ctrace_writer_unref(batch->writer);
}
