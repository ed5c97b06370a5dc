#include "core/event.h"

#include <stdio.h>

#include "base/buf.h"
#include "core/dispatch.h"
#include "core/nested.h"
#include "core/remote.h"
#include "core/scratch.h"
#include "core/stats.h"
#include "core/value.h"
#include "ctrace/detail/emit.h"

/* What could not be done for want of a section. */
static void refuse(const cti_thread *self, const cti_site *site) {
    if (cti_section_inside(self)) {
        cti_count(CTI_REENTRANT_EVENTS, 1);
    } else {
        cti_lost_event(site == NULL ? NULL : &site->description);
    }
}

static inline void deliver_at(cti_thread *self, cti_tree *tree, ctrace_event *event,
                              const ctrace_moment *moment) {
    if (tree->ops->on_event != NULL) {
        event->tree = tree;
        event->span = self->scope->current;
        tree->ops->on_event(tree->root, event, moment);
    }
}

static inline void deliver(cti_thread *self, cti_tree *tree, ctrace_event *event) {
    const ctrace_moment now = cti_moment_now(self);
    deliver_at(self, tree, event, &now);
}

static inline void fill(ctrace_event *event, cti_site *site, const ctrace_value *values,
                        uint32_t count) {
    event->site = site;
    event->fields.keys = site->description.field_names;
    event->fields.values = (ctrace_value *)(uintptr_t)values; /* the macro's own array */
    event->fields.count = count;
    event->message = site->description.name;
}

/* Delivers what a signal handler emitted that interrupted the library. */
static void deliver_nested(cti_thread *self, cti_tree *tree, ctrace_event *event) {
    const bool before = self->interrupted;
    self->interrupted = true;
    deliver(self, tree, event);
    self->interrupted = before;
}

CTRACE_I_COLD
static void emit_nested(cti_thread *self, cti_site *site, const ctrace_value *values,
                        uint32_t count) {
    cti_tree *tree = cti_nested_listener(self, site);
    if (tree == NULL) {
        refuse(self, site);
        return;
    }
    ctrace_event event;
    fill(&event, site, values, count);
    deliver_nested(self, tree, &event);
}

/* In whatever state the thread and the callsite are. */
CTRACE_I_COLD
static void emit_uncommonly(const ctrace_callsite *instance, const ctrace_value *values,
                            uint32_t count) {
    cti_thread *self = &cti_self;
    cti_site *site = cti_site_known(instance);
    uint64_t section;
    if (!cti_section_begin(self, &section)) {
        emit_nested(self, site, values, count);
        return;
    }
    cti_tree *tree = cti_listener(self);
    if (tree != NULL && site != NULL && cti_tree_takes(tree, site)) {
        ctrace_event event;
        fill(&event, site, values, count);
        cti_tell_losses(self, tree, site);
        deliver(self, tree, &event);
    }
    cti_section_end(self, section);
}

void cti_event_deliver(cti_site *site, const ctrace_value *values) {
    cti_thread *self = &cti_self;
    ctrace_event event;
    fill(&event, site, values, site->description.field_count);
    deliver(self, self->route.tree, &event);
    cti_section_leave(self);
}

/* Inside the section already, without a route. */
CTRACE_I_COLD
static void emit_anew(cti_site *site, const ctrace_value *values) {
    cti_thread *self = &cti_self;
    cti_route_find(self);
    if (self->route.tree == NULL || !cti_tree_takes(self->route.tree, site)) {
        cti_section_leave(self);
    } else {
        self->route.take.event(site, values);
    }
}

