#include "names.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make_room(struct names *names) {
    if (names->count < names->capacity) {
        return 0;
    }
    size_t capacity = names->capacity == 0 ? 16 : names->capacity * 2;
    char **paths = realloc(names->paths, capacity * sizeof(*paths));
    if (paths == NULL) {
        return ENOMEM;
    }
    names->paths = paths;
    names->capacity = capacity;
    return 0;
}

static int add(struct names *names, const char *directory, const char *name) {
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = make_room(names) == 0 ? malloc(size) : NULL;
    if (path == NULL) {
        return ENOMEM;
    }
    const char *slash = directory[strlen(directory) - 1] == '/' ? "" : "/";
    snprintf(path, size, "%s%s%s", directory, slash, name);
    names->paths[names->count++] = path;
    return 0;
}

static int read_all(struct names *names, DIR *open, const char *directory) {
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(open);
        if (entry == NULL) {
            return errno;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            int error = add(names, directory, entry->d_name);
            if (error != 0) {
                return error;
            }
        }
    }
}

int names_read(struct names *ret_names, const char *directory) {
    *ret_names = (struct names){NULL, 0, 0};
    DIR *open = opendir(directory);
    if (open == NULL) {
        return errno;
    }
    int error = read_all(ret_names, open, directory);
    closedir(open);
    return error;
}

void names_free(struct names *names) {
    for (size_t i = 0; i < names->count; i++) {
        free(names->paths[i]);
    }
    free(names->paths);
}
