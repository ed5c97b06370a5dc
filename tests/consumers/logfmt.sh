#!/bin/sh
# What real programs make of our logfmt: sh logfmt.sh PROGRAM FOLDER. Consumers that are not here
# are named; without any the test is skipped. Debian: golang-go golang-github-go-logfmt-logfmt-dev,
# lnav.
set -eu
program=$1
folder=$2
gopath=/usr/share/gocode
mkdir -p "$folder"
cd "$folder"
"$program" >events.log
lines=$(wc -l <events.log)
asked=0

if command -v go >/dev/null 2>&1 && [ -d "$gopath/src/github.com/go-logfmt/logfmt" ]; then
    cat >read.go <<'END'
package main

import (
	"fmt"
	"os"

	"github.com/go-logfmt/logfmt"
)

// Prints how many lines there are, and the first one's values by their keys.
func main() {
	decoder := logfmt.NewDecoder(os.Stdin)
	lines := 0
	for decoder.ScanRecord() {
		for decoder.ScanKeyval() {
			if lines == 0 {
				fmt.Printf("%s <%s>\n", decoder.Key(), decoder.Value())
			}
		}
		lines++
	}
	if decoder.Err() != nil {
		fmt.Println(lines, decoder.Err())
		os.Exit(1)
	}
	fmt.Println(lines)
}
END
    GO111MODULE=off GOPATH=$gopath GOCACHE="$folder/cache" go run read.go <events.log >read.txt || {
        tail -1 read.txt
        exit 1
    }
    for expected in "$lines" 'level <WARN>' 'msg <slow query>' 'took <1.5ms>' 'rows <3>' \
        'e_text <No such file or directory>' 'note <said "no">' 'request.path </x y>' \
        'span <request:query>'; do
        grep -qxF "$expected" read.txt || { echo "go-logfmt did not read $expected"; exit 1; }
    done
    echo "go-logfmt accepts events.log"
    asked=1
else
    echo "skipped: no go-logfmt"
fi

if command -v lnav >/dev/null 2>&1; then
    HOME=$folder lnav -n -c ';select count(*) from logfmt_log' -c ':write-csv-to -' events.log \
        >count.csv 2>lnav.txt
    HOME=$folder lnav -n -c ';select fields from logfmt_log limit 1' -c ':write-csv-to -' \
        events.log >fields.csv 2>>lnav.txt
    # the last field: none before it ended the line
    if ! grep -qx "$lines" count.csv || ! grep -q '""line"":' fields.csv; then
        echo "lnav did not read all"
        cat count.csv fields.csv lnav.txt
        exit 1
    fi
    echo "lnav accepts events.log"
    asked=1
else
    echo "skipped: no lnav"
fi

[ "$asked" -ne 0 ] || exit 77
