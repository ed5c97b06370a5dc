/* What the parts of a player share.
 *
 *   stance   where a recorded thread or task stands: its spans entered, as rebuilt
 *   stream   one thread's records, and its stances
 *   player   what streams have in common: spans, callsites, and who is told */
#ifndef CTI_COMPOSE_PLAYER_PARTS_H
#define CTI_COMPOSE_PLAYER_PARTS_H

#include "compose/deferred_spans.h"
#include "compose/player.h"
#include "compose/player_sites.h"
#include "core/event.h"
#include "core/thread.h"
#include "core/tree.h"

enum { CTI_RETOLD = 64 /* so many entries are told again at the beginning of a segment */ };

typedef struct cti_stance cti_stance;
struct cti_stance {
    uint64_t task; /* 0: the thread's own */
    uint64_t here; /* the innermost span's identity, or 0 */
    cti_scope scope;
    cti_stance *next; /* of the same stream: the current one comes first */
};

struct cti_stream {
    cti_player *player;
    cti_stance *stances;
    ctrace_thread about;
    char name[64];
    uint64_t epoch_offset; /* of the monotonic clock's zero since the Unix epoch */
    uint64_t trace_key;    /* of the process */
    bool tells_again;      /* a segment has begun: what is open is told again … */
    uint32_t retold_count; /* … and so many of it are entered: */
    uint64_t retold[CTI_RETOLD];
    cti_stream *next;
};

struct cti_player {
    ctrace_subscriber base;
    ctrace_subscriber *inner;
    cti_tree *tree;
    cti_spans spans;
    cti_played_sites sites;
    cti_stream *streams;
    ctrace_moment moment; /* of the record that is being played */
    uint64_t id;          /* of the span that is being made */
    uint64_t trace[2];    /* likewise, where it is a root */
};

/* What is wrong with records in many ways. */
#define CTI_PLAYER_DAMAGED   "the record's content is damaged"
#define CTI_PLAYER_NO_MEMORY "no memory for the record"

/* ---- player_ear.c ---- */

/* What a player does as a subscriber: it passes on, with the moment of the record. */
extern const ctrace_subscriber_ops cti_player_ops;

/* ---- player_stance.c ---- */

/* The stream stands there from now on: the task's stance is the current one. False when there is no
 * memory for it. */
bool cti_stream_stand_at(cti_stream *stream, uint64_t task);

/* Forgets where the stream's thread and its tasks stood; what they had entered is left. */
void cti_stream_free_stances(cti_stream *stream);

/* ---- player_span.c and player_event.c: NULL, or what is wrong with the record ---- */

const char *cti_play_span(cti_stream *stream, const cti_record_head *head, cti_get rest);
const char *cti_play_event(cti_stream *stream, const cti_record_head *head, cti_get rest);

/* All that is entered was told again: leaves the rest. Its end is missing. */
void cti_stream_leave_untold(cti_stream *stream);

/* Lets go of all spans that are still open. */
void cti_player_release_spans(cti_player *player);

#endif
