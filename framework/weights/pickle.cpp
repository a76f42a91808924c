#include "weights/pickle.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

#include <fmt/format.h>

#include "weights/dtype.hpp"
#include "weights/pickle_op.hpp"
#include "weights/refusal.hpp"
#include "weights/tensor_checks.hpp"

namespace aviary::weights {

namespace {

/// A real file has about 45 instructions a tensor. Each makes one value at most, of some hundred bytes.
constexpr std::uint64_t most_instructions = 1'000'000;

[[noreturn]] void refuse(std::string_view found) {
  throw Refusal(
      fmt::format("its pickle holds {}, which torch.save does not write; it may be damaged, copy or save it again", found));
}

template <typename Kind>
const Kind& as(const Value& value, std::string_view expected) {
  if (const auto* const found = std::get_if<Kind>(&value.content)) return *found;
  refuse(fmt::format("{} in place of {}", kind_of(value), expected));
}

std::vector<std::int64_t> whole_numbers(const Value& value, std::string_view expected) {
  const std::vector<const Value*>& items = as<Tuple>(value, expected).items;
  // Before they are copied: many tensors may name the same tuple.
  if (items.size() > most_dimensions)
    throw Refusal(fmt::format("a tensor in its pickle has {} dimensions, more than {}", items.size(), most_dimensions));
  std::vector<std::int64_t> all;
  all.reserve(items.size());
  for (const Value* const item : items) all.push_back(as<std::int64_t>(*item, expected));
  return all;
}

/// ("storage", class, key, device, number of elements)
StorageEntry storage_entry(const Value& id) {
  const std::vector<const Value*>& parts = as<Tuple>(id, "a storage's five facts").items;
  if (parts.size() != 5 || as<std::string_view>(*parts[0], "the word storage") != "storage") refuse("an unknown persistent id");
  return {as<StorageClass>(*parts[1], "a storage's class").type, as<std::string_view>(*parts[2], "a storage's key"),
          as<std::int64_t>(*parts[4], "a storage's number of elements")};
}

/// (storage, offset, sizes, strides, requires_grad, hooks). A seventh would say that the values are to be negated.
ViewEntry view_entry(const std::vector<const Value*>& arguments) {
  if (arguments.size() != 6) refuse(fmt::format("a tensor with {} arguments", arguments.size()));
  return {as<StorageEntry>(*arguments[0], "a storage"), as<std::int64_t>(*arguments[1], "a tensor's offset"),
          whole_numbers(*arguments[2], "a tensor's sizes"), whole_numbers(*arguments[3], "a tensor's strides")};
}

class Machine {
 public:
  Machine(std::string_view bytes, std::deque<Value>& values) : rest_(bytes), values_(values) {}

  /// Runs to STOP; what is on top of the stack then is the result.
  const Value* run() {
    for (std::uint64_t count = 0;; ++count) {
      if (count == most_instructions)
        throw Refusal(fmt::format(
            "its pickle has more than {} instructions, far more than a model's; save the state_dict alone", most_instructions));
      const auto op = number<Op>();
      if (op == Op::stop) return &top();
      step(op);
    }
  }

 private:
  void step(Op op) {
    switch (op) {
      case Op::proto: return check_protocol(number<std::uint8_t>());
      case Op::mark: return marks_.push_back(stack_.size());
      case Op::none: return push(std::monostate());
      case Op::newtrue: return push(true);
      case Op::newfalse: return push(false);
      case Op::binint: return push(std::int64_t{number<std::int32_t>()});
      case Op::binint1: return push(std::int64_t{number<std::uint8_t>()});
      case Op::binint2: return push(std::int64_t{number<std::uint16_t>()});
      case Op::long1: return push(long_number(take(number<std::uint8_t>())));
      case Op::binfloat: return push(std::bit_cast<double>(__builtin_bswap64(number<std::uint64_t>())));
      case Op::binunicode: return push(take(number<std::uint32_t>()));
      case Op::empty_tuple: return push(Tuple());
      case Op::tuple: return push(Tuple{pop_to_mark()});
      case Op::tuple1: return push(Tuple{pop(1)});
      case Op::tuple2: return push(Tuple{pop(2)});
      case Op::tuple3: return push(Tuple{pop(3)});
      case Op::empty_list: return push(List());
      case Op::append: return append(pop(1));
      case Op::appends: return append(pop_to_mark());
      case Op::empty_dict: return push(Dict());
      case Op::setitem: return set_items(pop(2));
      case Op::setitems: return set_items(pop_to_mark());
      case Op::binget: return get(number<std::uint8_t>());
      case Op::long_binget: return get(number<std::uint32_t>());
      case Op::binput: return put(number<std::uint8_t>());
      case Op::long_binput: return put(number<std::uint32_t>());
      case Op::global: return push_global();
      case Op::reduce: return reduce();
      case Op::build: return build();
      case Op::binpersid: return push(storage_entry(*pop(1)[0]));
      case Op::stop: return;
    }
    refuse(fmt::format("the instruction 0x{:02x}", static_cast<unsigned char>(op)));
  }

