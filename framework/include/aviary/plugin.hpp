// How a plugin library shows what is in it. Authors use one macro per component, from the header of its kind (AVIARY_MODEL,
// AVIARY_OPTIMIZER, AVIARY_SCHEDULER, AVIARY_AUGMENTATION, AVIARY_EVENT_SINK, AVIARY_DEVICE_AUGMENTER), and the CMake function
// aviary_add_plugin; both are all there is to it.
//
// What they leave in the library:
// - section `aviary_stamp`: texts that the host reads from the file without loading it. One says what the library was built for
//   (from library.cpp, which aviary_add_plugin compiles into every plugin), and one for each component says kind, name,
//   summary.
// - section `aviary_exports`: one pointer to a Component for each macro, collected by the linker from all source files.
// - `aviary_library`, the only exported symbol: the bounds of that section.
#pragma once

#include <concepts>
#include <memory>
#include <utility>

#include <aviary/kind.hpp>
#include <aviary/params.hpp>

/// Changes whenever a plugin must be rebuilt because the SDK changed.
#define AVIARY_SDK_VERSION 2

namespace aviary {

/// One component, as the library describes it. Names live as long as the library, which is never unloaded.
struct Component {
  Kind kind;
  const char* name;
  const char* summary;
  SettingList (*settings)();
  /// A new object of the kind's interface (as Interface*), owned by the caller. `context` is the interface's Context.
  void* (*make)(Values& values, const void* context);
};

/// What `aviary_library` is.
struct Library {
  int sdk_version;
  const Component* const* begin;
  const Component* const* end;
};

namespace detail {

template <class Interface, class Class, class Params>
constexpr Component component(const char* name, const char* summary) {
  return {Interface::kind, name, summary, [] { return ParamList<Params>().settings(); },
          [](Values& values, const void* context) -> void* {
            using Context = typename Interface::Context;
            Params params = ParamList<Params>().read(values);
            std::unique_ptr<Interface> made;
            if constexpr (std::constructible_from<Class, Params, const Context&>)
              made = std::make_unique<Class>(std::move(params), *static_cast<const Context*>(context));
            else
              made = std::make_unique<Class>(std::move(params));
            return made.release();
          }};
}

}  // namespace detail
}  // namespace aviary

// `used` keeps a datum through compiling, `retain` through linking with --gc-sections; both survive strip.
#define AVIARY_KEEP(section_name) __attribute__((section(section_name), used, retain))
#define AVIARY_JOIN_(a, b) a##b
#define AVIARY_JOIN(a, b) AVIARY_JOIN_(a, b)
#define AVIARY_COMPONENT_(id, Interface, kind, name, Class, Params, summary)                                            \
  namespace {                                                                                                           \
  constexpr ::aviary::Component AVIARY_JOIN(aviary_component_,                                                          \
                                            id) = ::aviary::detail::component<Interface, Class, Params>(name, summary); \
  AVIARY_KEEP("aviary_exports")                                                                                         \
  const ::aviary::Component* const AVIARY_JOIN(aviary_export_, id) = &AVIARY_JOIN(aviary_component_, id);               \
  AVIARY_KEEP("aviary_stamp")                                                                                           \
  const char AVIARY_JOIN(aviary_stamp_, id)[] = "aviary-component\n" kind "\n" name "\n" summary;                       \
  }
#define AVIARY_COMPONENT(Interface, kind, name, Class, Params, summary) \
  AVIARY_COMPONENT_(__COUNTER__, Interface, kind, name, Class, Params, summary)
