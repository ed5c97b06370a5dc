// Contexts there and back between ctrace and OpenTelemetry: node trace_context.js PROGRAM [SEED]
// The program passes on what it is sent: see trace_context.c. What the W3C's specifications say is
// written down here once more, by regular expressions.
"use strict";
const assert = require("assert");
const { spawnSync } = require("child_process");
const api = require("@opentelemetry/api");
const { TraceState, W3CBaggagePropagator, W3CTraceContextPropagator } =
    require("@opentelemetry/core");

const program = process.argv[2];
let seed = Number(process.argv[3] || 42);
const COUNT = 10000;

// ---- Random things ----

function random(below) { // mulberry32
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * below);
}
const pick = (from) => from[random(from.length)];
const text = (alphabet, size) => Array.from({ length: size }, () => pick(alphabet)).join("");
const range = (from, to) =>
    Array.from({ length: to - from + 1 }, (_, i) => String.fromCharCode(from + i)).join("");
const repeat = (count, make) => Array.from({ length: count }, (_, i) => make(i));

const HEX = "0123456789abcdef";
const LOWER = range(97, 122);
const STATE_VALUE = range(0x20, 0x7e).replace(/[,=]/g, "");
const TOKEN = LOWER + LOWER.toUpperCase() + "0123456789!#$%&'*+-.^_`|~";
const HOSTILE = range(1, 255).replace(/\n/g, "");

// One to three bytes changed, taken out or put in.
function damage(header) {
    for (let times = 1 + random(3); times > 0; times--) {
        const at = random(header.length + 1);
        const put = random(3) === 0 ? "" : pick([pick(HOSTILE), pick(",;=- %\t"), pick(HEX)]);
        header = header.slice(0, at) + put + header.slice(at + random(2));
    }
    return header;
}

// ---- Talking to the program: a request is a list of [name, value] ----

const hex = (value) => Buffer.from(value, "latin1").toString("hex");
const unhex = (value) => Buffer.from(value, "hex").toString("latin1");
const utf8 = (value) => Buffer.from(value, "utf8").toString("latin1");

function askAll(requests) {
    const input = requests
        .map((pairs) => pairs.map(([n, v]) => `${hex(n)}:${hex(v)}`).join(" ") + "\n").join("");
    const ran = spawnSync(program, { input, encoding: "latin1", maxBuffer: 2 ** 30 });
    assert.strictEqual(ran.status, 0, ran.stderr);
    const answers = ran.stdout.split("\n").slice(0, -1);
    assert.strictEqual(answers.length, requests.length);
    return answers.map((line) => line.split(" ").filter((word) => word !== "")
        .map((word) => word.split(":").map(unhex)));
}
const all = (pairs, name) => pairs.filter(([n]) => n === name).map(([, value]) => value);
const one = (pairs, name) => all(pairs, name)[0];

const setter = { set: (carrier, name, value) => carrier.push([name, value]) };
const getter = {
    keys: (carrier) => carrier.map(([name]) => name),
    get: (carrier, name) => {
        const values = all(carrier, name);
        return values.length > 1 ? values : values[0];
    },
};
const context = new W3CTraceContextPropagator();
const baggage = new W3CBaggagePropagator();
const spanOf = (carrier) =>
    api.trace.getSpanContext(context.extract(api.ROOT_CONTEXT, carrier, getter));
const entriesOf = (carrier) => {
    const got = api.propagation.getBaggage(baggage.extract(api.ROOT_CONTEXT, carrier, getter));
    return got === undefined ? [] : got.getAllEntries();
};

// ---- What the specifications say ----

