#include <aviary/augment/device.hpp>
#include <aviary/augmentation.hpp>
#include <aviary/event_sink.hpp>
#include <aviary/jpeg_decoder.hpp>
#include <aviary/model.hpp>
#include <aviary/optimizer.hpp>
#include <aviary/scheduler.hpp>

#include "recipe/recipe.hpp"

namespace aviary::recipe {
namespace {

template <class Interface>
void destroy(void* object) {
  delete static_cast<Interface*>(object);
}

auto deleter(Kind kind) {
  switch (kind) {
    case Kind::model: return destroy<Model>;
    case Kind::optimizer: return destroy<Optimizer>;
    case Kind::scheduler: return destroy<Scheduler>;
    case Kind::augmentation: return destroy<Augmentation>;
    case Kind::sink: return destroy<EventSink>;
    case Kind::augmenter: return destroy<DeviceAugmenter>;
    case Kind::decoder: return destroy<JpegDecoder>;
  }
  return destroy<Model>;
}

}  // namespace

Made make_untyped(const ComponentRecipe& recipe, const void* context) {
  Values values;
  values.plain = recipe.values;
  for (const auto& [key, components] : recipe.components)
    for (const ComponentRecipe& inner : components) values.components[key].push_back(make_untyped(inner, context));
  void* const object = plugins::guarded(recipe.callee, [&] { return recipe.component->make(values, context); });
  if (recipe.component->kind == Kind::augmentation) static_cast<Augmentation*>(object)->name = recipe.type;
  return {object, deleter(recipe.component->kind)};
}

}  // namespace aviary::recipe
