/* Compares a stream with the one on file; prints what there is when they differ. */
#ifndef CTRACE_TESTS_PROGRAM_CHECK_H
#define CTRACE_TESTS_PROGRAM_CHECK_H

#include <stdio.h>
#include <string.h>

#include "ctrace/subscriber.h"

/* 0 when they are the same. Frees the text. */
static int check_program(ctrace_buf *text) {
    static char expected[1 << 16];
    size_t size = 0;
    const char *made = ctrace_buf_bytes(text, &size);
    FILE *file = fopen(CTRACE_TEST_DIR "/integration/program.txt", "r");
    const size_t there = file == NULL ? 0 : fread(expected, 1, sizeof expected, file);
    if (file != NULL) {
        fclose(file);
    }
    const bool same = made != NULL && there == size && memcmp(made, expected, size) == 0;
    if (!same) {
        fputs(made == NULL ? "no memory\n" : made, stdout);
    }
    ctrace_buf_free(text);
    return same ? 0 : 1;
}

#endif
