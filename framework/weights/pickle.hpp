// The pickle inside a PyTorch file, read without running anything. This is an interpreter of the instructions that torch.save
// writes for a state_dict and what is saved beside it; it builds numbers, texts, tuples, lists, dicts and descriptions of
// tensors, and knows nothing else that could be built or called. Any bytes may be given to it: its stack, its memo, its
// recursion (there is none) and its memory are bounded by their number. From any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <c10/core/ScalarType.h>

namespace aviary::weights {

struct Value;

struct Tuple {
  std::vector<const Value*> items;
};
struct List {
  std::vector<const Value*> items;
};
/// Also an OrderedDict. In the order of the file, with repeated keys.
struct Dict {
  std::vector<std::pair<const Value*, const Value*>> items;
};

/// What a GLOBAL may name.
enum class Callable { ordered_dict, rebuild_tensor, rebuild_parameter };
struct StorageClass {
  c10::ScalarType type;
};

/// Values that lie in a record of their own, "data/KEY".
struct StorageEntry {
  c10::ScalarType type = c10::ScalarType::Undefined;
  std::string_view key;
  std::int64_t elements = 0;
};

/// A view of a storage as the file claims it, with 64 dimensions at most; nothing else of it is checked.
struct ViewEntry {
  StorageEntry storage;
  std::int64_t offset = 0;
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> strides;
};

/// monostate is None.
struct Value {
  std::variant<std::monostate, bool, std::int64_t, double, std::string_view, Tuple, List, Dict, Callable, StorageClass,
               StorageEntry, ViewEntry>
      content;
};

/// Owns the values. A dict or list among them may hold itself.
class Pickle {
 public:
  /// Throws Refusal. The texts point into `bytes`, which must live as long.
  explicit Pickle(std::string_view bytes);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  const Value& top() const { return *top_; }

 private:
  std::deque<Value> values_;
  const Value* top_ = nullptr;
};

/// "a number", "a tensor": for sentences.
std::string_view kind_of(const Value& value);

}  // namespace aviary::weights
