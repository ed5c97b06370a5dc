#include "write/http_url.h"

#include <string.h>
#include <strings.h>

#include "core/status.h"

static bool is_printable(const char *url) {
    for (; *url != '\0'; url++) {
        if (*url <= ' ' || *url > '~') {
            return false;
        }
    }
    return true;
}

static cti_http_text until(const char *text, const char *stops) {
    return (cti_http_text){text, strcspn(text, stops)};
}

static const char *end_of(cti_http_text text) {
    return text.at + text.size;
}

static ctrace_status refuse(const char *why) {
    return cti_fail(CTRACE_EINVAL, "the URL of an HTTP writer %s", why);
}

/* ---- Scheme ---- */

static ctrace_status skip_scheme(const char **url) {
    if (strncasecmp(*url, "https://", 8) == 0) {
        return cti_fail(CTRACE_ENOTSUP, "https is not spoken here: TLS is the job of a collector "
                                        "on this machine; give the http:// URL of that");
    }
    if (strncasecmp(*url, "http://", 7) != 0) {
        return refuse("does not begin with http://");
    }
    *url += 7;
    return CTRACE_OK;
}

/* ---- Host and port ---- */

static bool is_port(cti_http_text digits) {
    unsigned long port = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9' || port > 65535) {
            return false;
        }
        port = port * 10 + (unsigned long)(digits.at[i] - '0');
    }
    return port >= 1 && port <= 65535;
}

static ctrace_status take_port(cti_http_text port, cti_http_url *url) {
    if (port.size == 0) { /* also behind a colon */
        memcpy(url->port, "80", 3);
        return CTRACE_OK;
    }
    if (!is_port(port)) {
        return refuse("has a port that is none");
    }
    while (port.size > 1 && *port.at == '0') {
        port.at++;
        port.size--;
    }
    memcpy(url->port, port.at, port.size);
    url->port[port.size] = '\0';
    return CTRACE_OK;
}

/* The host without brackets; of a zone ("%25eth0", RFC 6874) the percent sign alone. */
static ctrace_status take_host(cti_http_text host, cti_http_url *url) {
    if (host.size == 0 || host.size >= sizeof url->host) {
        return refuse(host.size == 0 ? "names no host" : "has a host name that is too long");
    }
    memcpy(url->host, host.at, host.size);
    url->host[host.size] = '\0';
    char *zone = strstr(url->host, "%25");
    if (zone != NULL) {
        memmove(zone + 1, zone + 3, strlen(zone + 3) + 1);
    }
    return CTRACE_OK;
}

/* Colons are part of an address in brackets. */
static ctrace_status divide(cti_http_text all, cti_http_text *ret_host, cti_http_text *ret_port) {
    const bool bracketed = all.size > 0 && *all.at == '[';
    const char *begin = all.at + (bracketed ? 1 : 0);
    const cti_http_text host = until(begin, bracketed ? "]/?#" : ":/?#");
    const char *behind = end_of(host);
    if (bracketed && *behind++ != ']') {
        return refuse("lacks a ]");
    }
    if (behind != end_of(all) && *behind != ':') {
        return refuse("has something between ] and the port");
    }
    const bool has_port = behind != end_of(all);
    *ret_host = host;
    *ret_port = has_port ? until(behind + 1, "/?#") : (cti_http_text){behind, 0};
    return CTRACE_OK;
}

static ctrace_status take_authority(cti_http_url *url) {
    if (memchr(url->authority.at, '@', url->authority.size) != NULL) {
        return refuse("holds a user or password: put an Authorization into the headers");
    }
    cti_http_text host = {NULL, 0};
    cti_http_text port = {NULL, 0};
    ctrace_status status = divide(url->authority, &host, &port);
    if (status == CTRACE_OK) {
        status = take_host(host, url);
    }
    return status == CTRACE_OK ? take_port(port, url) : status;
}

ctrace_status cti_http_url_parse(const char *url, cti_http_url *ret_url) {
    if (!is_printable(url)) {
        return refuse("holds characters that are to be percent-encoded");
    }
    ctrace_status status = skip_scheme(&url);
    if (status != CTRACE_OK) {
        return status;
    }
    cti_http_url parsed = {.authority = until(url, "/?#")};
    parsed.path = until(end_of(parsed.authority), "?#");
    parsed.query = until(end_of(parsed.path), "#");
    status = take_authority(&parsed);
    if (status == CTRACE_OK) {
        *ret_url = parsed;
    }
    return status;
}
