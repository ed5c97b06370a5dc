#!/bin/sh
# Builds the same work done with Rust's tracing and tracing-subscriber, into the given file, from
# Debian's packages of their sources: nothing is fetched.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../support/need.sh"
registry=/usr/share/cargo/registry
need cargo=cargo rustc=rustc "$registry/tracing-0.1.37=librust-tracing-dev" \
    "$registry/tracing-subscriber-0.3.16=librust-tracing-subscriber-dev" \
    "$registry/crossbeam-channel-0.5.6=librust-crossbeam-channel-dev"

build=$1.build
mkdir -p "$build"
cp -R "$here/tracing/." "$build"
mkdir -p "$build/.cargo"
cat >"$build/.cargo/config.toml" <<END
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "$registry"
END
(cd "$build" && quietly cargo build --release --offline --quiet)
cp "$build/target/release/bench_tracing" "$1"
