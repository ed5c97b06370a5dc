/* Events from signal handlers that interrupt the library itself on their thread.
 *
 * Such a handler finds its thread inside a section, as does a callback that emits. Where all that
 * listens is the library's own and keeps such events (see core/traits.h), there are no callbacks
 * that could emit, and the event goes straight to them. Elsewhere it is dropped and counted. */
#ifndef CTI_CORE_NESTED_H
#define CTI_CORE_NESTED_H

#include "core/event.h"

/* Who takes an event of this callsite here although the thread is inside a section, or NULL. What
 * asks is kept out, since that would walk what was interrupted. Async-signal-safe. */
cti_tree *cti_nested_listener(const cti_thread *self, const cti_site *site);

#endif
