// The HTTP writer, a proxy that fails as networks do, and behind it Elastic's mock collector, which
// dies in the middle and comes back: node collector.js PROGRAM
"use strict";
const assert = require("assert");
const { execFile, spawn } = require("child_process");
const { once } = require("events");
const http = require("http");
const readline = require("readline");

// The attribute "number" of each span in a request.
function numbersOf(trace) {
    return trace.resourceSpans
        .flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans))
        .map((span) => span.attributes.find(({ key }) => key === "number").value.intValue);
}

// The collector, a process of its own: tells on standard output its port and the spans that came.
function mock(port) {
    const { MockOtlpServer } = require("@elastic/mockotlpserver");
    const server = new MockOtlpServer({
        logLevel: "warn",
        services: ["http"],
        httpHostname: "127.0.0.1",
        httpPort: port,
        onTrace: (trace) => numbersOf(trace).forEach((number) => console.log("span", number)),
    });
    process.stdin.on("end", () => process.exit(0)).resume();
    server.start().then(() => console.log("port", server.httpUrl.port));
}

class Collector {
    constructor() {
        this.arrived = new Map(); // number of a span to how often
        this.port = 0;
    }
    start() {
        return new Promise((resolve) => {
            const mine = [__filename, "--mock", String(this.port)];
            const stdio = ["pipe", "pipe", "inherit"];
            this.process = spawn(process.execPath, mine, { stdio });
            this.lines = readline.createInterface(this.process.stdout);
            this.lines.on("line", (line) => {
                const [what, value] = line.split(" ");
                if (what === "span") this.arrived.set(value, (this.arrived.get(value) ?? 0) + 1);
                if (what === "port") {
                    this.port = Number(value);
                    resolve();
                }
            });
        });
    }
    // It answers before it looks at what it was sent: killed in between it would lose that.
    async tells(numbers) {
        while (!numbers.every((number) => this.arrived.has(String(number))))
            await once(this.lines, "line");
    }
    // Resolves when the process, and all that it told, is gone.
    end(how) {
        return new Promise((resolve) => {
            this.process.on("close", resolve);
            how(this.process);
        });
    }
}

// Passes a request on; `answer` gets the collector's status and body, or null when it is not there.
function passOn(collector, request, body, answer) {
    const { url: path, headers, method } = request;
    const onward = http.request({ port: collector.port, host: "127.0.0.1", method, path, headers });
    onward.on("error", () => answer(null));
    onward.on("response", (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", async () => {
            await collector.tells(numbersOf(JSON.parse(body)));
            answer(response.statusCode, Buffer.concat(chunks));
        });
        response.on("error", () => answer(null));
    });
    onward.end(body);
}

function relay(collector, request, response, body) {
    passOn(collector, request, body, (status, reply) => {
        if (response.destroyed) return;
        response.writeHead(status ?? 502);
        response.end(reply);
    });
}

const failures = {
    busy: (c, request, response) => response.writeHead(503).end("later"),
    slow: (c, request, response) => response.writeHead(429, { "Retry-After": "1" }).end(),
    stall: () => {},
    hangUp: (c, request) => request.socket.destroy(),
    die: (collector, request) => {
        collector.end((process) => process.kill("SIGKILL")).then(() => collector.start());
        request.socket.write("HTTP/1.1 200 O", () => request.socket.destroy());
    },
    loseAnswer: (collector, request, response, body) =>
        passOn(collector, request, body, () => request.socket.destroy()),
};

// script: what happens to the nth request, unless it is passed on.
function proxy(collector, script) {
    let count = 0;
    const server = http.createServer((request, response) => {
        const chunks = [];
        request.on("data", (chunk) => chunks.push(chunk));
        request.on("end", () => {
            const step = failures[script[count++]] ?? relay;
            step(collector, request, response, Buffer.concat(chunks));
        });
    });
    return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

function run(program, ...args) {
    return new Promise((resolve, reject) => {
        execFile(program, args.map(String), { timeout: 200000 }, (error, stdout) => {
            const found = /^(\d+) taken (\d+) refused (\d+) spans lost (\d+) write err/.exec(stdout);
            if (error || !found) return reject(error ?? new Error(stdout));
            const [taken, refused, lost, errors] = found.slice(1).map(Number);
            resolve({ taken, refused, lost, errors });
        });
    });
}

// Runs the program against a proxy with that script; returns its account and what arrived.
async function send(program, script, ...args) {
    const collector = new Collector();
    await collector.start();
    const server = await proxy(collector, script);
    const account = await run(program, `http://127.0.0.1:${server.address().port}`, ...args);
    await collector.end((process) => process.stdin.end());
    server.close();
    server.closeAllConnections();
    return { account, arrived: collector.arrived };
}

async function main(program) {
    const failing = { 0: "busy", 1: "busy", 3: "slow", 5: "stall", 7: "hangUp", 9: "die", 16: "loseAnswer" };
    const patient = await send(program, failing, 60);
    assert.deepStrictEqual(patient.account, { taken: 60, refused: 0, lost: 0, errors: 0 });
    for (let i = 0; i < 60; i++) assert.ok(patient.arrived.has(`${i}`), `span ${i} is lost`);
    console.log(`60 spans through ${Object.values(failing)}: all arrived`);

    const traced = await send(program, failing, 200, "sink");
    assert.deepStrictEqual(traced.account, { taken: 0, refused: 0, lost: 0, errors: 0 });
    for (let i = 0; i < 200; i++) assert.ok(traced.arrived.has(`${i}`), `span ${i} is lost`);
    console.log("200 spans of the OTLP sink through the same: all arrived");

    const hasty = await send(program, { 0: "busy", 1: "hangUp", 2: "slow" }, 300, 16384, 1);
    const { taken, refused, lost, errors } = hasty.account;
    // The one that the server hung up on had a kept connection, and a second attempt for it.
    assert.strictEqual(refused, 2);
    assert.ok(lost > 2, "the queue was never full");
    assert.strictEqual(errors, lost);
    assert.strictEqual(taken + lost, 300);
    assert.strictEqual(hasty.arrived.size, taken);
    console.log(`300 spans in a hurry: ${taken} arrived, ${lost} counted as lost`);
}

if (process.argv[2] === "--mock") {
    mock(Number(process.argv[3]));
} else {
    main(process.argv[2]).catch((error) => {
        console.error(error);
        process.exit(1);
    });
}
