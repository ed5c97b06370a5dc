/* Running examples/httpd, and talking to it. */
#ifndef TEST_INTEGRATION_HTTPD_SERVER_H
#define TEST_INTEGRATION_HTTPD_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

#ifndef HTTPD
#define HTTPD NULL /* not built here */
#endif

static inline bool httpd_is_here(void) {
    const char *program = HTTPD;
    return program != NULL;
}

typedef struct httpd {
    pid_t pid;
    unsigned port;
} httpd;

/* A server does not outlive the test that it belongs to. */
static inline void httpd_end_with_parent(void) {
#if defined(__linux__)
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

/* `what` is --root or --upstream, `of` its value; the trace goes to the file, as JSON. */
static inline httpd httpd_start(const char *what, const char *of, const char *seconds,
                                const char *level, const char *trace) {
    const char *program = HTTPD;
    httpd started = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    started.pid = fork();
    if (started.pid == 0) {
        char output[1024];
        snprintf(output, sizeof output, "file:%s", trace);
        httpd_end_with_parent();
        setenv("CTRACE_OUTPUT", output, 1);
        setenv("CTRACE_FORMAT", "json", 1);
        setenv("CTRACE_LOG", level, 1);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(program, program, "--port", "0", what, of, "--timeout", seconds, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *said = fdopen(ends[0], "r");
    assert_non_null(said);
    assert_int_equal(fscanf(said, "%u", &started.port), 1);
    fclose(said);
    return started;
}

/* It must leave with 0. */
static inline void httpd_stop(const httpd *started) {
    int status = -1;
    kill(started->pid, SIGTERM);
    assert_int_equal(waitpid(started->pid, &status, 0), started->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static inline void httpd_address(unsigned port, struct sockaddr_in *ret_address) {
    memset(ret_address, 0, sizeof *ret_address);
    ret_address->sin_family = AF_INET;
    ret_address->sin_port = htons((uint16_t)port);
    ret_address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

/* Reading from it gives up after 30 s. */
static inline int httpd_connect(unsigned port) {
    struct sockaddr_in address;
    const struct timeval patience = {.tv_sec = 30};
    httpd_address(port, &address);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline void httpd_send(int fd, const char *text) {
    size_t size = strlen(text);
    while (size > 0) {
        const ssize_t sent = send(fd, text, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return; /* it does not want more: the answer says why */
        }
        text += sent;
        size -= (size_t)sent;
    }
}

/* Reads until the other side closes, and closes. The answer is a text. */
static inline void httpd_receive(int fd, char *answer, size_t room) {
    size_t size = 0;
    ssize_t got;
    while (size + 1 < room && (got = recv(fd, answer + size, room - 1 - size, 0)) > 0) {
        size += (size_t)got;
    }
    answer[size] = '\0';
    close(fd);
}

/* The status of an answer; 0: it is none. */
static inline int httpd_status(const char *answer) {
    int status = 0;
    return sscanf(answer, "HTTP/1.1 %d ", &status) == 1 ? status : 0;
}

/* A folder with a file index.html that has this text; the caller's to remove. */
static inline void httpd_make_root(char *ret_folder, size_t room, const char *text) {
    char path[512];
    const char *base = getenv("TMPDIR");
    snprintf(ret_folder, room, "%s/httpd-XXXXXX", base == NULL ? "/tmp" : base);
    assert_non_null(mkdtemp(ret_folder));
    snprintf(path, sizeof path, "%s/index.html", ret_folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

#endif
