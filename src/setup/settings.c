#include "setup/settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/status.h"

enum { DIRECTIVES, FORMAT, OUTPUT, COLOR, DEFERRED, TRACEPARENT, VARIABLES };

static bool reported[VARIABLES];

static cti_setting read_setting(const char *option, const char *option_name, int variable,
                                const char *variable_name) {
    const char *value = getenv(variable_name);
    if (option != NULL) {
        return (cti_setting){option, option_name, true, NULL};
    }
    if (value == NULL || *value == '\0') {
        return (cti_setting){NULL, variable_name, false, &reported[variable]};
    }
    return (cti_setting){value, variable_name, false, &reported[variable]};
}

void cti_settings_read(cti_settings *ret_settings, const ctrace_options *options) {
    static const ctrace_options nothing;
    const ctrace_options *said = options == NULL ? &nothing : options;
    ret_settings->directives =
        read_setting(said->directives, "options.directives", DIRECTIVES, "CTRACE_LOG");
    ret_settings->format = read_setting(said->format, "options.format", FORMAT, "CTRACE_FORMAT");
    ret_settings->output = read_setting(said->output, "options.output", OUTPUT, "CTRACE_OUTPUT");
    ret_settings->color = read_setting(NULL, NULL, COLOR, "CTRACE_COLOR");
    ret_settings->deferred =
        read_setting(said->deferred ? "1" : NULL, "options.deferred", DEFERRED, "CTRACE_DEFERRED");
    ret_settings->traceparent = read_setting(NULL, NULL, TRACEPARENT, "TRACEPARENT");
    ret_settings->sample_ratio = said->sample_ratio;
}

ctrace_status cti_setting_refuse(const cti_setting *setting, ctrace_status status,
                                 const char *format, ...) {
    char why[224];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    if (setting->strict) {
        return cti_fail(status, "%s: %s", setting->name, why);
    }
    cti_complain_once(setting->reported, "%s: %s", setting->name, why);
    return CTRACE_OK;
}
