/* Players: made, given records, ended. */
#include "compose/player.h"

#include <string.h>

#include "base/memory.h"
#include "compose/player_parts.h"

/* ---- Where and when ---- */

/* Also for the rest of this record: where the thread stood may be gone. */
static bool stand_at(cti_stream *stream, uint64_t task) {
    if (!cti_stream_stand_at(stream, task)) {
        return false;
    }
    cti_thread_stand(&cti_self, &stream->stances->scope);
    return true;
}

static const char *change_stand(cti_stream *stream, cti_get rest) {
    uint64_t task, span;
    if (!cti_get_word(&rest, &task) || !cti_get_word(&rest, &span)) {
        return CTI_PLAYER_DAMAGED;
    }
    if (!stand_at(stream, task)) {
        return CTI_PLAYER_NO_MEMORY;
    }
    if (stream->tells_again) {
        cti_stream_leave_untold(stream);
    }
    stream->stances->here = span;
    stream->tells_again = false;
    return NULL;
}

/* Another thread continues the stream of one that ended, or the same one in another segment. */
static const char *change_thread(cti_stream *stream, cti_get rest) {
    ctrace_thread about = {0};
    uint64_t task;
    if (!cti_get_word(&rest, &about.id) || !cti_get_word(&rest, &about.process_id) ||
        !cti_get_word(&rest, &stream->trace_key) || !cti_get_word(&rest, &task)) {
        return CTI_PLAYER_DAMAGED;
    }
    if (about.id != stream->about.id) {
        cti_stream_free_stances(stream);
    }
    const size_t size = (size_t)(rest.end - rest.at);
    const size_t kept = size < sizeof stream->name ? size : sizeof stream->name - 1;
    memset(stream->name, 0, sizeof stream->name);
    memcpy(stream->name, rest.at, kept);
    stream->about = about;
    stream->about.name = stream->name;
    stream->tells_again = true;
    stream->retold_count = 0;
    return stand_at(stream, task) ? NULL : CTI_PLAYER_NO_MEMORY;
}

static const char *calibrate(cti_stream *stream, cti_get rest) {
    uint64_t time, epoch;
    if (!cti_get_word(&rest, &time) || !cti_get_word(&rest, &epoch)) {
        return CTI_PLAYER_DAMAGED;
    }
    stream->epoch_offset = epoch - time;
    return NULL;
}

/* ---- Records ---- */

static const char *play(cti_stream *stream, const cti_record_head *head, cti_get rest) {
    switch (head->kind) {
    case CTI_RECORD_EVENT:
    case CTI_RECORD_EVENT_TEXT:
    case CTI_RECORD_EVENT_FORMAT:
        return cti_play_event(stream, head, rest);
    case CTI_RECORD_SPAN_OPEN:
    case CTI_RECORD_SPAN_NEW:
    case CTI_RECORD_SPAN_TRACED:
    case CTI_RECORD_SPAN_RECORD:
    case CTI_RECORD_SPAN_FOLLOWS:
    case CTI_RECORD_SPAN_ENTER:
    case CTI_RECORD_SPAN_EXIT:
    case CTI_RECORD_SPAN_CLOSE:
    case CTI_RECORD_SPAN_END:
        return cti_play_span(stream, head, rest);
    case CTI_RECORD_STAND:
        return change_stand(stream, rest);
    case CTI_RECORD_CALLSITE:
        return cti_played_sites_add(&stream->player->sites, head->subject, rest);
    case CTI_RECORD_THREAD:
        return change_thread(stream, rest);
    case CTI_RECORD_CALIBRATION:
        return calibrate(stream, rest);
    default:
        return NULL; /* of a later version */
    }
}

const char *cti_player_play(cti_stream *stream, const cti_record_head *head, cti_get rest) {
    cti_thread *self = &cti_self;
    cti_player *player = stream->player;
    if (stream->stances == NULL && !cti_stream_stand_at(stream, 0)) {
        return CTI_PLAYER_NO_MEMORY;
    }
    cti_thread_know(self);
    cti_scope *before = self->scope;
    player->moment = (ctrace_moment){.time_ns = head->time + stream->epoch_offset,
                                     .monotonic_ns = head->time,
                                     .about = &stream->about,
                                     .task_id = stream->stances->task};
    cti_thread_stand(self, &stream->stances->scope);
    const char *problem = play(stream, head, rest);
    cti_thread_stand(self, before);
    return problem;
}

/* ---- Beginning and end ---- */

cti_player *cti_player_new(ctrace_subscriber *inner) {
    cti_player *player = cti_alloc_zeroed(sizeof *player);
    if (player == NULL) {
        ctrace_subscriber_unref(inner);
        return NULL;
    }
    ctrace_subscriber_init(&player->base, &cti_player_ops);
    player->inner = inner;
    player->tree = cti_tree_of(&player->base);
    if (player->tree == NULL) {
        ctrace_subscriber_unref(&player->base);
        return NULL;
    }
    return player;
}

cti_stream *cti_player_stream(cti_player *player) {
    cti_stream *stream = cti_alloc_zeroed(sizeof *stream);
    if (stream != NULL) {
        stream->player = player;
        stream->about.name = stream->name;
        stream->next = player->streams;
        player->streams = stream;
    }
    return stream;
}

void cti_player_end(cti_player *player) {
    for (cti_stream *stream = player->streams; stream != NULL; stream = stream->next) {
        cti_stream_free_stances(stream);
    }
    cti_player_release_spans(player);
    ctrace_forward_flush(player->inner, CTRACE_FOREVER);
    while (player->streams != NULL) {
        cti_stream *next = player->streams->next;
        cti_free(player->streams);
        player->streams = next;
    }
    cti_played_sites_release(&player->sites);
    ctrace_subscriber_unref(&player->base);
}
