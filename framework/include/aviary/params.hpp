// Settings, declared once. A component (or a table of the recipe) keeps its settings in a plain struct whose members hold the
// defaults, and declares them in a static function:
//
//   struct Params {
//     double momentum = 0.9;
//     bool nesterov = false;
//
//     static void declare(aviary::ParamList<Params>& list) {
//       list.add("momentum", &Params::momentum, "share of the last step that is kept").at_least(0).below(1).usual("0.9");
//       list.add("nesterov", &Params::nesterov, "look ahead along the momentum");
//       list.rule("nesterov", [](const Params& p) { return !p.nesterov || p.momentum > 0; }, "needs a momentum above 0");
//     }
//   };
//
// From that the host takes the TOML key, its type, default and range, the message with file, line and column when a value is
// wrong, the nearest name when a key is, and the text of `aviary plugins describe`.
//
// Members may be bool, std::int64_t, double, std::string, a std::vector of the last three, or a std::optional of any of those
// (no default). A component inside a component (SAM's base optimizer, a chain's schedules) is a std::unique_ptr of its
// interface, or a std::vector of them: the host makes it and hands it over.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <aviary/api.hpp>
#include <aviary/kind.hpp>

namespace aviary {

/// A setting's value. monostate: an optional setting that has none.
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<std::int64_t>,
                           std::vector<double>, std::vector<std::string>>;

/// Alternatives stand in the order of Value's, the two kinds of components after them.
enum class Type { none, boolean, integer, number, text, integers, numbers, texts, component, components };

/// "a number", "a list of whole numbers": for messages.
AVIARY_API std::string describe(Type type);
/// As TOML writes it; empty for monostate.
AVIARY_API std::string to_toml(const Value& value);

/// One declared setting. The functions that return Setting& narrow what is allowed; bounds hold for a number, or for every
/// number of a list.
class AVIARY_API Setting {
 public:
  Setting(std::string key, Type type, Value fallback, bool required, std::string help);

  Setting& above(double bound);
  Setting& at_least(double bound);
  Setting& below(double bound);
  Setting& at_most(double bound);
  /// Every number of a list lies from `low` to `high`.
  Setting& each_within(double low, double high);
  /// Every number of a list is larger than the one before.
  Setting& ascending();
  /// A list holds the two ends of a range, the lower one first. A recipe may give one number x for [centre - x, centre + x].
  Setting& limits(double centre = 0);
  /// The same, where x stands for [low, x].
  Setting& limits_from(double low);
  /// The same, where x stands for [x, x].
  Setting& limits_exact();
  /// A list has exactly this many entries.
  Setting& size(std::size_t count);
  /// A text, or every text of a list, is one of these.
  Setting& one_of(std::vector<std::string> choices);
  /// A component is of any type but this one: a wrapper is not wrapped in itself.
  Setting& not_of(std::string type);
  /// Added to the message when a value is refused: "0.9" becomes "(0.9 is usual)".
  Setting& usual(std::string value);
  /// It counts epochs: a training that is scaled down has fewer of them.
  Setting& epochs();
  /// The recipe must give a value.
  Setting& required();

  const std::string& key() const { return key_; }
  const std::string& help() const { return help_; }
  Type type() const { return type_; }
  const Value& fallback() const { return fallback_; }
  bool is_required() const { return required_; }
  bool counts_epochs() const { return counts_epochs_; }
  /// For settings that hold components: of which kind.
  Kind component_kind() const { return component_kind_; }
  const std::vector<std::string>& choices() const { return choices_; }
  /// The type that a component may not have; empty when all are allowed.
  const std::string& excluded_type() const { return excluded_type_; }

  /// What is allowed: "a number, 0 to below 1 (0.9 is usual)".
  std::string expected() const;
  /// The same without the type, for a value of the right type: "0 to below 1 (0.9 is usual)"; empty when all are allowed.
  std::string range() const;
  /// With the range that a single number stands for, where limits are asked for; else the value itself.
  Value completed(Value value) const;
  /// Whether a value of this type (a whole number also where a number is asked for) lies within what is allowed.
  bool allows(const Value& value) const;

  static Setting component(std::string key, Kind kind, Type type, std::string help);

 private:
  struct Bound {
    double value;
    bool inclusive;
  };

