/* Recordings, read: the streams of all threads, merged by time. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "compose/player.h"
#include "core/status.h"
#include "ctrace/record.h"
#include "record/file_read.h"
#include "record/packed.h"

/* One lane of one stream, and the record that comes next in it. */
typedef struct lane {
    cti_cursor cursor;
    cti_stream *stream;
    cti_record_head head;
    cti_get rest;
    uint64_t offset;
    bool ready;
} lane;

struct ctrace_recording {
    cti_view view;
    cti_player *player;
    bool follow;
    bool read_before;
    cti_cursor callsites[CTI_FILE_LANES]; /* described twice */
    cti_stream *described;                /* the stream of callsites */
    lane *lanes;                          /* a stream's own, then its side lane */
    size_t lane_count;
    uint64_t last_ns; /* time of the last record */
};

/* ---- Opening ---- */

static bool is_clear(const ctrace_recording_options *options) {
    uintptr_t any = 0;
    for (size_t i = 0; i < sizeof options->reserved / sizeof options->reserved[0]; i++) {
        any |= options->reserved[i];
    }
    if (any != 0) {
        cti_fail(CTRACE_EINVAL, "options.reserved is not zero: was the struct cleared?");
    }
    return any == 0;
}

/* Also one in packed form: that is unpacked first. */
static int open_file(const char *path, const ctrace_recording_options *options, bool *ret_damaged) {
    int fd = cti_view_open(path);
    if (fd >= 0) {
        fd = cti_unpack(fd, options->on_damage, options->argument, ret_damaged);
    }
    if (fd < 0) {
        cti_fail(CTRACE_EIO, "%s: %s", path, strerror(errno));
    }
    return fd;
}

/* Takes over the subscriber and the descriptor. */
static ctrace_recording *begin(ctrace_subscriber *subscriber, int fd, bool damaged,
                               const ctrace_recording_options *options) {
    ctrace_recording *recording = cti_alloc_zeroed(sizeof *recording);
    if (recording == NULL) {
        ctrace_subscriber_unref(subscriber);
        close(fd);
        return cti_fail_memory("a recording");
    }
    recording->view.fd = fd;
    recording->view.damaged = damaged;
    recording->view.on_damage = options->on_damage;
    recording->view.argument = options->argument;
    recording->follow = options->follow;
    recording->player = cti_player_new(subscriber);
    recording->described = recording->player == NULL ? NULL : cti_player_stream(recording->player);
    if (recording->described == NULL) {
        ctrace_recording_close(recording);
        return cti_fail_memory("a recording");
    }
    cti_fail_forget();
    return recording;
}

ctrace_recording *ctrace_recording_open(ctrace_subscriber *subscriber, const char *path,
                                        const ctrace_recording_options *options) {
    static const ctrace_recording_options defaults;
    const ctrace_recording_options *said = options == NULL ? &defaults : options;
    if (subscriber == NULL || path == NULL) {
        ctrace_subscriber_unref(subscriber);
        return cti_fail_null(subscriber == NULL ? "the subscriber" : "the path");
    }
    bool damaged = false;
    const int fd = is_clear(said) ? open_file(path, said, &damaged) : -1;
    if (fd < 0) {
        ctrace_subscriber_unref(subscriber);
        return NULL;
    }
    return begin(subscriber, fd, damaged, said);
}

void ctrace_recording_close(ctrace_recording *recording) {
    if (recording == NULL) {
        return;
    }
    if (recording->player != NULL) {
        cti_player_end(recording->player);
    }
    for (size_t i = 0; i < recording->lane_count; i++) {
        cti_cursor_release(&recording->lanes[i].cursor);
    }
    for (unsigned i = 0; i < CTI_FILE_LANES; i++) {
        cti_cursor_release(&recording->callsites[i]);
    }
    cti_view_release(&recording->view);
    cti_free(recording->lanes);
    cti_free(recording);
}

/* ---- Lanes ---- */

static bool has_lanes(const ctrace_recording *recording, uint64_t owner) {
    for (size_t i = 0; i < recording->lane_count; i += CTI_FILE_LANES) {
        if (recording->lanes[i].cursor.owner == owner) {
            return true;
        }
    }
    return false;
}