const PARENT =
    /^[ \t]*((?!ff)[0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-[^]*)?[ \t]*$/;
const STATE_MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;
const KEY = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const VALUE = "[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]*";
const OWS = "[ \\t]*";
const PAIR = `${OWS}${KEY}${OWS}=${OWS}${VALUE}${OWS}`;
const BAGGAGE_MEMBER = new RegExp(`^${PAIR}(;(${PAIR}|${OWS}${KEY}${OWS}))*$`);

function expectedParent(headers) {
    const match = headers.length === 1 && PARENT.exec(headers[0]);
    if (!match || (match[1] === "00" && match[5] !== undefined)) return undefined;
    const flags = (parseInt(match[4], 16) & 3).toString(16);
    return `00-${match[2]}-${match[3]}-0${flags}`;
}

function expectedState(headers) {
    const members = headers.join(",").split(",")
        .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, "")).filter((member) => member !== "");
    if (members.length > 32 || !members.every((member) => STATE_MEMBER.test(member)))
        return undefined;
    while (members.join(",").length > 512) {
        const large = members.map((member) => member.length > 128).lastIndexOf(true);
        members.splice(large === -1 ? members.length - 1 : large, 1);
    }
    return members.length === 0 ? undefined : members.join(",");
}

function expectedBaggage(headers) {
    const kept = [];
    for (const member of headers.join(",").split(",")) {
        const bare = member.replace(/[ \t]/g, "");
        if (BAGGAGE_MEMBER.test(member) && kept.length < 64 &&
            [...kept, bare].join(",").length <= 8192)
            kept.push(bare);
    }
    return kept.length === 0 ? undefined : kept.join(",");
}

// ---- Theirs to ours and back: what OpenTelemetry sends comes back as it was ----

const randomParent = () =>
    `00-${text(HEX, 31)}1-${text(HEX, 15)}1-0${random(4)}`;
const randomMember = (i) => `${pick(LOWER)}${text(LOWER + "0123456789_-*/", random(12))}${i}=` +
    text(STATE_VALUE, random(9)) + "v";

function theirs() {
    let state = new TraceState();
    for (let i = random(8); i > 0; i--) {
        const [key, value] = randomMember(i).split("=");
        state = state.set(key, value);
    }
    const [, traceId, spanId] = randomParent().split("-");
    const span = { traceId, spanId, traceFlags: random(4), traceState: state };
    const items = {};
    repeat(random(6), (i) => {
        items[`k${i}${text(LOWER, 4)}`] = {
            value: String.fromCodePoint(...repeat(1 + random(9), () => pick([32 + random(95),
                0xa0 + random(0x500), 0x4e00 + random(999), 0x1f600 + random(64)]))),
        };
    });
    const from = api.propagation.setBaggage(api.trace.setSpanContext(api.ROOT_CONTEXT, span),
        api.propagation.createBaggage(items));
    const headers = [];
    context.inject(from, headers, setter);
    baggage.inject(from, headers, setter);
    return { span, items, headers };
}

function fromThemAndBack() {
    const sent = repeat(COUNT, theirs);
    const answers = askAll(sent.map(({ headers, items }) =>
        [...headers, ...Object.keys(items).map((key) => ["get", key])]));
    sent.forEach(({ span, items, headers }, i) => {
        const back = spanOf(answers[i]);
        assert.deepStrictEqual(
            [back.traceId, back.spanId, back.traceFlags, (back.traceState || new TraceState()).serialize()],
            [span.traceId, span.spanId, span.traceFlags, span.traceState.serialize()], headers);
        const entries = entriesOf(answers[i]).map(([key, { value }]) => [key, { value }]);
        assert.deepStrictEqual(entries, Object.entries(items), String(headers));
        assert.deepStrictEqual(all(answers[i], "got"),
            Object.values(items).map(({ value }) => utf8(value)));
    });
}

// ---- Ours to theirs: what is set here is what they read ----

function toThem() {
    const sent = repeat(COUNT, () => repeat(1 + random(5), (i) => [`k${i}${text(LOWER, 5)}`,
        String.fromCodePoint(...repeat(1 + random(20), () => 1 + random(random(2) ? 0x7f : 0xd7fe)))]));
    const answers = askAll(sent.map((items) =>
        [["span", ""], ...items.map(([key, value]) => [`set ${key}`, utf8(value)])]));
    sent.forEach((items, i) => {
        const span = spanOf(answers[i]);
        assert.ok(api.isSpanContextValid(span) && span.traceFlags === 3, String(answers[i]));
        const entries = entriesOf(answers[i]).map(([key, { value }]) => [key, value]);
        assert.deepStrictEqual(entries, items);
    });
}

