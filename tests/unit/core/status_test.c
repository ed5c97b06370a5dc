#include "support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/status.h"

static void every_status_has_a_text(void **state) {
    (void)state;
    for (ctrace_status status = CTRACE_OK; status <= CTRACE_ECORRUPT; status++) {
        for (ctrace_status other = CTRACE_OK; other < status; other++) {
            assert_string_not_equal(ctrace_status_text(status), ctrace_status_text(other));
        }
    }
    assert_string_equal(ctrace_status_text((ctrace_status)1000), "unknown status");
}

static void *see_nothing(void *argument) {
    return strcmp(ctrace_last_error(), "") == 0 ? argument : NULL;
}

static void the_first_reason_stays(void **state) {
    (void)state;
    assert_string_equal(ctrace_last_error(), "");
    assert_null(cti_fail_null("the writer"));
    assert_string_equal(ctrace_last_error(), "the writer is NULL");
    assert_null(cti_fail_null("the subscriber"));
    assert_string_equal(ctrace_last_error(), "the writer is NULL");
    assert_int_equal(cti_fail(CTRACE_EIO, "%s, again", ctrace_last_error()), CTRACE_EIO);
    assert_string_equal(ctrace_last_error(), "the writer is NULL, again");
    assert_null(cti_fail_memory("a sink"));
    assert_string_equal(ctrace_last_error(), "no memory for a sink");
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, see_nothing, &result), 0);
    pthread_join(thread, &result);
    assert_non_null(result);
    cti_fail_forget();
    assert_string_equal(ctrace_last_error(), "");
    cti_fail(CTRACE_EIO, "%0500d", 1);
    assert_int_equal(strlen(ctrace_last_error()), 255);
}

static void complaints_come_once(void **state) {
    (void)state;
    char said[4000] = "";
    FILE *file = tmpfile();
    const int before = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    bool once = false, long_once = false;
    cti_complain_once(&once, "%s is wrong", "it");
    cti_complain_once(&once, "%s is wrong", "it");
    cti_complain_once(&long_once, "%02000d", 1);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(file);
    const size_t size = fread(said, 1, sizeof said - 1, file);
    fclose(file);
    assert_memory_equal(said, "ctrace: it is wrong\nctrace: 000", 31);
    assert_true(size > 20 + 500 && size < 20 + 2000); /* cut */
    assert_int_equal(said[size - 1], '\n');
    assert_true(once && long_once);
}

static void the_version_is_that_of_the_header(void **state) {
    (void)state;
    char expected[32];
    snprintf(expected, sizeof expected, "%d.%d.%d", CTRACE_VERSION_MAJOR, CTRACE_VERSION_MINOR,
             CTRACE_VERSION_PATCH);
    assert_string_equal(ctrace_version(), expected);
}

RUN(TEST(every_status_has_a_text), TEST(the_first_reason_stays), TEST(complaints_come_once),
    TEST(the_version_is_that_of_the_header))
