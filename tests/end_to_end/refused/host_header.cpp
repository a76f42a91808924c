#include <recipe/recipe.hpp>
