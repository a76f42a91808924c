#include "data/validation_cut.hpp"

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

std::size_t share(double fraction, std::size_t count) {
  if (count < 2) return 0;
  const auto rounded = static_cast<std::size_t>(std::lround(fraction * static_cast<double>(count)));
  return std::clamp<std::size_t>(rounded, 1, count - 1);
}

}  // namespace

void cut_validation(Dataset& dataset, double fraction, std::uint64_t seed) {
  std::vector<Sample>& samples = dataset.train.samples;
  std::vector<bool> chosen(samples.size());
  std::vector<Ticket> tickets;
  for (std::size_t begin = 0, end = 0; begin < samples.size(); begin = end) {
    tickets.clear();
    for (end = begin; end < samples.size() && samples[end].label == samples[begin].label; ++end)
      tickets.push_back({Rng(seed, {Purpose::split, hash(samples[end].name)}).bits(), end});
    std::ranges::sort(tickets, {},
                      [&](const Ticket& t) { return std::tuple(t.draw, std::string_view(samples[t.sample].name)); });
    tickets.resize(share(fraction, tickets.size()));
    for (const Ticket& ticket : tickets) chosen[ticket.sample] = true;
  }

  dataset.validation.samples.clear();
  std::vector<Sample> kept;
  for (std::size_t i = 0; i < samples.size(); ++i)
    (chosen[i] ? dataset.validation.samples : kept).push_back(std::move(samples[i]));
  samples = std::move(kept);
}

}  // namespace aviary::data