/* What is rare is somewhere else and is called last, so that nothing has to be saved here. */
void ctrace_i_event(ctrace_callsite *instance, const ctrace_value *values) {
    cti_thread *self = &cti_self;
    cti_site *site = cti_site_known(instance);
    uint64_t section;
    if (CTRACE_I_UNLIKELY(site == NULL || cti_load_relaxed(&site->lost) != 0 ||
                          !cti_section_begin_unfenced(self, &section))) {
        emit_uncommonly(instance, values, instance->field_count);
    } else if (CTRACE_I_UNLIKELY(!cti_route_holds(&self->route))) {
        emit_anew(site, values);
    } else if (CTRACE_I_UNLIKELY(!cti_tree_takes(self->route.tree, site))) {
        cti_section_end(self, section);
    } else {
        self->route.take.event(site, values);
    }
}

void ctrace_i_event_n(ctrace_callsite *instance, const ctrace_value *values, uint32_t count) {
    if (count == instance->field_count) {
        ctrace_i_event(instance, values);
    } else {
        emit_uncommonly(instance, values, count);
    }
}

/* ---- printf forms ---- */

static void emit_formatted(cti_thread *self, cti_tree *tree, cti_site *site,
                           cti_arguments *arguments, bool nested) {
    char small[CTI_EVENT_SMALL];
    ctrace_event event;
    event.site = site;
    event.fields = (ctrace_fields){NULL, NULL, 0};
    event.message = NULL;
    event.arguments = arguments;
    event.formatted = NULL;
    event.small = small;
    if (nested) {
        deliver_nested(self, tree, &event);
    } else {
        deliver(self, tree, &event);
    }
    ctrace_buf_free(event.formatted);
}

static void emit_formatted_nested(cti_thread *self, cti_site *site, cti_arguments *arguments) {
    cti_tree *tree = cti_nested_listener(self, site);
    if (tree == NULL) {
        refuse(self, site);
    } else {
        emit_formatted(self, tree, site, arguments, true);
    }
}

void ctrace_i_eventf(ctrace_callsite *instance, const char *format, ...) {
    (void)format; /* the callsite's name; given so that the compiler checks the arguments */
    cti_thread *self = &cti_self;
    cti_site *site = cti_site_known(instance);
    cti_arguments arguments;
    va_start(arguments.list, format);
    if (CTRACE_I_UNLIKELY(!cti_section_enter(self))) {
        emit_formatted_nested(self, site, &arguments);
        va_end(arguments.list);
        return;
    }
    cti_tree *tree = cti_listener(self);
    if (tree != NULL && site != NULL && cti_tree_takes(tree, site)) {
        cti_tell_losses(self, tree, site);
        emit_formatted(self, tree, site, &arguments, false);
    }
    cti_section_leave(self);
    va_end(arguments.list);
}

CTRACE_I_PRINTF(3, 0)
static int format_into(char *buf, size_t size, const char *format, cti_arguments *arguments) {
    va_list copy;
    va_copy(copy, arguments->list);
    const int length = vsnprintf(buf, size, format, copy);
    va_end(copy);
    return length;
}

/* A message that `small` cannot hold. Without memory for it, the part that fits. */
static void format_long(ctrace_event *event, size_t length) {
    event->formatted = ctrace_buf_new();
    char *room = event->formatted == NULL ? NULL : cti_buf_room(event->formatted, length + 1);
    if (room == NULL) {
        cti_count(CTI_BYTES_LOST, (int64_t)(length - (CTI_EVENT_SMALL - 1)));
        event->message_size = CTI_EVENT_SMALL - 1;
        return;
    }
    format_into(room, length + 1, event->site->description.name, event->arguments);
    event->message = room;
    event->message_size = length;
}

static void format_message(ctrace_event *event) {
    const char *format = event->site->description.name;
    const int length = format_into(event->small, CTI_EVENT_SMALL, format, event->arguments);
    if (length < 0) { /* an argument that printf refuses: the format says more than nothing */
        event->message = format;
        return;
    }
    event->message = event->small;
    event->message_size = (size_t)length;
    if (event->message_size >= CTI_EVENT_SMALL) {
        format_long(event, (size_t)length);
    }
}

/* ---- Reading ---- */

const ctrace_callsite *ctrace_event_site(const ctrace_event *event) {
    return &event->site->description;
}

