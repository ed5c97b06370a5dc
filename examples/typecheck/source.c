#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Doubles the buffer when it is full. */
static bool make_room(struct source *source, size_t *capacity) {
    if (source->size < *capacity) {
        return true;
    }
    size_t larger = *capacity == 0 ? 4096 : *capacity * 2;
    char *text = larger > *capacity ? realloc(source->text, larger) : NULL;
    if (text == NULL) {
        errno = ENOMEM;
        return false;
    }
    source->text = text;
    *capacity = larger;
    return true;
}

static bool read_all(FILE *file, struct source *source) {
    size_t capacity = 0;
    do {
        if (!make_room(source, &capacity)) {
            return false;
        }
        source->size += fread(source->text + source->size, 1, capacity - source->size, file);
        if (ferror(file)) {
            return false;
        }
    } while (!feof(file));
    return true;
}

bool source_read(const char *path, struct source *ret_source) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    struct source source = {.path = path};
    bool ok = read_all(file, &source);
    int error = errno;
    fclose(file);
    if (!ok) {
        free(source.text);
        errno = error;
        return false;
    }
    *ret_source = source;
    return true;
}

void source_release(struct source *source) {
    free(source->text);
    source->text = NULL;
}

static bool is_control(char c) {
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* A terminal must not obey what stands in a source file, so control characters become blanks. */
static void print_line(const char *line, const char *end) {
    for (; line < end && *line != '\n'; line++) {
        fputc(is_control(*line) && *line != '\t' ? ' ' : *line, stderr);
    }
    fputc('\n', stderr);
}

/* Keeps tabs, so that the caret stands below its text however wide a tab is shown. */
static void print_indent(const char *line, const char *end) {
    for (; line < end; line++) {
        bool continues_character = ((unsigned char)*line & 0xc0) == 0x80;
        if (!continues_character) {
            fputc(*line == '\t' ? '\t' : ' ', stderr);
        }
    }
}

static void print_excerpt(const struct source *source, struct position at) {
    const char *end = source->text + source->size;
    const char *start = source->text + at.offset;
    const char *line = start;
    while (line > source->text && line[-1] != '\n') {
        line--;
    }
    fprintf(stderr, "%5u | ", at.line);
    print_line(line, end);
    fputs("      | ", stderr);
    print_indent(line, start);
    fputc('^', stderr);
    for (size_t i = 1; i < at.size && start[i] != '\n'; i++) {
        fputc('~', stderr);
    }
    fputc('\n', stderr);
}

void source_error(struct source *source, struct position at, const char *message) {
    source->errors++;
    if (source->silent) {
        return;
    }
    fflush(stdout); /* the types found before the error come before it, also in one file */
    fprintf(stderr, "%s:%u:%u: error: %s\n", source->path, at.line, at.column, message);
    print_excerpt(source, at);
}