// ---- Hostile headers: taken and refused as the specifications say, and as they do ----

const hostileParent = () => pick([
    () => damage(randomParent()),
    () => damage(pick(["01", "cc", "fe", "ff"]) + randomParent().slice(2) + pick(["", "-", "-x", ".x"])),
    () => randomParent() + pick(["-", "-00", " ", "\t", ""]),
    () => pick(["00", "ab"]) + `-${"0".repeat(32)}-${text(HEX, 16)}-01`,
    () => `00-${text(HEX, 32)}-${"0".repeat(16)}-${text(HEX, 2)}`,
    () => randomParent().toUpperCase(),
    () => text(HOSTILE, random(70)),
])();

const hostileState = () => pick([
    () => repeat(random(36), randomMember).join(pick([",", ", ", ",,", " \t, "])),
    () => damage(repeat(1 + random(4), randomMember).join(",")),
    () => repeat(1 + random(6), (i) => `${text(LOWER, 1 + random(257))}${i}=${text(LOWER, 1 + random(257))}`)
        .join(","),
    () => `${"k".repeat(255 + random(3))}=${"v".repeat(255 + random(3))}`,
    () => text(HOSTILE, random(70)),
    () => "",
])();

const hostileBaggage = () => pick([
    () => repeat(random(80), (i) => `${text(TOKEN, 1 + random(9))}${i}=${text(TOKEN, random(9))}`)
        .join(pick([",", " , ", ",\t"])),
    () => damage("userId=alice;p=1;q, serverNode = DF%2028 ,isProduction=%66alse"),
    () => `a=1,b=${"v".repeat(8170 + random(30))},c=3`,
    () => `a=%${text(HOSTILE, 2)},b=%${text(HEX, 2)}%${text(HEX, 2)}`,
    () => text(HOSTILE, random(90)),
])();

// They take white space of other kinds and positions around it, too.
function assertSameVerdict(header, taken) {
    if (header !== undefined && header.trim() === header && /^[ -~]*$/.test(header))
        assert.strictEqual(spanOf([["traceparent", header]]) !== undefined, taken, header);
}

function hostile() {
    const sent = repeat(COUNT, () => [
        ...repeat(1 + (random(20) === 0) - (random(40) === 0), () => ["traceparent",
            random(2) ? randomParent() : hostileParent()]),
        ...repeat(random(3), () => ["tracestate", hostileState()]),
        ...repeat(random(3), () => ["baggage", hostileBaggage()]),
    ]);
    const taken = { traceparent: 0, tracestate: 0, baggage: 0 };
    askAll(sent).forEach((answer, i) => {
        const parents = all(sent[i], "traceparent");
        const parent = expectedParent(parents);
        const expected = {
            traceparent: parent,
            tracestate: parent && expectedState(all(sent[i], "tracestate")),
            baggage: expectedBaggage(all(sent[i], "baggage")),
        };
        for (const name of Object.keys(expected)) {
            assert.strictEqual(one(answer, name), expected[name], JSON.stringify(sent[i]));
            taken[name] += expected[name] !== undefined;
        }
        if (parents.length === 1) assertSameVerdict(parents[0], parent !== undefined);
        if (parent) assert.ok(api.isSpanContextValid(spanOf(answer)));
    });
    for (const [name, count] of Object.entries(taken)) {
        assert.ok(count > COUNT / 10 && count < COUNT * 9 / 10, `${name}: ${count} taken`);
        console.log(`${COUNT} hostile requests: ${count} with a ${name} to pass on`);
    }
}

fromThemAndBack();
console.log(`${COUNT} contexts of theirs come back as they were`);
toThem();
console.log(`${COUNT} contexts of ours are read as they are`);
hostile();
