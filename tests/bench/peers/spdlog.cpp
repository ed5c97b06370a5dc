// The same work with spdlog: an event with three values as text, with time, to a sink that drops
// bytes. It has no spans. The rows and the way of measuring are those of ../harness.c.
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <mutex>
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

} // namespace

#define FOUR(...)       __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__
#define SIXTY_FOUR(...) FOUR(FOUR(FOUR(__VA_ARGS__)))

int main(int arguments, char **argument) {
    const bool smoke = arguments > 1 && std::strcmp(argument[1], "--smoke") == 0;
    spdlog::logger logger("shop", std::make_shared<nowhere>());
    logger.set_pattern("%Y-%m-%dT%H:%M:%S.%f %l %n: %v");
    logger.set_level(spdlog::level::info);
    row("disabled event", "load and branch", smoke, 64, [&] {
        SIXTY_FOUR(logger.debug("nobody hears it count={} ratio={} what={}", count, ratio, what);)
    });
    row("text: event", "TSC read", smoke, 1,
        [&] { logger.info("request done count={} ratio={} what=\"{}\"", count, ratio, what); });
    return 0;
}
