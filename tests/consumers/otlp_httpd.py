"""A collector for two servers in a chain, one of which sends protobuf and the other JSON. They answer
a thousand requests, twenty at a time, and each must make one trace, whole: python3 otlp_httpd.py
HTTPD, with the modules generated from the .proto files in sys.path."""
import base64
import collections
import http.client
import http.server
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

REQUESTS, AT_ONCE = 1000, 20
SPAN, LOG = ExportTraceServiceRequest, ExportLogsServiceRequest
received, refused = collections.defaultdict(list), []


def fail(what):
    print("FAILED:", what)
    sys.exit(1)


def with_base64_ids(value):
    """OTLP's JSON writes identities in hexadecimal, protobuf's own bytes in base64."""
    if isinstance(value, list):
        return [with_base64_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: base64.b64encode(bytes.fromhex(item)).decode()
            if key in ("traceId", "spanId", "parentSpanId") else with_base64_ids(item)
            for key, item in value.items()}


def decode(kind, content_type, body):
    message = kind()
    if content_type == "application/json":
        json_format.ParseDict(with_base64_ids(json.loads(body)), message)  # no unknown names
    else:
        message.ParseFromString(body)
    return message


class Collector(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = {"/v1/traces": SPAN, "/v1/logs": LOG}[self.path]
        content_type = self.headers["Content-Type"]
        try:
            received[content_type, kind].append(decode(kind, content_type, body))
        except Exception as error:  # whatever the decoder has against it
            refused.append(f"{content_type}: {error}")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def start(httpd, collector, protocol, *options):
    """The server, and the port that it says it listens on."""
    environment = dict(os.environ, CTRACE_LOG="debug", OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
                       OTEL_SERVICE_NAME=protocol,
                       CTRACE_OUTPUT=f"http://127.0.0.1:{collector.server_port}")
    server = subprocess.Popen([httpd, "--port", "0", *options], env=environment,
                              stdout=subprocess.PIPE, text=True)
    return server, int(server.stdout.readline())


def ask(port, first):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for i in range(first, REQUESTS, AT_ONCE):
        parent = f"00-{i + 1:032x}-{i + 1:016x}-01"
        connection.request("GET", "/file", headers={"traceparent": parent})
        answer = connection.getresponse()
        if answer.status != 200 or answer.read() != b"content\n":
            refused.append(f"request {i}: {answer.status}")


def ask_all(port):
    threads = [threading.Thread(target=ask, args=(port, i)) for i in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def spans_of(content_type):
    return [span for message in received[content_type, SPAN] for resource in message.resource_spans
            for scope in resource.scope_spans for span in scope.spans]


def logs_of(content_type):
    return [log for message in received[content_type, LOG] for resource in message.resource_logs
            for scope in resource.scope_logs for log in scope.log_records]


def check(front, files):
    traces = collections.defaultdict(dict)
    for span in front + files:
        traces[span.trace_id][span.span_id] = span
    for i in range(1, REQUESTS + 1):
        spans = traces.get(i.to_bytes(16, "big"), {})
        requests = [span for span in spans.values() if span.name == "request"]
        if len(requests) != 2 or {span.kind for span in requests} != {2}:
            fail(f"trace {i} has {len(requests)} requests")
        for span in spans.values():
            if span.parent_span_id not in spans and span.parent_span_id != i.to_bytes(8, "big"):
                fail(f"trace {i}: no file tells of the parent of {span.name}")
    for log in logs_of("application/x-protobuf") + logs_of("application/json"):
        if log.trace_id and log.span_id not in traces[log.trace_id]:
            fail(f"an event in a span that nobody sent: {log.body.string_value}")


def main(httpd):
    collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as root:
        with open(f"{root}/file", "w", encoding="ascii") as file:
            file.write("content\n")
        files, files_port = start(httpd, collector, "http/json", "--root", root)
        front, port = start(httpd, collector, "http/protobuf", "--upstream",
                            f"127.0.0.1:{files_port}")
        ask_all(port)
        for server in (front, files):
            server.send_signal(signal.SIGTERM)
            if server.wait(30) != 0:
                fail(f"a server exits with {server.returncode}")
    if refused:
        fail(refused[0])
    in_binary, in_json = spans_of("application/x-protobuf"), spans_of("application/json")
    check(in_binary, in_json)
    print(f"{len(in_binary)} spans in protobuf and {len(in_json)} in JSON make {REQUESTS} traces")


main(sys.argv[1])
