#include "recipe/values.hpp"

#include <type_traits>
#include <utility>

namespace aviary::recipe {
namespace {

struct Namer {
  std::string operator()(Unsupported) const { return "a date or time"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t) const { return "a whole number"; }
  std::string operator()(double) const { return "a number"; }
  std::string operator()(const std::string&) const { return "a text"; }
  std::string operator()(const std::vector<Node>&) const { return "a list"; }
  std::string operator()(const Table&) const { return "a table"; }
};

template <class T>
std::optional<Value> list_value(const std::vector<Node>& list) {
  std::vector<T> values;
  for (const Node& element : list) {
    const T* const value = std::get_if<T>(&element.value);
    if (value != nullptr) values.push_back(*value);
    if constexpr (std::is_same_v<T, double>)
      if (const auto* const whole = std::get_if<std::int64_t>(&element.value)) values.push_back(static_cast<double>(*whole));
  }
  if (values.size() != list.size()) return std::nullopt;
  return values;
}

struct NodeWriter {
  decltype(Node::value) operator()(std::monostate) const { return {}; }
  decltype(Node::value) operator()(const auto& plain) const { return plain; }
  template <class T>
  decltype(Node::value) operator()(const std::vector<T>& list) const {
    std::vector<Node> nodes;
    for (const T& element : list) nodes.push_back({{}, element});
    return nodes;
  }
};

}  // namespace

std::string type_name(const Node& node) { return std::visit(Namer(), node.value); }

std::optional<Value> value_of(const Node& node, Type type) {
  const auto* const whole = std::get_if<std::int64_t>(&node.value);
  switch (type) {
    case Type::boolean:
      if (const bool* const value = std::get_if<bool>(&node.value)) return *value;
      return std::nullopt;
    case Type::integer:
      if (whole != nullptr) return *whole;
      return std::nullopt;
    case Type::number:
      if (whole != nullptr) return static_cast<double>(*whole);
      if (const double* const value = std::get_if<double>(&node.value)) return *value;
      return std::nullopt;
    case Type::text:
      if (node.text() != nullptr) return *node.text();
      return std::nullopt;
    case Type::integers: return node.list() == nullptr ? std::nullopt : list_value<std::int64_t>(*node.list());
    case Type::numbers: return list_value<double>(node.list() == nullptr ? std::vector{node} : *node.list());
    case Type::texts: return node.list() == nullptr ? std::nullopt : list_value<std::string>(*node.list());
    default: return std::nullopt;
  }
}

Node node_of(const Value& value, const Place& place) { return {place, std::visit(NodeWriter(), value)}; }

}  // namespace aviary::recipe
