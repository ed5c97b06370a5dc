#!/bin/sh
# What protobuf's own decoder makes of our OTLP: sh otlp.sh PROGRAM FOLDER.
set -eu
program=$1
folder=$2
here=$(cd "$(dirname "$0")" && pwd)
. "$here/otlp_protos.sh"
prepare_protos "$folder"
rm -f "$folder/otlp.json" "$folder/traces.pb" "$folder/logs.pb"
(cd "$folder" && "$program")
PYTHONPATH=$folder/python exec /usr/bin/python3 "$here/otlp.py" "$folder"
