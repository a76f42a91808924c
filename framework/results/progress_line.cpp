#include "results/progress_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "results/printable.hpp"
#include "results/progress_text.hpp"

namespace aviary::results {

namespace {

constexpr std::chrono::milliseconds redraw_pause{100};
constexpr std::size_t usual_width = 80;
constexpr const char* erase_to_end = "\x1b[K";
constexpr const char* green = "32";
constexpr const char* yellow = "33";

std::size_t terminal_width(int file) {
  winsize size{};
  return ::ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual_width;
}

}  // namespace

Screen screen_of(std::FILE* file) {
  const int number = ::fileno(file);
  const char* term = std::getenv("TERM");
  Screen screen;
  screen.live = ::isatty(number) == 1 && !(term != nullptr && std::string_view(term) == "dumb");
  screen.width = [number] { return terminal_width(number); };
  screen.write = [file](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), file);
    std::fflush(file);
  };
  return screen;
}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::batch_done(const BatchDone& event) {
  if (look_.quiet || !screen_.live) return;
  const auto now = screen_.now();
  if (drawn_ && now - *drawn_ < redraw_pause) return;
  drawn_ = now;
  shown_ = event;
  draw();
}

void ProgressLine::epoch_done(const EpochDone& event) {
  if (look_.quiet) return;
  constexpr const char* mark = "* best";
  const std::size_t room = screen_.live ? columns() : std::numeric_limits<std::size_t>::max();
  std::string line = compose_epoch_line(event, room - (event.best ? std::min(room, 2 + std::string_view(mark).size()) : 0));
  if (event.best) line += "  " + colored(green, mark);
  print_above(line);
  shown_.reset();
}

void ProgressLine::notice(const Notice& event) {
  print_above(colored(yellow, printable(event.text, "\n")));
  if (shown_) draw();
}

void ProgressLine::ended(const RunEnded&) { clear(); }

void ProgressLine::draw() { screen_.write('\r' + compose_live_line(*shown_, columns()) + erase_to_end); }

/// A terminal that has filled its last column may move to the next line.
std::size_t ProgressLine::columns() const {
  const std::size_t width = screen_.width();
  return width > 0 ? width - 1 : 0;
}

/// One write, so that other output cannot come between.
void ProgressLine::print_above(const std::string& line) {
  screen_.write((shown_ ? std::string("\r") + erase_to_end : "") + line + '\n');
}

void ProgressLine::clear() {
  if (shown_) screen_.write(std::string("\r") + erase_to_end);
  shown_.reset();
}

std::string ProgressLine::colored(const char* code, const std::string& text) const {
  return look_.color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

}  // namespace aviary::results