static bool add_lanes(ctrace_recording *recording, uint64_t owner) {
    const size_t count = recording->lane_count + CTI_FILE_LANES;
    lane *lanes = cti_resize(recording->lanes, count * sizeof *lanes);
    cti_stream *stream = lanes == NULL ? NULL : cti_player_stream(recording->player);
    recording->lanes = lanes == NULL ? recording->lanes : lanes;
    if (stream == NULL) {
        return false;
    }
    for (unsigned i = 0; i < CTI_FILE_LANES; i++) {
        lanes[recording->lane_count + i] =
            (lane){.cursor = {.owner = owner, .lane = i}, .stream = stream};
    }
    recording->lane_count = count;
    return true;
}

/* Segments are in the order of owners; owner 0 are the callsites. */
static bool find_lanes(ctrace_recording *recording) {
    uint64_t last = 0;
    for (size_t i = 0; i < recording->view.count; i++) {
        const uint64_t owner = recording->view.segments[i].owner;
        if (owner != last && !has_lanes(recording, owner) && !add_lanes(recording, owner)) {
            return false;
        }
        last = owner;
    }
    return true;
}

/* ---- Reading ---- */

static void look(ctrace_recording *recording, lane *at) {
    at->ready = cti_view_peek(&recording->view, &at->cursor, &at->head, &at->rest, &at->offset);
}

static void play(ctrace_recording *recording, cti_stream *stream, const cti_record_head *head,
                 cti_get rest, uint64_t offset) {
    const char *problem = cti_player_play(stream, head, rest);
    if (problem != NULL) {
        cti_view_damage(&recording->view, offset, problem);
    }
}

static void read_callsites(ctrace_recording *recording) {
    cti_record_head head;
    cti_get rest;
    uint64_t offset;
    for (unsigned i = 0; i < CTI_FILE_LANES; i++) {
        cti_cursor *cursor = &recording->callsites[i];
        cursor->lane = i;
        while (cti_view_peek(&recording->view, cursor, &head, &rest, &offset)) {
            play(recording, recording->described, &head, rest, offset);
            cti_cursor_pass(cursor, &head);
        }
    }
}

static lane *earliest(const ctrace_recording *recording) {
    lane *found = NULL;
    for (size_t i = 0; i < recording->lane_count; i++) {
        lane *at = &recording->lanes[i];
        if (at->ready && (found == NULL || at->cursor.time < found->cursor.time)) {
            found = at;
        }
    }
    return found;
}

/* Threads compare the clocks at different times, and so may be some nanoseconds apart. */
static void keep_order(ctrace_recording *recording, cti_record_head *head) {
    head->time = head->time > recording->last_ns ? head->time : recording->last_ns;
    recording->last_ns = head->time;
}

static void read_lanes(ctrace_recording *recording) {
    lane *next;
    for (size_t i = 0; i < recording->lane_count; i++) {
        look(recording, &recording->lanes[i]);
    }
    while ((next = earliest(recording)) != NULL) {
        keep_order(recording, &next->head);
        play(recording, next->stream, &next->head, next->rest, next->offset);
        cti_cursor_pass(&next->cursor, &next->head);
        look(recording, next);
    }
}

static bool writer_lives(const ctrace_recording *recording) {
    /* before the first look that is not known: who follows reads again */
    return recording->follow && (!recording->read_before || cti_view_has_writer(&recording->view));
}

static ctrace_status fail(int error) {
    return cti_fail(error == ENOMEM ? CTRACE_ENOMEM : CTRACE_EIO, "reading the recording: %s",
                    strerror(error));
}

ctrace_status ctrace_recording_read(ctrace_recording *recording) {
    if (recording == NULL) {
        return cti_fail(CTRACE_EINVAL, "the recording is NULL");
    }
    recording->view.live = writer_lives(recording); /* before: then all that it wrote is read */
    recording->read_before = true;
    recording->view.error = 0;
    if (!cti_view_load(&recording->view)) {
        return fail(errno);
    }
    if (!find_lanes(recording)) {
        return cti_fail(CTRACE_ENOMEM, "no memory for reading the recording");
    }
    read_callsites(recording);
    read_lanes(recording);
    if (recording->view.error != 0) {
        return fail(recording->view.error);
    }
    return recording->view.damaged ? CTRACE_ECORRUPT : CTRACE_OK;
}

bool ctrace_recording_is_live(const ctrace_recording *recording) {
    return recording != NULL && recording->view.live;
}
