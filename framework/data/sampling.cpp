#include "data/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include <aviary/rng.hpp>

#include "data/purpose.hpp"

namespace aviary::data {
namespace {

// All members in one order after the other, without end.
class Passes {
 public:
  Passes(std::vector<std::size_t> members, std::function<Rng(std::uint64_t pass)> draws)
      : members_(std::move(members)), draws_(std::move(draws)) {}

  std::size_t at(std::uint64_t place) {
    const std::uint64_t pass = place / members_.size();
    if (pass != pass_) shuffle(pass);
    return order_[place % members_.size()];
  }

  std::size_t size() const { return members_.size(); }

 private:
  // Fisher and Yates; std::shuffle may differ from one standard library to the next.
  void shuffle(std::uint64_t pass) {
    order_ = members_;
    Rng rng = draws_(pass);
    for (std::size_t i = order_.size(); i > 1; --i)
      std::swap(order_[i - 1], order_[static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(i) - 1))]);
    pass_ = pass;
  }

  std::vector<std::size_t> members_;
  std::vector<std::size_t> order_;
  std::function<Rng(std::uint64_t pass)> draws_;
  std::optional<std::uint64_t> pass_;
};

std::vector<std::size_t> up_to(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

using Picks = std::function<std::size_t(std::uint64_t place)>;

Picks shuffled(std::size_t count, std::uint64_t seed) {
  return [passes = Passes(up_to(count), [seed](std::uint64_t pass) {
            return Rng(seed, {Purpose::order, pass});
          })](std::uint64_t place) mutable { return passes.at(place); };
}

// Rounds of one picture of every class, the classes in an order of their own in each; each class in passes of its own.
Picks balanced(const std::vector<Sample>& samples, std::uint64_t seed) {
  std::map<std::uint64_t, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < samples.size(); ++i) members[static_cast<std::uint64_t>(samples[i].label)].push_back(i);
  std::vector<Passes> classes;
  for (auto& [label, pictures] : members)
    classes.emplace_back(std::move(pictures), [seed, label = label](std::uint64_t pass) {
      return Rng(seed, {Purpose::order_in_class, label, pass});
    });
  Passes rounds(up_to(classes.size()), [seed](std::uint64_t round) { return Rng(seed, {Purpose::order_of_classes, round}); });
  return [classes = std::move(classes), rounds = std::move(rounds)](std::uint64_t place) mutable {
    return classes[rounds.at(place)].at(place / rounds.size());
  };
}

}  // namespace

std::int64_t epoch_pictures(std::size_t count, const Sampling& sampling) {
  if (count == 0) return 0;
  return std::max<std::int64_t>(1, std::llround(sampling.epoch_fraction * static_cast<double>(count)));
}

std::int64_t epoch_batches(std::size_t count, const Sampling& sampling, std::int64_t batch_size) {
  return (epoch_pictures(count, sampling) + batch_size - 1) / batch_size;
}

// All epochs together are one endless row of pictures; an epoch is the next piece of it.
std::vector<Drawn> draw_epoch(const std::vector<Sample>& samples, const Sampling& sampling, std::uint64_t seed,
                              std::int64_t epoch) {
  Picks pick = sampling.balanced ? balanced(samples, seed) : shuffled(samples.size(), seed);
  const auto count = static_cast<std::uint64_t>(epoch_pictures(samples.size(), sampling));
  const std::uint64_t begin = static_cast<std::uint64_t>(epoch) * count;
  std::vector<std::uint64_t> seen(samples.size());
  std::vector<Drawn> order;
  for (std::uint64_t place = begin; place < begin + count; ++place) {
    const std::size_t sample = pick(place);
    order.push_back({sample, seen[sample]++});
  }
  return order;
}

}  // namespace aviary::data
