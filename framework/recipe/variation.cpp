#include "recipe/variation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

namespace aviary::recipe {
namespace {

std::int64_t times(std::int64_t number, double factor) { return std::llround(static_cast<double>(number) * factor); }
double times(double number, double factor) { return std::round(number * factor * 100) / 100; }

template <class T>
requires std::is_arithmetic_v<T> std::vector<T> times(std::vector<T> numbers, double factor) {
  for (T& number : numbers) number = times(number, factor);
  return numbers;
}

}  // namespace

std::vector<std::string> numeric_settings(const ComponentRecipe& component) {
  std::vector<std::string> keys;
  for (const Setting& setting : component.component->settings().settings) {
    const auto value = component.values.find(setting.key());
    if (value == component.values.end()) continue;
    const auto type = static_cast<Type>(value->second.index());
    if (type == Type::integer || type == Type::number || type == Type::integers || type == Type::numbers)
      keys.push_back(setting.key());
  }
  return keys;
}

Value scaled(const Value& value, double factor) {
  return std::visit(
      [&](const auto& numbers) -> Value {
        if constexpr (requires { times(numbers, factor); })
          return times(numbers, factor);
        else
          return numbers;
      },
      value);
}

bool acceptable(const ComponentRecipe& component) {
  const SettingList list = component.component->settings();
  const bool within = std::ranges::all_of(list.settings, [&](const Setting& setting) {
    const auto value = component.values.find(setting.key());
    return value == component.values.end() || std::holds_alternative<std::monostate>(value->second) ||
           setting.allows(value->second);
  });
  if (!within) return false;
  Values values;
  values.plain = component.values;
  return std::ranges::all_of(list.rules, [&](const Rule& rule) { return rule.holds(values); });
}

}  // namespace aviary::recipe
