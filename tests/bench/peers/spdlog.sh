#!/bin/sh
# Builds the same work done with spdlog, into the given file.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../support/need.sh"
need g++=g++ pkg-config=pkg-config /usr/include/spdlog/spdlog.h=libspdlog-dev
# shellcheck disable=SC2046 # words
g++ -std=c++17 -O2 -DNDEBUG $(pkg-config --cflags spdlog) "$here/spdlog.cpp" -o "$1" \
    $(pkg-config --libs spdlog)
