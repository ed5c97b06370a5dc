//! The same work with Rust's tracing and tracing-subscriber. The rows and the way of measuring are
//! those of ../../../harness.c and ../../../files.c. Its non-blocking writer, tracing-appender, is not
//! in Debian: Queued does here as that does when it is told to lose nothing.
use std::arch::asm;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crossbeam_channel::Sender;
use tracing::{debug, debug_span, info, info_span, Subscriber};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{fmt, EnvFilter, Registry};

/// Gives the value back, of which the compiler knows nothing any more. (The standard library's own is
/// newer than Debian's compiler.)
#[inline(always)]
fn black_box<T>(value: T) -> T {
    unsafe { asm!("/* {0} */", in(reg) &value, options(nostack, preserves_flags)) };
    value
}

struct Nobody;
impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Nobody {}

fn processor_ns() -> f64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut now) };
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

fn once(times: u64, work: &dyn Fn(u64)) -> f64 {
    let begun = processor_ns();
    work(times);
    processor_ns() - begun
}

fn nothing(times: u64) {
    for i in 0..times {
        black_box(i);
    }
}

fn row(name: &str, below: &str, each: f64, work: &dyn Fn(u64)) {
    let smoke = std::env::args().any(|argument| argument == "--smoke");
    let mut times = 16;
    while once(times, work) < if smoke { 2e4 } else { 5e5 } {
        times *= 2;
    }
    let mut costs: Vec<f64> = (0..if smoke { 3 } else { 41 })
        .map(|_| (once(times, work) - once(times, &nothing)) / times as f64 / each)
        .collect();
    costs.sort_by(|a, b| a.partial_cmp(b).unwrap());
    println!("{}\t{}\t{:.4}", name, below, costs[costs.len() / 2]);
}

fn event(times: u64) {
    for i in 0..times {
        black_box(i);
        info!(count = black_box(42i32), ratio = black_box(2.5f64), what = black_box("request"), "request done");
    }
}

fn span(times: u64) {
    for i in 0..times {
        black_box(i);
        let _first = info_span!("first", id = black_box(1234567u64), what = black_box("request")).entered();
    }
}

fn four(times: u64) {
    for i in 0..times {
        black_box(i);
        let _first = info_span!("first", id = black_box(1234567u64), what = black_box("request")).entered();
        let _second = info_span!("second", id = black_box(1234567u64), what = black_box("request")).entered();
        let _third = info_span!("third", id = black_box(1234567u64), what = black_box("request")).entered();
        let _fourth = info_span!("fourth", id = black_box(1234567u64), what = black_box("request")).entered();
    }
}

fn event_inside(times: u64) {
    let _first = info_span!("first", id = 1234567u64, what = "request").entered();
    let _second = info_span!("second", id = 1234567u64, what = "request").entered();
    let _third = info_span!("third", id = 1234567u64, what = "request").entered();
    let _fourth = info_span!("fourth", id = 1234567u64, what = "request").entered();
    event(times);
}

macro_rules! four_times { ($($work:tt)*) => { $($work)* $($work)* $($work)* $($work)* } }
macro_rules! sixty_four_times {
    ($($work:tt)*) => { four_times! { four_times! { four_times! { $($work)* } } } }
}

fn debug_events(times: u64) {
    for i in 0..times {
        black_box(i);
        sixty_four_times! {
            debug!(count = black_box(42i32), ratio = black_box(2.5f64), what = black_box("request"), "details");
        }
    }
}

fn debug_spans(times: u64) {
    for i in 0..times {
        black_box(i);
        sixty_four_times! {
            { let _part = debug_span!("part", id = black_box(1234567u64), what = black_box("request")).entered(); }
        }
    }
}

fn one_debug_event(times: u64) {
    let _watched = info_span!("watched", id = 1234567u64).entered();
    for i in 0..times {
        black_box(i);
        debug!(count = black_box(42i32), ratio = black_box(2.5f64), what = black_box("request"), "details");
    }
}

fn nobody_rows() {
    row("event, 3 fields", "empty call", 1.0, &event);
    row("event, 3 fields, inside 4 spans", "empty call", 1.0, &event_inside);
    row("span, 2 fields", "empty call", 1.0, &span);
    row("4 nested spans, 2 fields each", "empty call", 1.0, &four);
}

fn static_filter_rows() {
    row("filter, by level: event", "load and branch", 64.0, &debug_events);
    row("filter, by level: span", "load and branch", 64.0, &debug_spans);
    row("filter, static: event let through", "empty call", 1.0, &event);
}

fn dynamic_filter_rows() {
    row("filter, dynamic, inactive: event", "load and branch", 64.0, &debug_events);
    row("filter, dynamic, inactive: span", "load and branch", 64.0, &debug_spans);
    row("filter, dynamic, active: event let through", "empty call", 1.0, &one_debug_event);
    row("filter, dynamic: event let through anyway", "empty call", 1.0, &event);
    row("filter, dynamic: span let through anyway", "empty call", 1.0, &span);
}

fn sink_rows(sink: &str) {
    row(&format!("{}: event", sink), "TSC read", 1.0, &event);
    row(&format!("{}: event inside 4 spans", sink), "TSC read", 1.0, &event_inside);
    row(&format!("{}: span", sink), "empty call", 1.0, &span);
}

/// What the subscriber writes to: a file, and another one in the next run.
#[derive(Clone)]
struct Shared(Arc<Mutex<Box<dyn Write + Send>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap().flush()
    }
}

