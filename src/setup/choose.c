/* From words to filters, writers and sinks. */
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "core/status.h"
#include "ctrace/filter.h"
#include "ctrace/sinks.h"
#include "ctrace/writer.h"
#include "filter/filter.h"
#include "filter/parse.h"
#include "setup/settings.h"

/* ---- Filter ---- */

static ctrace_status default_filter(ctrace_filter **ret_filter) {
    return ctrace_filter_parse("info", ret_filter, NULL);
}

/* Where all directives were bad: silence is what nobody asked for. */
static ctrace_status default_instead(ctrace_filter **filter) {
    ctrace_filter_unref(*filter);
    return default_filter(filter);
}

/* Good directives of the environment count, bad ones are reported. */
static ctrace_status parse_leniently(const cti_setting *setting, ctrace_filter **ret_filter) {
    ctrace_buf complaints = CTI_BUF_INIT;
    ctrace_status status = cti_filter_parse_lenient(setting->text, ret_filter, &complaints);
    if (status == CTRACE_OK && complaints.size != 0 && (*ret_filter)->directives.count == 0) {
        status = default_instead(ret_filter);
    }
    if (complaints.size != 0) {
        const char *text = ctrace_buf_bytes(&complaints, NULL);
        cti_complain_once(setting->reported, "%s: %s", setting->name, text == NULL ? "?" : text);
    }
    cti_buf_release(&complaints);
    return status;
}

ctrace_status cti_choose_filter(const cti_settings *settings, ctrace_filter **ret_filter) {
    const cti_setting *setting = &settings->directives;
    if (setting->text == NULL) {
        return default_filter(ret_filter);
    }
    return setting->strict ? ctrace_filter_parse(setting->text, ret_filter, NULL)
                           : parse_leniently(setting, ret_filter);
}

/* ---- Writer ---- */

static bool starts_with(const char *text, const char *beginning) {
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static ctrace_writer *open_writer(const char *text, const char **ret_why) {
    if (strcmp(text, "stderr") == 0) {
        return ctrace_stderr_writer_new();
    }
    if (strcmp(text, "stdout") == 0) {
        ctrace_writer *writer = ctrace_fd_writer_new(STDOUT_FILENO, NULL);
        *ret_why = writer == NULL ? ctrace_last_error() : NULL;
        return writer;
    }
    if (starts_with(text, "file:")) {
        ctrace_writer *writer = ctrace_file_writer_new(text + strlen("file:"), NULL);
        *ret_why = writer == NULL ? ctrace_last_error() : NULL;
        return writer;
    }
    if (starts_with(text, "http")) {
        ctrace_writer *writer = ctrace_http_writer_new(text, NULL);
        *ret_why = writer == NULL ? ctrace_last_error() : NULL;
        return writer;
    }
    *ret_why = strcmp(text, "journald") == 0 || strcmp(text, "syslog") == 0
                   ? "this build of libctrace has no such output"
                   : "expected stderr, stdout, file:PATH or http://…";
    return NULL;
}

ctrace_status cti_choose_writer(const cti_settings *settings, ctrace_writer **ret_writer) {
    const cti_setting *setting = &settings->output;
    const char *why = NULL;
    ctrace_writer *writer = open_writer(setting->text == NULL ? "stderr" : setting->text, &why);
    if (writer == NULL && why != NULL) {
        const ctrace_status status =
            cti_setting_refuse(setting, CTRACE_EINVAL, "\"%s\": %s", setting->text, why);
        if (status != CTRACE_OK) {
            return status;
        }
        writer = ctrace_stderr_writer_new();
    }
    *ret_writer = writer;
    return writer == NULL ? CTRACE_EIO : CTRACE_OK;
}

/* ---- Sink ---- */

static ctrace_status choose_color(const cti_settings *settings, ctrace_text_options *options) {
    const cti_setting *setting = &settings->color;
    if (setting->text == NULL || strcmp(setting->text, "auto") == 0) {
        options->color = CTRACE_COLOR_AUTO;
    } else if (strcmp(setting->text, "always") == 0) {
        options->color = CTRACE_COLOR_ALWAYS;
    } else if (strcmp(setting->text, "never") == 0) {
        options->color = CTRACE_COLOR_NEVER;
    } else {
        return cti_setting_refuse(setting, CTRACE_EINVAL, "\"%s\": expected auto, always or never",
                                  setting->text);
    }
    return CTRACE_OK;
}

typedef ctrace_subscriber *make_sink(ctrace_writer *writer, const ctrace_text_options *text);

static ctrace_subscriber *make_full(ctrace_writer *writer, const ctrace_text_options *text) {
    return ctrace_text_new(writer, text);
}

static ctrace_subscriber *make_compact(ctrace_writer *writer, const ctrace_text_options *text) {
    ctrace_text_options options = *text;
    options.format = CTRACE_TEXT_COMPACT;
    return ctrace_text_new(writer, &options);
}

static ctrace_subscriber *make_pretty(ctrace_writer *writer, const ctrace_text_options *text) {
    ctrace_text_options options = *text;
    options.format = CTRACE_TEXT_PRETTY;
    return ctrace_text_new(writer, &options);
}

static ctrace_subscriber *make_json(ctrace_writer *writer, const ctrace_text_options *text) {
    (void)text;
    return ctrace_json_new(writer, NULL);
}

static ctrace_subscriber *make_logfmt(ctrace_writer *writer, const ctrace_text_options *text) {
    (void)text;
    return ctrace_logfmt_new(writer, NULL);
}

static ctrace_subscriber *make_tree(ctrace_writer *writer, const ctrace_text_options *text) {
    return ctrace_tree_new(writer, &(ctrace_tree_options){.color = text->color});
}

static const struct format {
    const char *name;
    make_sink *make;
} formats[] = {
    {"text", make_full}, {"compact", make_compact}, {"pretty", make_pretty},
    {"tree", make_tree}, {"json", make_json},       {"logfmt", make_logfmt},
};

static make_sink *find_format(const char *name) {
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i].name, name) == 0) {
            return formats[i].make;
        }
    }
    return NULL;
}

static ctrace_status choose_format(const cti_settings *settings, make_sink **ret_make) {
    const cti_setting *setting = &settings->format;
    make_sink *make = setting->text == NULL ? make_full : find_format(setting->text);
    if (make == NULL) {
        const ctrace_status status = cti_setting_refuse(
            setting, CTRACE_EINVAL,
            "\"%s\": expected text, compact, pretty, tree, json, logfmt or otlp", setting->text);
        if (status != CTRACE_OK) {
            return status;
        }
        make = make_full;
    }
    *ret_make = make;
    return CTRACE_OK;
}

ctrace_status cti_choose_sink(const cti_settings *settings, ctrace_writer *writer,
                              ctrace_subscriber **ret_sink) {
    ctrace_text_options text = {.color = CTRACE_COLOR_AUTO};
    make_sink *make = NULL;
    ctrace_status status = choose_color(settings, &text);
    if (status == CTRACE_OK) {
        status = choose_format(settings, &make);
    }
    if (status != CTRACE_OK) {
        ctrace_writer_unref(writer);
        return status;
    }
    *ret_sink = make(writer, &text);
    return *ret_sink == NULL ? CTRACE_ENOMEM : CTRACE_OK;
}
