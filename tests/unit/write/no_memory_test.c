/* Every constructor with every allocation failing in turn: NULL and words, or a writer; no leak, of
 * memory or descriptors. */
#include "unit/write/folder.h"

#include "base/memory.h"

static long live;
static unsigned until_failure;

static bool may(void) {
    if (until_failure == 0) {
        return false;
    }
    until_failure--;
    return true;
}

static void *take(void *state, size_t size) {
    (void)state;
    void *block = may() ? malloc(size) : NULL;
    live += block != NULL;
    return block;
}

static void *resize(void *state, void *block, size_t size) {
    if (block == NULL) {
        return take(state, size);
    }
    return may() ? realloc(block, size) : NULL;
}

static void give(void *state, void *block) {
    (void)state;
    live -= block != NULL;
    free(block);
}

static ctrace_writer *make_fd(const test_folder *folder) {
    const int fd = open(folder->file, O_WRONLY | O_CREAT | O_APPEND, 0600);
    return ctrace_fd_writer_new(
        fd, &(ctrace_fd_writer_options){.buffer_bytes = 8, .flush_after_ns = 1, .close_fd = true});
}

static ctrace_writer *make_file(const test_folder *folder) {
    return ctrace_file_writer_new(folder->file, &(ctrace_file_writer_options){.buffer_bytes = 8});
}

static ctrace_writer *make_rolling(const test_folder *folder) {
    const ctrace_rolling_writer_options options = {
        .max_file_bytes = 8, .keep_files = 2, .link = in_folder(folder, "latest")};
    return ctrace_rolling_writer_new(folder->file, &options);
}

static ctrace_writer *make_memory(const test_folder *folder) {
    (void)folder;
    return ctrace_memory_writer_new();
}

static int lowest_free_descriptor(void) {
    const int fd = dup(STDOUT_FILENO);
    close(fd);
    return fd;
}

/* Returns whether the writer was made and wrote everything. */
static bool use(ctrace_writer *(*make)(const test_folder *), const test_folder *folder) {
    ctrace_writer *writer = make(folder);
    if (writer == NULL) {
        assert_string_not_equal(ctrace_last_error(), "");
        return false;
    }
    bool works = true;
    for (int i = 0; i < 5; i++) {
        works = write_text(writer, "line\n") == CTRACE_OK && works;
    }
    ctrace_writer_unref(writer);
    return works;
}

static void each_allocation_fails_in_turn(void **state) {
    const test_folder *folder = *state;
    const ctrace_allocator failing = {take, resize, give, NULL};
    ctrace_writer *(*const makers[])(const test_folder *) = {make_fd, make_file, make_rolling,
                                                             make_memory};
    const int free_before = lowest_free_descriptor();
    assert_true(cti_memory_use(&failing));
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        for (unsigned budget = 0; budget < 60; budget++) {
            until_failure = budget;
            const bool works = use(makers[i], folder);
            assert_true(works || budget < 59);
            assert_int_equal(live, 0);
            assert_int_equal(lowest_free_descriptor(), free_before);
        }
    }
    cti_memory_use(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_allocation_fails_in_turn, folder_begin, folder_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
