#!/bin/sh
# What real programs make of our JSON: sh json.sh PROGRAM FOLDER. Consumers that are not here are
# named; without any the test is skipped.
set -eu
program=$1
folder=$2
mkdir -p "$folder"
cd "$folder"
"$program" >flat.json
"$program" nested >nested.json
lines=$(wc -l <flat.json)
asked=0

# count LINES FILE WHO: each line must have been taken for one object.
count() {
    if [ "$1" -ne "$lines" ]; then
        echo "$3 found $1 objects in the $lines lines of $2"
        exit 1
    fi
    echo "$3 accepts $2"
    asked=$((asked + 1))
}

if command -v node >/dev/null 2>&1; then
    for file in flat.json nested.json; do
        count "$(node -e '
            const text = new TextDecoder("utf-8", { fatal: true });
            const lines = text.decode(require("fs").readFileSync(process.argv[1])).split("\n");
            if (lines.pop() !== "") throw new Error("no newline at the end");
            for (const line of lines)
                if (typeof JSON.parse(line) !== "object") throw new Error(line);
            console.log(lines.length);' "$file")" "$file" node
    done
else
    echo "skipped: no node"
fi

python=$(command -v /usr/bin/python3 || command -v python3 || true)
if [ -n "$python" ]; then
    for file in flat.json nested.json; do
        count "$("$python" - "$file" <<'END'
import json, sys

def strict(pairs):
    keys = [key for key, value in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError(f"a key twice: {keys}")
    return dict(pairs)

def no_constant(name):
    raise ValueError(name)

lines = open(sys.argv[1], encoding="utf-8", newline="\n").read().split("\n")
events = [json.loads(line, object_pairs_hook=strict, parse_constant=no_constant)
          for line in lines[:-1]]
if sys.argv[1] == "flat.json":
    assert list(events[0])[:4] == ["time", "level", "msg", "target"], list(events[0])
    first = events[0]
    assert first["big"] == 2**64 - 1 and first["small"] == -2**63, first
    assert first["pi"] == 3.141592653589793 and first["tiny"] == 5e-324, first
    assert first["took_ns"] == 1500000 and first["text"] == "gr\u00fc\u00df", first
    assert first["span"] == first["spans"][-1] and first["spans"][0]["field_name"] == "mine"
    assert len(first["trace_id"]) == 32 and len(first["span_id"]) == 16
else:
    assert list(events[0]) == ["timestamp", "level", "fields", "target", "filename",
                               "line_number", "function", "span", "spans", "threadName",
                               "threadId"], list(events[0])
print(len(events))
END
        )" "$file" python
    done
else
    echo "skipped: no python3"
fi

# A viewer: finds time, level and message by their names, and leaves the rest as fields.
pino=$(command -v pino-pretty || true)
if [ -z "$pino" ] && command -v npm >/dev/null 2>&1; then
    timeout 100 npm install --prefix "$folder/npm" --no-audit --no-fund --loglevel=silent \
        pino-pretty >/dev/null 2>&1 || true
    pino=$folder/npm/node_modules/.bin/pino-pretty
fi
if [ -x "$pino" ]; then
    "$pino" --colorize=false <flat.json >pretty.txt
    count "$(grep -c '^\[[0-9:.]*\] [A-Z]*: *' pretty.txt)" flat.json pino-pretty
    grep -q '^\[[0-9:.]*\] WARN: slow query$' pretty.txt
    grep -q '^    rows: 3$' pretty.txt
else
    echo "skipped: no pino-pretty, and npm cannot fetch it"
fi

[ "$asked" -ne 0 ] || exit 77
