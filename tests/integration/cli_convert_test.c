/* ctrace convert: what is packed tells the same, in less room, also when it is damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <float.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrace/context.h"
#include "ctrace/deferred.h"
#include "ctrace/trace.h"

#define TOOL CTRACE_PLUGIN_DIR "/../../ctrace"

static char folder[] = "/tmp/ctrace-convert-XXXXXX";
static char output[1 << 16];

/* Runs a command line in the folder, $T being the tool, standard error behind standard output;
 * returns its exit status. */
static int run(const char *line) {
    char command[1024];
    snprintf(command, sizeof command, "cd %s && T='%s' && { %s; } 2>&1", folder, TOOL, line);
    FILE *from = popen(command, "r");
    assert_non_null(from);
    const size_t size = fread(output, 1, sizeof output - 1, from);
    output[size] = '\0';
    const int status = pclose(from);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void path_of(char path[128], const char *name) {
    snprintf(path, 128, "%s/%s", folder, name);
}

static off_t size_of(const char *name) {
    char path[128];
    struct stat about;
    path_of(path, name);
    assert_int_equal(stat(path, &about), 0);
    return about.st_size;
}

/* ---- Recordings ---- */

static void tell_values(int i) {
    static const int64_t numbers[] = {0,    1,     -1,      127,       128,       -128,
                                      -129, 32767, 1 << 23, INT32_MIN, INT64_MAX, INT64_MIN};
    static const double doubles[] = {0, -0.0, 1, 0.1, -1e300, DBL_MAX, DBL_MIN, 1.5};
    const char *null = NULL;
    TRACE_INFO("numbers", ("i", numbers[i % 12]), ("u", (uint64_t)numbers[i % 12]),
               ("x", doubles[i % 8]), ("b", TRACE_BOOL(i % 2)));
    TRACE_DEBUG("others", ("h", TRACE_HEX(numbers[i % 12])), ("e", TRACE_ERRNO(ENOENT)),
                ("t", TRACE_NS(numbers[i % 12])), ("p", &folder), ("none", null),
                ("later", TRACE_EMPTY), ("bytes", TRACE_BYTES("a\0b", 3)));
    TRACE_WARNF("%d of %s, %5.2f", i, "many", 1.0 / (i + 1));
    TRACE_ERROR("no fields");
}

static void tell_texts(int i) {
    static char large[3000];
    static const char *const words[] = {
        "", "a", "alpha", "bravo", "\xc3\xa9\n\"", "longer than what is kept of texts"};
    memset(large, 'a' + i % 26, sizeof large - 1);
    TRACE_INFO("texts", ("one", words[i % 6]), ("two", words[i % 5]), ("three", large));
}

static void *tell(void *argument) {
    (void)argument;
    ctrace_remote remote = {.trace_id = {[3] = 1}, .span_id = {[7] = 2}, .flags = 1};
    ctrace_span *span = TRACE_SPAN_REMOTE(&remote, "request", ("peer", "there"));
    TRACE_IN(span) {
        for (int i = 0; i < 60; i++) {
            TRACE_SPAN_AS(step, "step", ("i", i), ("result", TRACE_EMPTY));
            tell_values(i);
            TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "inner");
            tell_texts(i);
            TRACE_RECORD(step, ("result", i * 2));
        }
    }
    ctrace_span_unref(span);
    return NULL;
}

static void record(const char *name, void *(*what)(void *)) {
    static const ctrace_recorder_options options = {.max_bytes = 16 << 20, .thread_bytes = 4 << 20};
    char path[128];
    pthread_t thread;
    path_of(path, name);
    assert_int_equal(ctrace_set_global(ctrace_recorder_new(path, &options)), CTRACE_OK);
    assert_int_equal(pthread_create(&thread, NULL, what, NULL), 0);
    what(NULL);
    pthread_join(thread, NULL);
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
}

enum { EVENTS = 20000 };

static void *tell_many(void *argument) {
    static const char *const words[] = {"alpha", "bravos", "charlie", "deltafox"};
    for (int i = 0; i < EVENTS / 2; i++) {
        TRACE_INFO("sent", ("n", i * 1000), ("x", i / 3.0), ("s", words[i % 4]));
    }
    return argument;
}

/* ---- Tests ---- */

