#include "inspection/parallel.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <vector>

namespace aviary::inspection {

bool for_each_number(std::size_t count, int threads, std::string_view name, const Watch& watch,
                     const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  const auto run = [&] {
    try {
      for (std::size_t number = next++; number < count && !watch.stopped; number = next++) work(number);
    } catch (...) {
      next = count;
      throw;
    }
  };
  std::vector<std::future<void>> workers;
  for (int i = 0; i < threads; ++i) workers.push_back(std::async(std::launch::async, run));
  for (std::future<void>& worker : workers) {
    while (worker.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout)
      watch.progress(name, std::min(next.load(), count), count);
    worker.get();
  }
  return !watch.stopped;
}

}  // namespace aviary::inspection
