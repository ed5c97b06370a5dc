// C++20 coroutines: an awaiter that carries the task, on an executor of two threads.
#include <condition_variable>
#include <coroutine>
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>

#include "ctrace/context.h"
#include "ctrace/testing.h"

// Last: it has macros called fail and such.
extern "C" {
#include <cmocka.h>
}

namespace {

constexpr int coroutines = 20, rounds = 10;

// Runs what it is given on whichever of its threads is free.
class executor {
  public:
    void post(std::coroutine_handle<> handle) {
        const std::lock_guard<std::mutex> lock(mutex_);
        ready_.push_back(handle);
        changed_.notify_one();
    }
    void done() {
        const std::lock_guard<std::mutex> lock(mutex_);
        finished_ += 1;
        changed_.notify_all();
    }
    void run() {
        for (std::unique_lock<std::mutex> lock(mutex_);;) {
            changed_.wait(lock, [this] { return !ready_.empty() || finished_ == coroutines; });
            if (ready_.empty()) {
                return;
            }
            const std::coroutine_handle<> next = ready_.front();
            ready_.pop_front();
            lock.unlock();
            next.resume();
            lock.lock();
        }
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::coroutine_handle<>> ready_;
    int finished_ = 0;
};

executor threads;

// A coroutine whose place to stand is its own. What it awaits suspends its task before anybody else
// can resume it, and resumes it where it goes on.
struct traced {
    struct promise_type;
    using handle = std::coroutine_handle<promise_type>;

    struct hop {
        ctrace_task *task;
        bool await_ready() const noexcept { return false; }
        void await_suspend(handle self) const noexcept {
            ctrace_task_suspend(task);
            threads.post(self);
        }
        void await_resume() const noexcept { ctrace_task_resume(task); }
    };

    struct begin : hop {
        void await_suspend(handle self) const noexcept { threads.post(self); }
    };

    struct end {
        bool await_ready() const noexcept { return false; }
        void await_suspend(handle self) const noexcept {
            ctrace_task *task = self.promise().task;
            self.destroy();
            ctrace_task_suspend(task);
            ctrace_task_free(task);
            threads.done();
        }
        void await_resume() const noexcept {}
    };

    struct promise_type {
        ctrace_task *task = ctrace_task_new();
        traced get_return_object() const noexcept { return {}; }
        begin initial_suspend() const noexcept { return {{task}}; }
        end final_suspend() const noexcept { return {}; }
        hop await_transform(bool) const noexcept { return {task}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }
    };
};

constexpr bool elsewhere = true; // co_await it: goes on on whichever thread

traced work(int number) {
    TRACE_SPAN("work", ("number", number));
    for (int i = 0; i < rounds; i++) {
        TRACE_SPAN("round", ("number", number), ("i", i));
        TRACE_INFO("before", ("number", number), ("i", i));
        co_await elsewhere;
        TRACE_INFO("after", ("number", number), ("i", i));
    }
}

std::int64_t field(const ctrace_captured *of, const char *key) {
    return ctrace_fields_find(of->fields, key)->as.i64;
}

bool same_fields(const ctrace_captured *one, const ctrace_captured *other) {
    return field(one, "number") == field(other, "number") && field(one, "i") == field(other, "i");
}

void check_events(ctrace_subscriber *seen, const char *message) {
    const ctrace_captured *event = nullptr;
    while ((event = ctrace_capture_find(seen, CTRACE_CAPTURED_EVENT, message, event)) != nullptr) {
        assert_string_equal(event->path, "main:work:round");
        const ctrace_captured *made = nullptr;
        while ((made = ctrace_capture_find(seen, CTRACE_CAPTURED_NEW, "round", made)) != nullptr &&
               made->span_id != event->span_id) {
        }
        assert_non_null(made);
        assert_true(same_fields(event, made));
    }
}

std::uint64_t repairs() {
    ctrace_stats stats;
    ctrace_stats_get(&stats, sizeof stats);
    return stats.spans_repaired;
}

void run_all() {
    TRACE_SPAN("main");
    for (int i = 0; i < coroutines; i++) {
        work(i);
    }
    std::thread other([] { threads.run(); });
    threads.run();
    other.join();
}

void guards_close_the_right_spans(void **) {
    const std::uint64_t before = repairs();
    ctrace_subscriber *seen = ctrace_capture_new(nullptr);
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(seen)), CTRACE_OK);
    run_all();
    assert_int_equal(ctrace_replace_global(nullptr), CTRACE_OK);
    assert_int_equal(repairs(), before);
    check_events(seen, "before");
    check_events(seen, "after");
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EVENT, nullptr, 2 * coroutines * rounds);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_CLOSE, "round", coroutines * rounds);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_CLOSE, "work", coroutines);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_ENTER, "round", 2 * coroutines * rounds);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EXIT, "round", 2 * coroutines * rounds);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_CLOSE, "main", 1);
    ctrace_subscriber_unref(seen);
}

} // namespace

int main() {
    const CMUnitTest tests[] = {cmocka_unit_test(guards_close_the_right_spans)};
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
