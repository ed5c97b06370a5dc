# Prints "PREFIX NAME" for every name that a source uses at file scope for something of its own (a
# static function or variable, a type, an enumerator): what may clash, with another source or with a
# system header that another source includes, once all are one file. Names with our prefixes are
# shared on purpose.
#
# Usage: awk -f tokens.awk -f locals.awk SOURCE...
BEGIN {
    n = split("auto char const double enum extern float int long register restrict short signed " \
              "static struct typedef union unsigned void volatile bool _Atomic _Thread_local", list, " ")
    for (i = 1; i <= n; i++) {
        keyword[list[i]] = 1
    }
}

FNR == 1 {
    begin_file()
    braces = 0
    begin_declaration()
}

{
    n = cut_line($0)
    for (i = 1; !in_directive && i <= n; i++) {
        if (kind[i] != "blank") {
            take(kind[i], text[i])
        }
    }
}

function begin_declaration() {
    owned = named = parens = is_enum = is_tag = attribute = 0
    last = before = ""
}

function own(name) {
    if (name == "" || name in keyword || name ~ /^(cti|ctrace|CTI|CTRACE|TRACE)_/ ||
        (FILENAME, name) in seen) {
        return
    }
    seen[FILENAME, name] = 1
    print file_prefix(FILENAME), name
}

function take(kind, token) {
    if (token == "{") {
        if (braces++ == 0) {
            open_brace()
        }
    } else if (token == "}") {
        if (--braces == 0) {
            close_brace()
        }
    } else if (braces == 0) {
        take_outside(kind, token)
    } else if (braces == 1 && is_enum && kind == "name" && (before == "{" || before == ",")) {
        own(token)
    }
    before = token
}

function open_brace() {
    if (is_tag && last != "struct" && last != "union" && last != "enum" && before == last) {
        own(last)
    }
    is_body = before == ")"
    is_enum = is_enum && !is_body
}

# A function ends with its body; anything else goes on to its semicolon.
function close_brace() {
    if (is_body) {
        begin_declaration()
    }
    last = ""
}

function take_outside(kind, token) {
    if (attribute) {
        attribute += token == "(" ? 1 : token == ")" ? -1 : 0
        if (attribute == 1) {
            attribute = 0
        }
    } else if (token == "static" || token == "typedef") {
        owned = 1
    } else if (token == "(" && (last ~ /^__/ || last ~ /^[A-Z_]+$/) && before == last) {
        attribute = 2
    } else if (kind == "name") {
        is_enum = is_enum || token == "enum"
        is_tag = token ~ /^(struct|union|enum)$/ || (is_tag && before ~ /^(struct|union|enum)$/)
        last = token
    } else if (kind == "mark") {
        take_mark(token)
    }
}

function take_mark(token) {
    if (token == "(" || token == ")" || token == "=" || token == "[" || token == "," || token == ";") {
        if (owned && !named && !(token == "(" && last in keyword) && !(token == "," && parens)) {
            named = last != "" && !(last in keyword)
            if (named) {
                own(last)
            }
        }
    }
    parens += token == "(" ? 1 : token == ")" ? -1 : 0
    if (token == "," && parens == 0) {
        named = 0
    } else if (token == ";") {
        begin_declaration()
    }
}
