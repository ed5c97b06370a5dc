# Prints the given files as one, each local header once, where it is first included. In names from
# the list CLASHES that locals.awk printed, every source gets its own prefix.
#
# Usage: awk -v locals=LOCALS -v done=PATTERN -f tokens.awk -f emit.awk FILE...
# with the top of the tree as working directory; headers that match the pattern are left out.
BEGIN {
    while (locals != "" && (getline line < locals) > 0) {
        split(line, field, " ")
        own[field[1], field[2]] = 1
    }
    for (argument = 1; argument < ARGC; argument++) {
        emit(ARGV[argument])
    }
}

function emit(file,    line, got) {
    if (file in emitted || (done != "" && file ~ done)) {
        return
    }
    emitted[file] = 1
    begin_source(file)
    while ((got = (getline line < file)) > 0) {
        if (line ~ /^[ \t]*#[ \t]*include[ \t]*("|<ctrace\/)/) {
            emit(included(line))
            prefix = file_prefix(file)
        } else {
            emit_line(file, line)
        }
    }
    if (got < 0) {
        print "cannot read " file > "/dev/stderr"
        exit 1
    }
    close(file)
    for (; macros > 0; macros--) {
        print "#undef " macro[macros]
    }
}

function begin_source(file) {
    begin_file()
    prefix = file_prefix(file)
    struct_next = braces = 0
    before = ""
    print "\n/* ==== " file " ==== */"
}

function included(line) {
    sub(/^[^"<]*["<]/, "", line)
    sub(/[">].*$/, "", line)
    return (line ~ /^ctrace\// ? "include/" : "src/") line
}

function emit_line(file, line,    n, i, out) {
    n = cut_line(line)
    for (i = 1; i <= n; i++) {
        if (kind[i] == "name" && (prefix, text[i]) in own && !is_member(i, n)) {
            out = out prefix
        }
        out = out text[i]
        if (kind[i] != "blank") {
            follow(text[i])
        }
    }
    print out
    # What a source defines for itself ends with it; what a header defines is for all.
    if (file ~ /\.c$/ && out ~ /^[ \t]*#[ \t]*define[ \t]/) {
        sub(/^[ \t]*#[ \t]*define[ \t]+/, "", out)
        sub(/[^A-Za-z0-9_].*$/, "", out)
        macro[++macros] = out
    }
}

# Keeps track of whether we are directly in the braces of a struct or union.
function follow(token) {
    if (token == "struct" || token == "union") {
        struct_next = 1
    } else if (token == "{") {
        in_struct[++braces] = struct_next
        struct_next = 0
    } else if (token == "}" && braces > 0) {
        braces--
    } else if (token ~ /^[;()=*]$/) {
        struct_next = 0
    }
    before = token
}

# A member keeps its name: where it is used, and where its struct declares it.
function is_member(i, n) {
    if (before == "." || before == "->") {
        return 1
    }
    if (braces == 0 || !in_struct[braces] || before == "[" || before ~ /^(struct|union|enum)$/) {
        return 0
    }
    return !(i + 2 <= n && kind[i + 1] == "blank" && (kind[i + 2] == "name" || text[i + 2] == "*"))
}
