#include "results/progress_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace aviary::results {

namespace {

constexpr std::size_t longest_bar = 24;
constexpr std::size_t shortest_bar = 6;

/// Empty when there is nothing to tell yet.
std::string time_left(double seconds) {
  constexpr double longest = 1000.0 * 3600;
  if (!(seconds >= 0 && seconds < longest)) return "";
  const auto whole = std::lround(seconds);
  const auto hours = whole / 3600;
  const auto minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02} left", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02} left", minutes, whole % 60);
}

std::string bar(std::size_t length, std::int64_t done, std::int64_t all) {
  const double share = all > 0 ? std::clamp(static_cast<double>(done) / static_cast<double>(all), 0.0, 1.0) : 0;
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(length));
  std::string text(length, ' ');
  std::fill_n(text.begin(), filled, '=');
  if (filled < length) text[filled] = '>';
  return fmt::format("[{}]", text);
}

std::string score_text(const Scores& scores) { return fmt::format("{:.4f} {:.2f} %", scores.loss, 100 * scores.top1); }

}  // namespace

std::string compose_live_line(const BatchDone& batch, std::size_t columns) {
  enum Part : std::size_t { epoch, progress_bar, batches, loss, top1, speed, left, parts };
  std::array<std::string, parts> text;
  text[epoch] = fmt::format("epoch {}/{}", batch.epoch + 1, batch.epochs);
  text[batches] = fmt::format("{}/{}", batch.batch + 1, batch.batches);
  text[loss] = fmt::format("loss {:.4f}", batch.loss);
  text[top1] = fmt::format("top-1 {:.2f} %", 100 * batch.top1);
  text[speed] = fmt::format("{:.0f} img/s", batch.images_per_second);
  text[left] = time_left(batch.seconds_left);
  text[progress_bar] = bar(shortest_bar, batch.batch + 1, batch.batches);

  // What people miss most is placed first; the bar then grows into what is left.
  std::array<bool, parts> placed{};
  std::size_t used = 0;
  for (const Part part : {epoch, batches, loss, top1, left, progress_bar, speed}) {
    if (part == progress_bar && !placed[batches]) continue;
    // Parts stand two spaces apart; the bar moves between two of them, one space before its count.
    const std::size_t gap = used == 0 ? 0 : part == progress_bar ? 1 : 2;
    if (text[part].empty() || used + gap + text[part].size() > columns) continue;
    placed[part] = true;
    used += gap + text[part].size();
  }
  const std::size_t bar_length = std::min(longest_bar, shortest_bar + columns - std::min(used, columns));
  text[progress_bar] = bar(bar_length, batch.batch + 1, batch.batches);

  std::string line;
  for (const Part part : {epoch, progress_bar, batches, loss, top1, speed, left}) {
    if (!placed[part]) continue;
    if (!line.empty()) line += part == batches && placed[progress_bar] ? " " : "  ";
    line += text[part];
  }
  return line;
}

std::string compose_epoch_line(const EpochDone& event, std::size_t columns) {
  std::string line = fmt::format("epoch {}/{}  train {}", event.epoch + 1, event.epochs, score_text(event.train));
  if (event.validation) line += fmt::format("  validation {}", score_text(*event.validation));
  if (event.ema) line += fmt::format("  ema {}", score_text(*event.ema));
  const std::array<std::string, 3> details = {fmt::format("  lr {:.4g}", event.learning_rate),
                                              fmt::format("  {:.1f} s", event.seconds),
                                              fmt::format("  {:.0f} img/s", event.images_per_second)};
  for (const std::string& detail : details) {
    if (line.size() + detail.size() > columns) break;
    line += detail;
  }
  return line;
}

}  // namespace aviary::results