  bool within(double number) const;
  std::string bounds() const;

  std::string key_;
  std::string help_;
  Type type_;
  Value fallback_;
  bool required_;
  bool counts_epochs_ = false;
  Kind component_kind_ = Kind::model;
  std::optional<Bound> low_;
  std::optional<Bound> high_;
  std::optional<std::size_t> size_;
  bool ascending_ = false;
  /// What one number x stands for: [low + low_factor * x, high + x].
  struct Single {
    double low;
    double low_factor;
    double high;
  };
  Setting& limits(const Single& single);
  std::optional<Single> limits_;
  std::vector<std::string> choices_;
  std::string excluded_type_;
  std::string usual_;
};

/// A made component on its way into a Params struct, without its type.
using Made = std::unique_ptr<void, void (*)(void*)>;

/// What the host hands over: a value for every setting, and the components.
struct Values {
  std::map<std::string, Value> plain;
  std::map<std::string, std::vector<Made>> components;
};

/// A condition on several settings; the message is shown at `key`.
struct Rule {
  std::string key;
  std::string message;
  std::function<bool(const Values&)> holds;
};

struct SettingList {
  std::vector<Setting> settings;
  std::vector<Rule> rules;
};

namespace detail {

template <class T>
struct Optional : std::false_type {
  using type = T;
};
template <class T>
struct Optional<std::optional<T>> : std::true_type {
  using type = T;
};

template <class T>
constexpr Type type_of() {
  return static_cast<Type>(Value(T{}).index());
}

}  // namespace detail

/// Where a struct's declare() puts its settings.
template <class P>
class ParamList {
 public:
  ParamList() { P::declare(*this); }

  /// `Base` is P, or a struct with settings that P inherits.
  template <class T, class Base>
  Setting& add(const std::string& key, T Base::*member, std::string help) {
    using Plain = typename detail::Optional<T>::type;
    Value fallback;
    const P defaults{};
    if constexpr (detail::Optional<T>::value) {
      if (defaults.*member) fallback = *(defaults.*member);
    } else {
      fallback = defaults.*member;
    }
    assign_.push_back([key, member](P& params, const Values& values) {
      const Value& value = values.plain.at(key);
      if (!std::holds_alternative<std::monostate>(value)) params.*member = std::get<Plain>(value);
    });
    return list_.settings.emplace_back(key, detail::type_of<Plain>(), std::move(fallback), false, std::move(help));
  }

  template <class Interface>
  Setting& component(const std::string& key, std::unique_ptr<Interface> P::*member, const std::string& help) {
    take_.push_back([key, member](P& params, Values& values) {
      auto& made = values.components[key];
      if (!made.empty()) (params.*member).reset(static_cast<Interface*>(made.front().release()));
    });
    return list_.settings.emplace_back(Setting::component(key, Interface::kind, Type::component, help));
  }

  template <class Interface>
  Setting& component(const std::string& key, std::vector<std::unique_ptr<Interface>> P::*member, const std::string& help) {
    take_.push_back([key, member](P& params, Values& values) {
      for (Made& made : values.components[key]) (params.*member).emplace_back(static_cast<Interface*>(made.release()));
    });
    return list_.settings.emplace_back(Setting::component(key, Interface::kind, Type::components, help));
  }

  /// A condition on the plain settings together.
  void rule(const std::string& key, std::function<bool(const P&)> holds, std::string message) {
    list_.rules.push_back({key, std::move(message),
                           [holds = std::move(holds)](const Values& values) { return holds(ParamList().plain(values)); }});
  }

  const SettingList& settings() const { return list_; }

  /// The struct with these values, components included. Precondition: `values` holds every setting, checked.
  P read(Values& values) const {
    P params = plain(values);
    for (const auto& take : take_) take(params, values);
    return params;
  }

 private:
  P plain(const Values& values) const {
    P params{};
    for (const auto& assign : assign_) assign(params, values);
    return params;
  }

  SettingList list_;
  std::vector<std::function<void(P&, const Values&)>> assign_;
  std::vector<std::function<void(P&, Values&)>> take_;
};

/// For components without settings.
struct NoParams {
  static void declare(ParamList<NoParams>&) {}
};

}  // namespace aviary
