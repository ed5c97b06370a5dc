/* What a user said, by options or by the environment, turned into filters, writers and sinks. */
#ifndef CTI_SETUP_SETTINGS_H
#define CTI_SETUP_SETTINGS_H

#include "ctrace/trace.h"

/* One setting: what was said, and where. What options say and cannot be done is an error; what the
 * environment says is reported once, and the default stands in: a typo there never stops a program.
 */
typedef struct cti_setting {
    const char *text; /* NULL: nothing was said */
    const char *name; /* of the variable or the option, for reports */
    bool strict;      /* it comes from the options */
    bool *reported;   /* of the variable */
} cti_setting;

typedef struct cti_settings {
    cti_setting directives, format, output, color, deferred, traceparent;
    double sample_ratio;
} cti_settings;

/* Collects what `options` (may be NULL) and the environment say; an empty variable counts as unset.
 */
void cti_settings_read(cti_settings *ret_settings, const ctrace_options *options);

/* Says that a setting cannot be followed, and why. CTRACE_OK when the default may stand in, else
 * `status`. */
ctrace_status cti_setting_refuse(const cti_setting *setting, ctrace_status status,
                                 const char *format, ...) CTRACE_I_PRINTF(3, 4);

/* Each sets its result to what the setting asks for, or to the default where that is allowed. */
ctrace_status cti_choose_filter(const cti_settings *settings, ctrace_filter **ret_filter);
ctrace_status cti_choose_writer(const cti_settings *settings, ctrace_writer **ret_writer);

/* Takes the writer over, also on failure. */
ctrace_status cti_choose_sink(const cti_settings *settings, ctrace_writer *writer,
                              ctrace_subscriber **ret_sink);

#endif
