#include <aviary/params.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace aviary {
namespace {

// TOML tells 1.0 from 1: a number keeps its point.
std::string number_text(double number) {
  std::string text = fmt::format("{}", number);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': result += "\\\""; break;
      case '\\': result += "\\\\"; break;
      case '\n': result += "\\n"; break;
      case '\t': result += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
          result += fmt::format("\\u{:04X}", c);
        else
          result += c;
    }
  }
  return result + '"';
}

template <class T, class Write>
std::string list_text(const std::vector<T>& list, Write write) {
  std::vector<std::string> texts;
  std::ranges::transform(list, std::back_inserter(texts), write);
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

struct TomlWriter {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return number_text(value); }
  std::string operator()(const std::string& value) const { return quoted(value); }
  template <class T>
  std::string operator()(const std::vector<T>& value) const {
    return list_text(value, *this);
  }
};

}  // namespace

std::string describe(Type type) {
  switch (type) {
    case Type::none: return "nothing";
    case Type::boolean: return "true or false";
    case Type::integer: return "a whole number";
    case Type::number: return "a number";
    case Type::text: return "a text";
    case Type::integers: return "a list of whole numbers";
    case Type::numbers: return "a list of numbers";
    case Type::texts: return "a list of texts";
    case Type::component: return "a table with a type";
    case Type::components: return "a list of tables with a type";
  }
  return "";
}

std::string to_toml(const Value& value) { return std::visit(TomlWriter(), value); }

Setting::Setting(std::string key, Type type, Value fallback, bool required, std::string help)
    : key_(std::move(key)), help_(std::move(help)), type_(type), fallback_(std::move(fallback)), required_(required) {}

Setting Setting::component(std::string key, Kind kind, Type type, std::string help) {
  Setting setting(std::move(key), type, {}, false, std::move(help));
  setting.component_kind_ = kind;
  return setting;
}

Setting& Setting::above(double bound) {
  low_ = Bound{bound, false};
  return *this;
}

Setting& Setting::at_least(double bound) {
  low_ = Bound{bound, true};
  return *this;
}

Setting& Setting::below(double bound) {
  high_ = Bound{bound, false};
  return *this;
}

Setting& Setting::at_most(double bound) {
  high_ = Bound{bound, true};
  return *this;
}

Setting& Setting::each_within(double low, double high) { return at_least(low).at_most(high); }

Setting& Setting::ascending() {
  ascending_ = true;
  return *this;
}

Setting& Setting::limits(const Single& single) {
  limits_ = single;
  return size(2);
}

Setting& Setting::limits(double centre) { return limits(Single{centre, -1, centre}); }
Setting& Setting::limits_from(double low) { return limits(Single{low, 0, 0}); }
Setting& Setting::limits_exact() { return limits(Single{0, 1, 0}); }

Setting& Setting::size(std::size_t count) {
  size_ = count;
  return *this;
}

Setting& Setting::one_of(std::vector<std::string> choices) {
  choices_ = std::move(choices);
  return *this;
}

Setting& Setting::not_of(std::string type) {
  excluded_type_ = std::move(type);
  return *this;
}

Setting& Setting::usual(std::string value) {
  usual_ = std::move(value);
  return *this;
}

Setting& Setting::epochs() {
  counts_epochs_ = true;
  return *this;
}

Setting& Setting::required() {
  required_ = true;
  return *this;
}

std::string Setting::expected() const {
  const std::string narrowed = range();
  if (limits_) return "a number or [low, high]" + (narrowed.empty() ? "" : ", " + narrowed);
  return narrowed.empty() ? describe(type_) : describe(type_) + ", " + narrowed;
}

std::string Setting::range() const {
  std::vector<std::string> parts;
  if (!choices_.empty()) {
    std::vector<std::string> texts;
    std::ranges::transform(choices_, std::back_inserter(texts), quoted);
    parts.push_back(fmt::format("{}one of {}", type_ == Type::texts ? "each " : "", fmt::join(texts, ", ")));
  }
  if (!excluded_type_.empty()) parts.push_back("not " + quoted(excluded_type_));
  if (size_ && !limits_) parts.push_back(fmt::format("exactly {} entries", *size_));
  if (low_ || high_) {
    const bool list = type_ == Type::integers || type_ == Type::numbers;
    parts.push_back((list ? "each " : "") + bounds());
  }
  if (ascending_) parts.emplace_back("ascending");
  std::string text = fmt::format("{}", fmt::join(parts, ", "));
  if (!usual_.empty()) text += fmt::format(" ({} is usual)", usual_);
  return text;
}

std::string Setting::bounds() const {
  if (low_ && high_ && low_->inclusive)
    return fmt::format("{} to {}{}", low_->value, high_->inclusive ? "" : "below ", high_->value);
  std::string text;
  if (low_) text = fmt::format("{} {}", low_->inclusive ? "at least" : "above", low_->value);
  if (low_ && high_) text += " and ";
  if (high_) text += fmt::format("{} {}", high_->inclusive ? "at most" : "below", high_->value);
  return text;
}

bool Setting::within(double number) const {
  if (!std::isfinite(number)) return false;
  if (low_ && (low_->inclusive ? number < low_->value : number <= low_->value)) return false;
  return !(high_ && (high_->inclusive ? number > high_->value : number >= high_->value));
}

Value Setting::completed(Value value) const {
  const auto* const numbers = std::get_if<std::vector<double>>(&value);
  if (!limits_ || numbers == nullptr || numbers->size() != 1) return value;
  const double one = numbers->front();
  return std::vector{limits_->low + limits_->low_factor * one, limits_->high + one};
}

bool Setting::allows(const Value& value) const {
  const auto list_allowed = [this](const auto& list) {
    return (!size_ || list.size() == *size_) &&
           std::ranges::all_of(list, [this](auto number) { return within(static_cast<double>(number)); }) &&
           (!limits_ || std::ranges::is_sorted(list)) &&
           (!ascending_ || std::ranges::adjacent_find(list, std::greater_equal()) == list.end());
  };
  const auto is_choice = [this](const std::string& text) { return choices_.empty() || std::ranges::count(choices_, text) > 0; };
  switch (static_cast<Type>(value.index())) {
    case Type::boolean: return type_ == Type::boolean;
    case Type::integer: {
      const auto number = static_cast<double>(std::get<std::int64_t>(value));
      return (type_ == Type::integer || type_ == Type::number) && within(number);
    }
    case Type::number: return type_ == Type::number && within(std::get<double>(value));
    case Type::text: return type_ == Type::text && is_choice(std::get<std::string>(value));
    case Type::integers: return type_ == Type::integers && list_allowed(std::get<std::vector<std::int64_t>>(value));
    case Type::numbers: return type_ == Type::numbers && list_allowed(std::get<std::vector<double>>(value));
    case Type::texts: {
      const auto& texts = std::get<std::vector<std::string>>(value);
      return type_ == Type::texts && (!size_ || texts.size() == *size_) && std::ranges::all_of(texts, is_choice);
    }
    default: return false;
  }
}

}  // namespace aviary