static void what_is_packed_tells_the_same(void **state) {
    (void)state;
    record("all.ctrace", tell);
    assert_int_equal(run("$T convert all.ctrace --to ctrace -o packed.ctrace"), 0);
    assert_string_equal(output, "");
    assert_int_equal(run("for f in text tree json logfmt; do $T cat all.ctrace --format $f >a &&"
                         " $T cat --format $f packed.ctrace >b && cmp a b || exit 1; done"),
                     0);
    assert_int_equal(run("wc -l <b"), 0);
    assert_int_equal(atoi(output), 2 * 60 * 5);
    assert_int_equal(run("$T tree all.ctrace >a; $T tree packed.ctrace >b; sed -i"
                         " 's/packed/all/' b; cmp a b && grep -c step b"),
                     0);
    assert_int_equal(atoi(output), 120);
}

static void packed_again_it_is_the_same(void **state) {
    (void)state;
    assert_int_equal(run("$T convert packed.ctrace --to ctrace | cmp - packed.ctrace"), 0);
}

static void it_takes_22_bytes_an_event_at_most(void **state) {
    (void)state;
    record("many.ctrace", tell_many);
    assert_int_equal(run("$T convert --to ctrace -o small.ctrace many.ctrace"), 0);
    assert_int_equal(run("$T cat small.ctrace | wc -l"), 0);
    assert_int_equal(atoi(output), EVENTS);
    assert_in_range(size_of("small.ctrace"), 1, 22 * EVENTS);
}

static void other_forms_are_those_of_cat(void **state) {
    (void)state;
    assert_int_equal(run("$T convert packed.ctrace --to json -o c && $T cat all.ctrace --format"
                         " json >a &&"
                         " cmp a c"),
                     0);
    assert_int_equal(run("$T convert packed.ctrace --to otlp -o e && $T tree e | grep -c '┌ step'"),
                     0);
    assert_int_equal(atoi(output), 120);
    assert_int_equal(run("$T convert packed.ctrace --to text | head -n 1 | grep -c INFO"), 0);
}

/* Cut anywhere, or with any byte changed, it says where, and tells no less than the blocks before
 * and behind. Times are left out of what is compared: a block has clock samples too, and without
 * them the times between the others' are some nanoseconds off. */
static void damage_costs_its_block(void **state) {
    char line[256];
    (void)state;
    assert_int_equal(run("$T cat small.ctrace | cut -d ' ' -f 2- >whole"), 0);
    const off_t size = size_of("small.ctrace");
    for (off_t at = 0; at < size; at += 1 + size / 11) {
        snprintf(line, sizeof line,
                 "cp small.ctrace bad; printf '\\252' | dd of=bad bs=1 seek=%ld conv=notrunc"
                 " 2>dd; cmp -s bad small.ctrace && exit 1; $T cat bad >told",
                 (long)at);
        assert_int_equal(run(line), 1);
        assert_true(strncmp(output, "bad: offset ", 12) == 0 || output[0] == '\0');
        /* Nothing is made up. */
        assert_int_equal(run("cut -d ' ' -f 2- told | grep -vxFf whole | grep -vc lost"), 1);
        snprintf(line, sizeof line, "head -c %ld small.ctrace >bad; $T cat bad >told", (long)at);
        const int status = run(line);
        assert_true(status == 1 || (status == 0 && at > 48)); /* between blocks it is sound */
    }
}

static void wrong_usage_is_2(void **state) {
    (void)state;
    assert_int_equal(run("$T convert"), 2);
    assert_int_equal(run("$T convert all.ctrace"), 2);
    assert_int_equal(run("$T convert all.ctrace --to xml"), 2);
    assert_int_equal(run("$T convert nothing --to json -o c"), 2);
    assert_int_equal(run("cp all.ctrace d; $T convert d --to ctrace -o d"), 2);
    assert_int_equal(run("cmp all.ctrace d"), 0);
    assert_int_equal(run("$T convert --help"), 0);
}

static int begin(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int end(void **state) {
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_tells_the_same),
        cmocka_unit_test(packed_again_it_is_the_same),
        cmocka_unit_test(it_takes_22_bytes_an_event_at_most),
        cmocka_unit_test(other_forms_are_those_of_cat),
        cmocka_unit_test(damage_costs_its_block),
        cmocka_unit_test(wrong_usage_is_2),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
