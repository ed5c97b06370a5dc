// The same work with spdlog: an event with three values as text, with time, to a sink that drops
// bytes, and to a file on tmpfs. It has no spans. The rows and the way of measuring are those of
// ../harness.c and ../files.c.
#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

std::int32_t count = 42;
double ratio = 2.5;
const char *what = "request";

class nowhere : public spdlog::sinks::base_sink<std::mutex> {
    void sink_it_(const spdlog::details::log_msg &message) override {
        spdlog::memory_buf_t bytes;
        formatter_->format(message, bytes);
        __asm__ volatile("" ::"r"(bytes.data()) : "memory");
    }
    void flush_() override {}
};

double processor_ns() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

template <class Work> double once(std::uint64_t times, Work work) {
    const double begun = processor_ns();
    for (std::uint64_t i = 0; i < times; i++) {
        work();
        __asm__ volatile("" ::: "memory");
    }
    return processor_ns() - begun;
}

template <class Work>
void row(const char *name, const char *below, bool smoke, unsigned each, Work work) {
    const auto nothing = [] {};
    std::uint64_t times = 16;
    while (once(times, work) < (smoke ? 2e4 : 5e5)) {
        times *= 2;
    }
    std::vector<double> costs(smoke ? 3 : 41);
    for (double &cost : costs) {
        cost = (once(times, work) - once(times, nothing)) / static_cast<double>(times) / each;
    }
    std::sort(costs.begin(), costs.end());
    std::printf("%s\t%s\t%.4f\n", name, below, costs[costs.size() / 2]);
}

// ---- Files ----

using sink = spdlog::sinks::basic_file_sink_mt;
const char pattern[] = "%Y-%m-%dT%H:%M:%S.%f %l %n: %v";

void check_lines(const std::string &path, unsigned lines) {
    std::ifstream file(path);
    std::string line;
    unsigned read = 0;
    while (std::getline(file, line) && line.rfind("20", 0) == 0 &&
           line.find(" info shop: request done count=" + std::to_string(read) +
                     " ratio=2.5 what=\"request\"") != std::string::npos) {
        read++;
    }
    if (read != lines || !file.eof()) {
        std::fprintf(stderr, "bench: line %u of %u is not as it should be\n", read, lines);
        std::exit(1);
    }
}

// With a thread pool a line is on its way for as long as the pool is there.
double run(const std::string &path, unsigned lines, bool queued) {
    auto file = std::make_shared<sink>(path, true);
    std::shared_ptr<spdlog::details::thread_pool> pool;
    std::shared_ptr<spdlog::logger> logger;
    if (queued) {
        pool = std::make_shared<spdlog::details::thread_pool>(8192, 1);
        logger = std::make_shared<spdlog::async_logger>("shop", file, pool);
    } else {
        logger = std::make_shared<spdlog::logger>("shop", file);
    }
    logger->set_pattern(pattern);
    const auto begun = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < lines; i++) {
        logger->info("request done count={} ratio={} what=\"{}\"", i, ratio, what);
    }
    logger->flush();
    pool.reset();
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begun;
    return taken.count() / lines;
}

void file_row(const char *name, bool smoke, bool queued) {
    const unsigned lines = smoke ? 3000 : 300000;
    const std::string path = std::string(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") +
                             "/ctrace-bench-" + std::to_string(getpid()) + ".log";
    std::vector<double> costs(5);
    for (double &cost : costs) {
        cost = run(path, lines, queued);
        check_lines(path, lines);
    }
    std::remove(path.c_str());
    std::sort(costs.begin(), costs.end());
    std::printf("%s\t-\t%.4f\n", name, costs[costs.size() / 2]);
}

} // namespace

#define FOUR(...)       __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__
#define SIXTY_FOUR(...) FOUR(FOUR(FOUR(__VA_ARGS__)))

int main(int arguments, char **argument) {
    const bool smoke = arguments > 1 && std::strcmp(argument[1], "--smoke") == 0;
    spdlog::logger logger("shop", std::make_shared<nowhere>());
    logger.set_pattern(pattern);
    logger.set_level(spdlog::level::info);
    row("disabled event", "load and branch", smoke, 64, [&] {
        SIXTY_FOUR(logger.debug("nobody hears it count={} ratio={} what={}", count, ratio, what);)
    });
    row("text: event", "TSC read", smoke, 1,
        [&] { logger.info("request done count={} ratio={} what=\"{}\"", count, ratio, what); });
    file_row("file: text, buffered", smoke, false);
    file_row("file: text, behind a queue, all in all", smoke, true);
    return 0;
}