  std::string_view take(std::size_t bytes) {
    if (bytes > rest_.size()) throw Refusal("its pickle is cut; copy it again");
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  template <typename Number>
  Number number() {
    Number result;
    std::memcpy(&result, take(sizeof result).data(), sizeof result);
    return result;
  }

  std::string_view line() {
    const std::string_view text = take(std::min(rest_.find('\n'), rest_.size()));
    take(1);
    return text;
  }

  static void check_protocol(int protocol) {
    if (protocol != 2)
      throw Refusal(fmt::format(
          "it was saved with pickle protocol {}, not with PyTorch's own, 2; save it again without pickle_protocol", protocol));
  }

  /// Two's complement, the lowest byte first, as many as it needs.
  static std::int64_t long_number(std::string_view bytes) {
    if (bytes.size() > sizeof(std::int64_t)) refuse("a number of more than 64 bits");
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes.data(), bytes.size());
    const std::size_t unused = 64 - 8 * bytes.size();
    return bytes.empty() ? 0 : static_cast<std::int64_t>(bits << unused) >> unused;
  }

  template <typename Content>
  void push(Content content) {
    stack_.push_back(&values_.emplace_back(Value{std::move(content)}));
  }

  /// The top of the stack; what lies below the last mark is out of reach.
  Value& top() {
    if (stack_.size() == floor()) refuse("an instruction without the value that it needs");
    return *stack_.back();
  }

  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  std::vector<const Value*> pop(std::size_t count) {
    if (stack_.size() - floor() < count) refuse("an instruction without the values that it needs");
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<const Value*> popped(first, stack_.end());
    stack_.erase(first, stack_.end());
    return popped;
  }

  std::vector<const Value*> pop_to_mark() {
    if (marks_.empty()) refuse("an end of a group without its beginning");
    std::vector<const Value*> popped = pop(stack_.size() - floor());
    marks_.pop_back();
    return popped;
  }

  void append(const std::vector<const Value*>& items) {
    auto* const list = std::get_if<List>(&top().content);
    if (list == nullptr) refuse("an item for what is no list");
    list->items.insert(list->items.end(), items.begin(), items.end());
  }

  void set_items(const std::vector<const Value*>& keys_and_values) {
    auto* const dict = std::get_if<Dict>(&top().content);
    if (dict == nullptr || keys_and_values.size() % 2 != 0) refuse("an entry for what is no dict, or half an entry");
    for (std::size_t i = 0; i < keys_and_values.size(); i += 2)
      dict->items.emplace_back(keys_and_values[i], keys_and_values[i + 1]);
  }

  void get(std::uint32_t number) {
    const auto found = memo_.find(number);
    if (found == memo_.end()) refuse("a reference to nothing");
    stack_.push_back(found->second);
  }

  void put(std::uint32_t number) { memo_[number] = &top(); }

  void push_global() {
    const std::string_view module = line();
    const std::string_view name = line();
    if (module == "collections" && name == "OrderedDict") return push(Callable::ordered_dict);
    if (module == "torch._utils" && name == "_rebuild_tensor_v2") return push(Callable::rebuild_tensor);
    if (module == "torch._utils" && name == "_rebuild_parameter") return push(Callable::rebuild_parameter);
    const Dtype* const dtype = find_dtype(&Dtype::storage, name);
    if (module == "torch" && dtype != nullptr) return push(StorageClass{dtype->type});
    throw Refusal(fmt::format(
        "it holds {}, which is not a plain tensor; nothing of it was run. Save only torch.save(model.state_dict(), FILE)",
        in_quotes(fmt::format("{}.{}", module, name))));
  }

  void reduce() {
    const Value& arguments = *pop(1)[0];
    const Value& callee = *pop(1)[0];
    const std::vector<const Value*>& items = as<Tuple>(arguments, "arguments").items;
    switch (as<Callable>(callee, "what makes a tensor or a dict")) {
      case Callable::ordered_dict:
        if (!items.empty()) refuse("an OrderedDict with arguments");
        return push(Dict());
      case Callable::rebuild_tensor: return push(view_entry(items));
      case Callable::rebuild_parameter:
        if (items.size() != 3) refuse("a parameter without its three facts");
        return push(as<ViewEntry>(*items[0], "a parameter's tensor"));
    }
  }

  /// Gives an OrderedDict attributes, such as a state_dict's _metadata (versions of its modules), which do not matter here.
  void build() {
    pop(1);
    if (!std::holds_alternative<Dict>(top().content)) refuse("attributes of what is no dict");
  }

  std::string_view rest_;
  std::deque<Value>& values_;
  std::vector<Value*> stack_;
  std::vector<std::size_t> marks_;
  std::map<std::uint32_t, Value*> memo_;
};

}  // namespace

Pickle::Pickle(std::string_view bytes) : top_(Machine(bytes, values_).run()) {}

std::string_view kind_of(const Value& value) {
  struct Name {
    std::string_view operator()(std::monostate) const { return "None"; }
    std::string_view operator()(bool) const { return "a bool"; }
    std::string_view operator()(std::int64_t) const { return "a whole number"; }
    std::string_view operator()(double) const { return "a number"; }
    std::string_view operator()(std::string_view) const { return "a text"; }
    std::string_view operator()(const Tuple&) const { return "a tuple"; }
    std::string_view operator()(const List&) const { return "a list"; }
    std::string_view operator()(const Dict&) const { return "a dict"; }
    std::string_view operator()(Callable) const { return "a function"; }
    std::string_view operator()(StorageClass) const { return "a class"; }
    std::string_view operator()(const StorageEntry&) const { return "a storage"; }
    std::string_view operator()(const ViewEntry&) const { return "a tensor"; }
  };
  return std::visit(Name(), value.content);
}

}  // namespace aviary::weights