const char *ctrace_event_message(const ctrace_event *event, size_t *ret_size) {
    if (event->message == NULL) {
        format_message((ctrace_event *)(uintptr_t)event); /* ours, on this thread's stack */
    }
    if (ret_size != NULL) {
        const bool fixed = event->message == event->site->description.name;
        *ret_size = fixed ? event->site->name_size : event->message_size;
    }
    return event->message;
}

const ctrace_fields *ctrace_event_fields(const ctrace_event *event) {
    return &event->fields;
}

static bool sees(const ctrace_span *span, const ctrace_subscriber *viewer) {
    if (span->tree->root == viewer) {
        return true;
    }
    if (viewer == NULL) {
        return !cti_span_is_remote(span);
    }
    const int node = cti_tree_find(span->tree, viewer);
    return node >= 0 && cti_span_seen(span, (uint32_t)node);
}

static ctrace_span *outwards(ctrace_span *span, const ctrace_subscriber *viewer) {
    while (span != NULL && !sees(span, viewer)) {
        span = span->parent;
    }
    return span;
}

ctrace_span *ctrace_event_span(const ctrace_event *event, const ctrace_subscriber *viewer) {
    return outwards(event->span, viewer);
}

ctrace_span *ctrace_span_parent(const ctrace_span *span, const ctrace_subscriber *viewer) {
    return span == NULL ? NULL : outwards(span->parent, viewer);
}

/* ---- Losses ---- */

static const char *const loss_keys[] = {"lost", "callsite", NULL};

static ctrace_callsite loss_site = {
    .state = CTRACE_I_STATE_UNSEEN,
    .abi = CTRACE_I_ABI,
    .level = CTRACE_LEVEL_WARN,
    .kind = CTRACE_KIND_EVENT,
    .name = "lost %u records",
    .target = "ctrace",
    .file = "libctrace",
    .function = "",
    .field_names = loss_keys,
    .field_count = 2,
    .flags = CTRACE_I_SITE_FORMAT,
};

/* False when it was lost itself. */
static bool tell_loss(cti_thread *self, cti_tree *tree, const cti_site *site, uint32_t lost,
                      cti_site *teller, const ctrace_moment *moment) {
    char message[48];
    char place[160];
    snprintf(message, sizeof message, "lost %u records", (unsigned)lost);
    snprintf(place, sizeof place, "%s:%u", site->description.file,
             (unsigned)site->description.line);
    ctrace_value values[] = {ctrace_i_box_u64(lost), ctrace_i_box_string(place)};
    ctrace_event event;
    event.site = teller;
    event.fields = (ctrace_fields){loss_keys, values, 2};
    event.message = message;
    event.message_size = strlen(message);
    event.arguments = NULL;
    event.refused = false;
    deliver_at(self, tree, &event, moment);
    return !event.refused;
}

bool cti_event_tells_losses(const ctrace_event *event) {
    return event->site == cti_site_known(&loss_site);
}

bool cti_losses_prepare(void) {
    return cti_site_register(&loss_site) != NULL;
}

void cti_tell_losses_at(cti_thread *self, cti_tree *tree, cti_site *site,
                        const ctrace_moment *moment) {
    cti_site *teller = cti_site_known(&loss_site);
    if (teller == NULL) {
        teller = cti_site_register(&loss_site);
    }
    if (teller == NULL || !cti_tree_wants(tree, teller)) {
        return;
    }
    const uint32_t lost = cti_exchange(&site->lost, 0u);
    if (lost != 0 && !tell_loss(self, tree, site, lost, teller, moment)) {
        cti_fetch_add(&site->lost, lost); /* for the next time */
    }
}

void cti_tell_losses_now(cti_thread *self, cti_tree *tree, cti_site *site) {
    const ctrace_moment now = cti_moment_now(self);
    cti_tell_losses_at(self, tree, site, &now);
}
