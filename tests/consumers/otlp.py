"""What protobuf's own decoder, with OpenTelemetry's .proto files, makes of our OTLP, in both
encodings: python3 otlp.py FOLDER, with the generated modules in sys.path."""
import base64
import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

IDS = ("traceId", "spanId", "parentSpanId")


def fail(what):
    print("FAILED:", what)
    sys.exit(1)


def no_key_twice(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        fail(f"a key twice in {keys}")
    return dict(pairs)


def to_mapping(value):
    """OTLP writes identities in hexadecimal, protobuf's mapping bytes in base64; enums are numbers."""
    if isinstance(value, list):
        return [to_mapping(item) for item in value]
    if not isinstance(value, dict):
        return value
    for key in ("kind", "code", "severityNumber"):
        if key in value and not isinstance(value[key], int):
            fail(f"{key} is no number: {value[key]!r}")
    for key in ("startTimeUnixNano", "endTimeUnixNano", "timeUnixNano", "intValue"):
        if key in value and not isinstance(value[key], str):
            fail(f"{key} is no string: {value[key]!r}")
    mapped = {key: to_mapping(item) for key, item in value.items()}
    for key in IDS:
        if key in mapped:
            size = 32 if key == "traceId" else 16
            if len(mapped[key]) != size or mapped[key].lower() != mapped[key]:
                fail(f"{key} is {mapped[key]!r}")
            mapped[key] = base64.b64encode(bytes.fromhex(mapped[key])).decode()
    return mapped


def read_json(path):
    """The requests of both signals, each merged into one."""
    traces, logs = ExportTraceServiceRequest(), ExportLogsServiceRequest()
    for line in open(path, encoding="utf-8"):
        value = to_mapping(json.loads(line, object_pairs_hook=no_key_twice))
        into = traces if "resourceSpans" in value else logs
        part = type(into)()
        json_format.ParseDict(value, part)  # refuses unknown names
        into.MergeFrom(part)
    return traces, logs


def read_protobuf(path, message):
    message.ParseFromString(open(path, "rb").read())
    return message


def unknown_fields(message):
    if len(message.UnknownFields()):
        fail(f"unknown fields in {message}")
    for field, value in message.ListFields():
        if field.message_type is not None:
            for item in value if field.label == field.LABEL_REPEATED else [value]:
                unknown_fields(item)


def unique_keys(attributes):
    keys = [item.key for item in attributes]
    if len(keys) != len(set(keys)):
        fail(f"attribute keys {keys}")


def records(message, resources, scopes, items):
    """All records in the order they came, each with its scope and its resource."""
    found = []
    for resource in getattr(message, resources):
        unique_keys(resource.resource.attributes)
        for scope in getattr(resource, scopes):
            for item in getattr(scope, items):
                unique_keys(item.attributes)
                found.append((scope.scope.name, item, resource.resource))
    return found


def same(of_json, of_protobuf, what):
    if len(of_json) != len(of_protobuf) or not of_json:
        fail(f"{len(of_json)} {what} in JSON, {len(of_protobuf)} in protobuf")
    for a, b in zip(of_json, of_protobuf):
        if str(a) != str(b):  # NaN is not equal to itself
            fail(f"{what} differ:\n{a}\n{b}")
    print(f"{len(of_json)} {what}: both encodings decode to the same")


def attribute(record, key):
    return [item.value for item in record.attributes if item.key == key][0]


def expect(what, is_so):
    if not is_so:
        fail(what)


def check_spans(spans):
    query, server = spans[0][1], spans[1][1]
    expect("names", (query.name, server.name) == ("query", "GET /x"))
    expect("kinds", (query.kind, server.kind) == (3, 2))
    expect("trace", server.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c")
    expect("remote parent", server.parent_span_id.hex() == "b7ad6b7169203331")
    expect("local parent", query.parent_span_id == server.span_id)
    expect("flags", (server.flags, query.flags) == (0x301, 0x101))
    expect("trace state", server.trace_state == "vendor=a,other=b")
    expect("status", (server.status.code, server.status.message) == (2, "it broke"))
    expect("status that is said", query.status.code == 1 and not query.status.message)
    expect("links", [link.span_id.hex() for link in query.links]
           == [server.span_id.hex(), "2222222222222222"])
    expect("remote link", query.links[1].flags == 0x303)
    expect("recorded", attribute(server, "late").int_value == 7)
    expect("no otel.kind", all(item.key != "otel.kind" for item in server.attributes))
    expect("times", 0 < server.start_time_unix_nano <= query.start_time_unix_nano
           <= query.end_time_unix_nano <= server.end_time_unix_nano)
    expect("resource", attribute(spans[0][2], "service.name").string_value == "shop")
    for key in ("process.pid", "host.name", "telemetry.sdk.name"):
        attribute(spans[0][2], key)


def check_logs(logs, spans):
    kinds = logs[1][1]
    expect("scope", logs[0][0] == "shop::db")
    expect("body", kinds.body.string_value == "every kind")
    expect("severity", (kinds.severity_number, kinds.severity_text) == (13, "WARN"))
    expect("ids", (kinds.trace_id, kinds.span_id) == (spans[0][1].trace_id, spans[0][1].span_id))
    expect("outside", logs[3][1].body.string_value == "outside" and not logs[3][1].span_id)
    for key, name, value in (("bool", "bool_value", True), ("int", "int_value", -(1 << 63)),
                             ("big", "string_value", str((1 << 64) - 1)),
                             ("double", "double_value", 0.1), ("inf", "double_value", -float("inf")),
                             ("broken", "string_value", "\ufffd\ufffd"),
                             ("bytes", "bytes_value", b"\x00\xff\x01\x02"),
                             ("hex", "string_value", "0xff"), ("took", "int_value", 1500000),
                             ("e", "int_value", 2),
                             ("e_text", "string_value", "No such file or directory"),
                             ("empty", "string_value", "")):
        found = attribute(kinds, key)
        expect(f"{key}: {found}", found.WhichOneof("value") == name and getattr(found, name) == value)
    expect("null", attribute(kinds, "null").WhichOneof("value") is None)


def main(folder):
    json_traces, json_logs = read_json(f"{folder}/otlp.json")
    traces = read_protobuf(f"{folder}/traces.pb", ExportTraceServiceRequest())
    logs = read_protobuf(f"{folder}/logs.pb", ExportLogsServiceRequest())
    unknown_fields(traces)
    unknown_fields(logs)
    spans = records(traces, "resource_spans", "scope_spans", "spans")
    events = records(logs, "resource_logs", "scope_logs", "log_records")
    same(records(json_traces, "resource_spans", "scope_spans", "spans"), spans, "spans")
    same(records(json_logs, "resource_logs", "scope_logs", "log_records"), events, "log records")
    check_spans(spans)
    check_logs(events, spans)


main(sys.argv[1])
