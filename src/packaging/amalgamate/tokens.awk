# Cuts a line of C into tokens: text[1..n] with kind[1..n] of "blank", "name", "literal" or "mark".
# Comments are blank. Comments and macro definitions go on over lines, so give the lines in order.
function cut_line(line,    n, at) {
    n = 0
    in_directive = continued ? in_directive : line ~ /^[ \t]*#/
    continued = line ~ /\\$/
    while (line != "") {
        n++
        kind[n] = "blank"
        if (in_comment) {
            at = index(line, "*/")
            in_comment = !at
            RLENGTH = at ? at + 1 : length(line)
        } else if (match(line, /^[ \t]+/) || match(line, /^\/\/.*/)) {
            # RLENGTH is all that matters
        } else if (match(line, /^\/\*/)) {
            in_comment = 1
        } else if (match(line, /^[A-Za-z_][A-Za-z0-9_]*/)) {
            kind[n] = "name"
        } else if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^'([^'\\]|\\.)*'/) ||
                   match(line, /^\.?[0-9]([eEpP][-+]|[A-Za-z0-9_.])*/)) {
            kind[n] = "literal"
        } else {
            kind[n] = "mark"
            if (!match(line, /^(->|\.\.\.)/)) {
                RLENGTH = 1
            }
        }
        text[n] = substr(line, 1, RLENGTH)
        line = substr(line, RLENGTH + 1)
    }
    return n
}

# Forgets the state of the file before.
function begin_file() {
    in_comment = in_directive = continued = 0
}

# The prefix that tells one source's names from another's: src/sinks/text.c becomes sinks_text_.
function file_prefix(path,    part, n) {
    n = split(path, part, "/")
    sub(/\.c$/, "", part[n])
    return part[n - 1] "_" part[n] "_"
}
