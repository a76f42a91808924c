// What people see of a training: on a terminal one live line and a permanent line for every epoch, in a pipe or a CI log one
// plain line an epoch. The commands `train` and `resume` make one; it is called from the training's thread and writes from
// nowhere else. Percent, and epochs counted from 1.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "results/events.hpp"

namespace aviary::results {

/// Where the line is drawn. Tests put their own functions here.
struct Screen {
  std::function<void(std::string_view)> write;
  bool live = false;                   ///< can a line be redrawn? Not in a pipe
  std::function<std::size_t()> width;  ///< in columns, asked at every draw
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

/// The screen behind an open file, which must outlive it.
Screen screen_of(std::FILE* file);

struct ProgressLook {
  bool color = false;  ///< what --color, NO_COLOR and the terminal come to
  bool quiet = false;  ///< nothing but notices
};

class ProgressLine final : public Listener {
 public:
  ProgressLine(Screen screen, const ProgressLook& look) : screen_(std::move(screen)), look_(look) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  /// Takes the live line away, so that an error message starts on a clean one.
  ~ProgressLine() override;

  void batch_done(const BatchDone& event) override;
  void epoch_done(const EpochDone& event) override;
  void notice(const Notice& event) override;
  void ended(const RunEnded& event) override;

 private:
  void draw();
  void print_above(const std::string& line);
  void clear();
  std::size_t columns() const;
  std::string colored(const char* code, const std::string& text) const;

  Screen screen_;
  ProgressLook look_;
  std::optional<BatchDone> shown_;  ///< what the live line shows; nothing while there is none
  std::optional<std::chrono::steady_clock::time_point> drawn_;
};

}  // namespace aviary::results
