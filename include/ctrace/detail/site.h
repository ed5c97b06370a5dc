/* How callsites are laid down and found. Not for use by programs.
 *
 * In C on ELF systems every callsite lies in the section ctrace_sites of its module (program or
 * shared library); a constructor hands the section to the library, which so knows callsites that
 * were never reached. In C++ a callsite may belong to an inline function or a template, which
 * cannot share a section with others; there, and elsewhere, the library learns of a callsite when
 * it is first reached. */
#ifndef CTRACE_DETAIL_SITE_H
#define CTRACE_DETAIL_SITE_H

#include "ctrace/detail/types.h"

CTRACE_I_BEGIN_C

/* One for each program or shared library that uses the macros. */
struct ctrace_i_module {
    uint32_t abi;           /* CTRACE_I_ABI */
    uint32_t uses;          /* source files that have announced it and not yet left */
    ctrace_callsite *begin; /* its section of callsites, or NULL */
    ctrace_callsite *end;
    ctrace_callsite *reached; /* callsites outside the section, linked by next_in_module */
    ctrace_i_module *next;
    uintptr_t reserved[2];
};

/* Makes the module's callsites known. Called by each source file of it; the first call counts. */
CTRACE_API void ctrace_i_module_begin(ctrace_i_module *module);

/* The module goes away: its callsites are forgotten, their descriptions kept. The last call counts.
 */
CTRACE_API void ctrace_i_module_end(ctrace_i_module *module);

/* How many spans are entered now that let callsites through which are otherwise off. */
CTRACE_API extern unsigned ctrace_i_open_gates;

/* Does whoever listens here want this callsite now? Makes it known if it was not. */
CTRACE_API bool ctrace_i_ask(ctrace_callsite *site);

static inline bool ctrace_i_wanted(ctrace_callsite *site) {
    const unsigned char state = CTRACE_I_LOAD_BYTE(&site->state);
    if (!CTRACE_I_UNLIKELY(state != CTRACE_I_STATE_OFF)) {
        return false;
    }
    if (state == CTRACE_I_STATE_ON) {
        return true;
    }
    if (state == CTRACE_I_STATE_GATED && CTRACE_I_LOAD_WORD(&ctrace_i_open_gates) == 0) {
        return false;
    }
    return ctrace_i_ask(site);
}

#if defined(__ELF__) && defined(__GNUC__)
#define CTRACE_I_HAS_MODULES 1
#endif

#if defined(CTRACE_I_HAS_MODULES) && !defined(__cplusplus)
#define CTRACE_I_IN_SECTION __attribute__((section("ctrace_sites"), aligned(sizeof(void *))))
#else
#define CTRACE_I_IN_SECTION
#endif

#if defined(CTRACE_I_HAS_MODULES) && !defined(CTRACE_I_NO_MODULE)
extern __attribute__((weak, visibility("hidden"))) ctrace_callsite __start_ctrace_sites[];
extern __attribute__((weak, visibility("hidden"))) ctrace_callsite __stop_ctrace_sites[];

__attribute__((weak, visibility("hidden"))) ctrace_i_module ctrace_i_this_module = {
    CTRACE_I_ABI, 0, __start_ctrace_sites, __stop_ctrace_sites, NULL, NULL, {0, 0}};
#define CTRACE_I_THIS_MODULE (&ctrace_i_this_module)

/* First in, last out: other constructors and destructors of the module may emit. */
__attribute__((constructor(101), unused)) static void ctrace_i_file_begin(void) {
    ctrace_i_module_begin(&ctrace_i_this_module);
}
__attribute__((destructor(101), unused)) static void ctrace_i_file_end(void) {
    ctrace_i_module_end(&ctrace_i_this_module);
}
#else
#define CTRACE_I_THIS_MODULE NULL
#endif

CTRACE_I_END_C

#endif
