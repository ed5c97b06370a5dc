# Fails on an include that climbs: a file of src may include its own room, rooms on lower floors and
# the public headers; a public header only public headers and C11.
#
# Usage: awk -f floors.awk FILE...   with paths that begin at src/ or include/
BEGIN {
    floor["base"] = 0
    floor["core"] = 1
    floor["filter"] = floor["record"] = floor["encode"] = floor["context"] = floor["write"] = 2
    floor["compose"] = 3
    floor["sinks"] = 4
    floor["setup"] = 5
    floor["cli"] = 6
    split("assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal " \
          "stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath " \
          "threads time uchar wchar wctype pthread", names, " ")
    for (i in names) {
        standard[names[i] ".h"] = 1
    }
}

function complain(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why
    climbed = 1
}

FNR == 1 {
    checked++
    split(FILENAME, path, "/")
    public = path[1] == "include"
    room = path[2]
    bridge = public && path[3] == "bridge"
    if (!public && !(room in floor)) {
        complain("the room src/" room " has no floor")
    }
}

/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
    angled = $0 ~ /include[ \t]*</
    file = $0
    sub(/^[^<"]*[<"]/, "", file)
    sub(/[>"].*$/, "", file)
    split(file, part, "/")

    if (part[1] == "ctrace" && part[2] != "") {
        next
    }
    if (angled) {
        if (public && !bridge && !(file in standard)) {
            complain("a public header includes <" file ">, which is not C11")
        }
        next
    }
    if (public) {
        complain("a public header includes \"" file "\", which users do not have")
    } else if (!(part[1] in floor) || part[2] == "") {
        complain("\"" file "\" does not name its room; write \"room/file.h\"")
    } else if (part[1] != room && floor[part[1]] == floor[room]) {
        complain("src/" room " includes \"" file "\", from a room on its own floor")
    } else if (floor[part[1]] > floor[room]) {
        complain("src/" room " includes \"" file "\", from a higher floor")
    }
}

END {
    if (climbed) {
        exit 1
    }
    printf "%d files, no include climbs\n", checked
}
