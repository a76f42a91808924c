#include "data/cut.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <aviary/rng.hpp>

#include "data/purpose.hpp"

namespace aviary::data {
namespace {

// FNV-1a: std::hash may differ from one standard library to the next.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return value;
}

struct Ticket {
  std::uint64_t draw;
  std::size_t sample;
};

// Each class's samples in an order that is drawn.
std::vector<std::vector<std::size_t>> drawn_classes(const std::vector<Sample>& samples, std::uint64_t purpose,
                                                    std::uint64_t seed) {
  std::vector<std::vector<std::size_t>> classes;
  std::vector<Ticket> tickets;
  for (std::size_t begin = 0, end = 0; begin < samples.size(); begin = end) {
    tickets.clear();
    for (end = begin; end < samples.size() && samples[end].label == samples[begin].label; ++end)
      tickets.push_back({Rng(seed, {purpose, hash(samples[end].name)}).bits(), end});
    std::ranges::sort(tickets, {},
                      [&](const Ticket& t) { return std::tuple(t.draw, std::string_view(samples[t.sample].name)); });
    std::vector<std::size_t>& drawn = classes.emplace_back();
    for (const Ticket& ticket : tickets) drawn.push_back(ticket.sample);
  }
  return classes;
}

std::size_t share(double fraction, std::size_t count, std::size_t most) {
  const auto rounded = static_cast<std::size_t>(std::lround(fraction * static_cast<double>(count)));
  return std::clamp<std::size_t>(rounded, 1, most);
}

// The chosen ones, taken out of `samples`; both keep their order.
std::vector<Sample> take(std::vector<Sample>& samples, const std::vector<bool>& chosen) {
  std::vector<Sample> taken;
  std::vector<Sample> kept;
  for (std::size_t i = 0; i < samples.size(); ++i) (chosen[i] ? taken : kept).push_back(std::move(samples[i]));
  samples = std::move(kept);
  return taken;
}

}  // namespace

void cut_validation(Dataset& dataset, double fraction, std::uint64_t seed) {
  std::vector<Sample>& samples = dataset.train.samples;
  std::vector<bool> chosen(samples.size());
  for (const auto& drawn : drawn_classes(samples, Purpose::split, seed))
    for (std::size_t i = 0; drawn.size() > 1 && i < share(fraction, drawn.size(), drawn.size() - 1); ++i)
      chosen[drawn[i]] = true;
  dataset.validation.samples = take(samples, chosen);
}

void cut_fold(Dataset& dataset, std::int64_t folds, std::int64_t fold, std::uint64_t seed) {
  std::vector<Sample>& samples = dataset.train.samples;
  std::vector<bool> chosen(samples.size());
  std::int64_t dealt = 0;  // goes on from class to class, so that folds are of equal size
  for (const auto& drawn : drawn_classes(samples, Purpose::split, seed))
    for (const std::size_t sample : drawn) chosen[sample] = dealt++ % folds == fold;
  dataset.validation.samples = take(samples, chosen);
}

void cut_down(Split& train, double fraction, std::uint64_t seed) {
  std::vector<bool> chosen(train.samples.size());
  for (const auto& drawn : drawn_classes(train.samples, Purpose::fraction, seed))
    for (std::size_t i = 0; i < share(fraction, drawn.size(), drawn.size()); ++i) chosen[drawn[i]] = true;
  train.samples = take(train.samples, chosen);
}

}  // namespace aviary::data
