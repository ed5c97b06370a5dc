#include "unit/write/folder.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "write/descriptor.h"

static const uint64_t NO_PATIENCE = 0;
static const uint64_t SOME_PATIENCE = 2000000;
static const uint64_t MUCH_PATIENCE = UINT64_C(60000000000);

static cti_descriptor look(int fd) {
    cti_descriptor descriptor = {.fd = -1};
    assert_true(cti_descriptor_look(&descriptor, fd));
    return descriptor;
}

/* Without blocking; returns when not one byte more goes in. */
static void fill(int fd) {
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    char zeros[4096] = {0};
    while (write(fd, zeros, sizeof zeros) > 0) {
    }
    while (write(fd, zeros, 1) > 0) {
    }
    assert_int_equal(errno, EAGAIN);
}

static void drain(int fd) {
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    char bytes[4096];
    while (read(fd, bytes, sizeof bytes) > 0) {
    }
}

static unsigned calls;

static ssize_t one_byte_with_interruptions(int fd, const void *bytes, size_t size) {
    calls++;
    if (calls % 2 == 0) {
        errno = EINTR;
        return -1;
    }
    return write(fd, bytes, size == 0 ? 0 : 1);
}

static ssize_t nothing_at_all(int fd, const void *bytes, size_t size) {
    (void)fd;
    (void)bytes;
    (void)size;
    return 0;
}

static int restore_write(void **state) {
    cti_descriptor_write_call = write;
    return folder_end(state);
}

static void one_byte_at_a_time_and_interrupted(void **state) {
    const test_folder *folder = *state;
    cti_descriptor to = look(open(folder->file, O_WRONLY | O_CREAT, 0600));
    cti_descriptor_write_call = one_byte_with_interruptions;
    size_t written = 0;
    calls = 0;
    assert_int_equal(cti_descriptor_write(&to, "whole line\n", 11, NO_PATIENCE, &written), 0);
    assert_int_equal(written, 11);
    assert_int_equal(to.size, 11);
    assert_true(calls >= 21);
    assert_file(folder->file, "whole line\n");
    close(to.fd);
}

static void a_write_of_nothing_is_an_error_and_no_endless_loop(void **state) {
    const test_folder *folder = *state;
    cti_descriptor to = look(open(folder->file, O_WRONLY | O_CREAT, 0600));
    cti_descriptor_write_call = nothing_at_all;
    size_t written = 1;
    assert_int_equal(cti_descriptor_write(&to, "x", 1, NO_PATIENCE, &written), EIO);
    assert_int_equal(written, 0);
    close(to.fd);
}

static void full_pipe_is_waited_for_then_given_up(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fill(ends[1]);
    cti_descriptor to = look(ends[1]);
    size_t written = 1;
    assert_int_equal(cti_descriptor_write(&to, "x\n", 2, SOME_PATIENCE, &written), EAGAIN);
    assert_int_equal(written, 0);
    assert_true(to.is_stuck);
    /* Stuck: not waited for again, or this would take a minute. */
    assert_int_equal(cti_descriptor_write(&to, "x\n", 2, MUCH_PATIENCE, &written), EAGAIN);
    drain(ends[0]);
    assert_int_equal(cti_descriptor_write(&to, "x\n", 2, NO_PATIENCE, &written), 0);
    assert_false(to.is_stuck);
    close(ends[0]);
    close(ends[1]);
}

typedef struct drain_order {
    int fd;
    size_t left;
} drain_order;

static void *drain_in_pieces(void *argument) {
    drain_order *self = argument;
    char bytes[1000];
    ssize_t got = 1;
    while (self->left != 0 && got > 0) {
        got = read(self->fd, bytes, sizeof bytes);
        self->left -= (size_t)got;
    }
    return NULL;
}

static void more_than_a_pipe_holds_is_continued_when_there_is_room(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    const size_t size = 1000000;
    char *bytes = calloc(1, size);
    drain_order order = {ends[0], size};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, drain_in_pieces, &order), 0);
    cti_descriptor to = look(ends[1]);
    size_t written = 0;
    assert_int_equal(cti_descriptor_write(&to, bytes, size, MUCH_PATIENCE, &written), 0);
    assert_int_equal(written, size);
    pthread_join(thread, NULL);
    free(bytes);
    close(ends[0]);
    close(ends[1]);
}

