#!/bin/sh
# What protobuf's own decoder makes of the OTLP of a server under load, in both encodings:
# sh otlp_httpd.sh HTTPD FOLDER.
set -eu
httpd=$1
folder=$2
here=$(cd "$(dirname "$0")" && pwd)
. "$here/otlp_protos.sh"
prepare_protos "$folder"
PYTHONPATH=$folder/python exec /usr/bin/python3 "$here/otlp_httpd.py" "$httpd"
