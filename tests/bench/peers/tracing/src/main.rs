//! The same work with Rust's tracing and tracing-subscriber. The rows and the way of measuring are
//! those of ../../../harness.c.
use std::hint::black_box;
use std::io;
use std::process::Command;

use tracing::{debug, debug_span, info, info_span, Subscriber};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{fmt, EnvFilter, Registry};

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
    for name in ["disabled", "nobody", "static", "dynamic", "text", "JSON"].iter() {
        let program = std::env::current_exe().unwrap();
        let status = Command::new(program).args(&arguments).arg(name).status().unwrap();
        assert!(status.success());
    }
}