fn check_lines(path: &str, json: bool, lines: usize) {
    let text = fs::read_to_string(path).unwrap();
    let mut read = 0;
    for line in text.lines() {
        let (begin, middle) = if json {
            let count = format!("\"count\":{},\"ratio\":2.5,\"what\":\"request\"", read);
            ("{\"timestamp\":\"20", count)
        } else {
            let count = format!("count={} ratio=2.5 what=\"request\"", read);
            ("20", format!("bench_tracing: request done {}", count))
        };
        assert!(line.starts_with(begin) && line.contains(&middle), "{}", line);
        read += 1;
    }
    assert_eq!(read, lines);
}

/// How many lines tracing-appender's queue holds when it is not told otherwise.
const QUEUED_LINES: usize = 128_000;

/// As tracing-appender's NonBlocking with lossy(false): each line is a message to a thread, which
/// writes it; where the queue is full, whoever emits waits.
struct Queued {
    lines: Option<Sender<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Queued {
    fn new(mut file: File) -> Queued {
        let (sender, receiver) = crossbeam_channel::bounded::<Vec<u8>>(QUEUED_LINES);
        let thread = thread::spawn(move || {
            for line in receiver {
                file.write_all(&line).unwrap();
            }
        });
        Queued { lines: Some(sender), thread: Some(thread) }
    }
}

impl Write for Queued {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lines.as_ref().unwrap().send(bytes.to_vec()).unwrap();
        Ok(bytes.len())
    }
    /// The last flush of a run: what is queued is written, and the thread has ended.
    fn flush(&mut self) -> io::Result<()> {
        self.lines = None;
        self.thread.take().unwrap().join().unwrap();
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Way {
    Each,
    Buffered,
    Queued,
}

fn writer(file: File, way: Way) -> Box<dyn Write + Send> {
    match way {
        Way::Each => Box::new(file),
        Way::Buffered => Box::new(BufWriter::with_capacity(64 * 1024, file)),
        Way::Queued => Box::new(Queued::new(file)),
    }
}

fn run_to_file(path: &str, shared: &Shared, way: Way, lines: usize) -> f64 {
    *shared.0.lock().unwrap() = writer(File::create(path).unwrap(), way);
    let begun = Instant::now();
    for i in 0..lines {
        info!(count = i, ratio = black_box(2.5f64), what = black_box("request"), "request done");
    }
    shared.0.lock().unwrap().flush().unwrap();
    begun.elapsed().as_nanos() as f64 / lines as f64
}

fn file_row(name: &str, shared: &Shared, way: Way, json: bool) {
    let smoke = std::env::args().any(|argument| argument == "--smoke");
    let folder = if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { "/tmp" };
    let path = format!("{}/ctrace-bench-{}.log", folder, std::process::id());
    let lines = if smoke { 3000 } else { 300000 };
    let mut costs = Vec::new();
    for _ in 0..5 {
        costs.push(run_to_file(&path, shared, way, lines));
        check_lines(&path, json, lines);
    }
    costs.sort_by(|a, b| a.partial_cmp(b).unwrap());
    println!("{}\t-\t{:.4}", name, costs[costs.len() / 2]);
    fs::remove_file(&path).unwrap();
}

fn file_rows(json: bool) {
    let shared = Shared(Arc::new(Mutex::new(Box::new(io::sink()))));
    let clone = shared.clone();
    let make = move || clone.clone();
    let kind = if json { "JSON" } else { "text" };
    if json {
        listen(Registry::default().with(fmt::layer().json().with_writer(make)));
    } else {
        listen(Registry::default().with(fmt::layer().with_ansi(false).with_writer(make)));
    }
    let ways = [
        ("a write for each line", Way::Each),
        ("buffered", Way::Buffered),
        ("behind a queue, all in all", Way::Queued),
    ];
    for (name, way) in ways.iter() {
        file_row(&format!("file: {}, {}", kind, name), &shared, *way, json);
    }
}

fn listen(subscriber: impl Subscriber + Send + Sync) {
    tracing::subscriber::set_global_default(subscriber).unwrap();
}

fn group(name: &str) {
    let nobody = Registry::default().with(Nobody);
    match name {
        "disabled" => {
            row("disabled event", "load and branch", 64.0, &debug_events);
            row("disabled span", "load and branch", 64.0, &debug_spans);
        }
        "nobody" => {
            listen(nobody);
            nobody_rows();
        }
        "static" => {
            listen(nobody.with(EnvFilter::new("info")));
            static_filter_rows();
        }
        "dynamic" => {
            listen(nobody.with(EnvFilter::new("info,[watched]=debug")));
            dynamic_filter_rows();
        }
        "text" => {
            listen(Registry::default().with(fmt::layer().with_ansi(false).with_writer(io::sink)));
            sink_rows("text");
        }
        "text file" => file_rows(false),
        "JSON file" => file_rows(true),
        _ => {
            listen(Registry::default().with(fmt::layer().json().with_writer(io::sink)));
            sink_rows("JSON");
        }
    }
}

/// A process has one global subscriber, and others are slower: each group has its own process.
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(name) = arguments.iter().find(|argument| *argument != "--smoke") {
        group(name);
        return;
    }
    let groups =
        ["disabled", "nobody", "static", "dynamic", "text", "JSON", "text file", "JSON file"];
    for name in groups.iter() {
        let program = std::env::current_exe().unwrap();
        let status = Command::new(program).args(&arguments).arg(name).status().unwrap();
        assert!(status.success());
    }
}
