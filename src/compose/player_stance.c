/* Where the recorded threads and tasks stand. */
#include "base/memory.h"
#include "compose/player_parts.h"

static cti_stance *new_stance(const cti_player *player, uint64_t task) {
    cti_stance *made = cti_alloc_zeroed(sizeof *made);
    if (made != NULL) {
        made->task = task;
        cti_scope_begin(&made->scope);
        made->scope.task_id = task;
        made->scope.listener = player->tree;
        made->scope.chosen = true;
    }
    return made;
}

static void free_stance(cti_stance *old) {
    cti_scope *before = cti_self.scope;
    cti_thread_stand(&cti_self, &old->scope);
    cti_scope_end(&old->scope);
    cti_thread_stand(&cti_self, before);
    cti_free(old);
}

void cti_stream_free_stances(cti_stream *stream) {
    while (stream->stances != NULL) {
        cti_stance *next = stream->stances->next;
        free_stance(stream->stances);
        stream->stances = next;
    }
}

/* Takes the stance of the task off the list, or makes one. */
static cti_stance *take_stance(cti_stream *stream, uint64_t task) {
    for (cti_stance **link = &stream->stances; *link != NULL; link = &(*link)->next) {
        cti_stance *found = *link;
        if (found->task == task) {
            *link = found->next;
            return found;
        }
    }
    return new_stance(stream->player, task);
}

/* A task that is swapped out has left all its spans: there is nothing to remember about it. */
static void forget_idle(cti_stream *stream) {
    cti_stance *current = stream->stances;
    if (current != NULL && current->task != 0 && current->scope.top->kind == CTI_ENTRY_BOTTOM) {
        stream->stances = current->next;
        free_stance(current);
    }
}

bool cti_stream_stand_at(cti_stream *stream, uint64_t task) {
    if (stream->stances != NULL && stream->stances->task == task) {
        return true;
    }
    forget_idle(stream);
    cti_stance *current = take_stance(stream, task);
    if (current == NULL) {
        return false;
    }
    current->next = stream->stances;
    stream->stances = current;
    return true;
}