/* The default action of SIGPIPE is in force: one that gets through ends the test. */
static void write_to_nobody(int reading, int writing) {
    signal(SIGPIPE, SIG_DFL);
    close(reading);
    cti_descriptor to = look(writing);
    size_t written = 1;
    assert_int_equal(cti_descriptor_write(&to, "x\n", 2, NO_PATIENCE, &written), EPIPE);
    sigset_t pending;
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
    close(writing);
}

static void pipe_without_reader_raises_no_signal(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    write_to_nobody(ends[0], ends[1]);
}

static void socket_without_reader_raises_no_signal(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    write_to_nobody(ends[0], ends[1]);
}

static void *leave_after_the_first_bytes(void *argument) {
    struct pollfd reading = {.fd = *(int *)argument, .events = POLLIN};
    assert_int_equal(poll(&reading, 1, -1), 1);
    close(reading.fd);
    return NULL;
}

static void reader_that_leaves_during_a_write_raises_no_signal(void **state) {
    (void)state;
    signal(SIGPIPE, SIG_DFL);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const size_t size = 1000000; /* no pipe takes that at once */
    char *bytes = calloc(1, size);
    assert_non_null(bytes);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, leave_after_the_first_bytes, ends), 0);
    cti_descriptor to = look(ends[1]);
    size_t written = 0;
    assert_int_equal(cti_descriptor_write(&to, bytes, size, NO_PATIENCE, &written), EPIPE);
    assert_true(written > 0 && written < size);
    pthread_join(thread, NULL);
    free(bytes);
    close(ends[1]);
}

static void the_hosts_own_pending_signal_stays(void **state) {
    (void)state;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    raise(SIGPIPE);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    cti_descriptor to = look(ends[1]);
    size_t written = 0;
    assert_int_equal(cti_descriptor_write(&to, "x\n", 2, NO_PATIENCE, &written), EPIPE);
    sigset_t pending;
    sigpending(&pending);
    assert_true(sigismember(&pending, SIGPIPE));
    int taken = 0;
    sigwait(&set, &taken);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    close(ends[1]);
}

static void limit_on_file_size_raises_no_signal(void **state) {
    const test_folder *folder = *state;
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    const struct rlimit small = {5, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    cti_descriptor to = look(open(folder->file, O_WRONLY | O_CREAT, 0600));
    size_t written = 0;
    const int error = cti_descriptor_write(&to, "whole line\n", 11, NO_PATIENCE, &written);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(error, EFBIG);
    assert_int_equal(written, 5);
    close(to.fd);
}

static void socket_that_became_a_file_is_written_to(void **state) {
    const test_folder *folder = *state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    cti_descriptor to = look(ends[1]);
    const int file = open(folder->file, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(dup2(file, ends[1]), ends[1]);
    size_t written = 0;
    assert_int_equal(cti_descriptor_write(&to, "x\n", 2, NO_PATIENCE, &written), 0);
    assert_file(folder->file, "x\n");
    close(file);
    close(ends[0]);
    close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_byte_at_a_time_and_interrupted, folder_begin,
                                        restore_write),
        cmocka_unit_test_setup_teardown(a_write_of_nothing_is_an_error_and_no_endless_loop,
                                        folder_begin, restore_write),
        cmocka_unit_test(full_pipe_is_waited_for_then_given_up),
        cmocka_unit_test(more_than_a_pipe_holds_is_continued_when_there_is_room),
        cmocka_unit_test(pipe_without_reader_raises_no_signal),
        cmocka_unit_test(socket_without_reader_raises_no_signal),
        cmocka_unit_test(reader_that_leaves_during_a_write_raises_no_signal),
        cmocka_unit_test(the_hosts_own_pending_signal_stays),
        cmocka_unit_test_setup_teardown(limit_on_file_size_raises_no_signal, folder_begin,
                                        folder_end),
        cmocka_unit_test_setup_teardown(socket_that_became_a_file_is_written_to, folder_begin,
                                        folder_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
