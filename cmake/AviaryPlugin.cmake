# aviary_add_plugin(NAME SOURCES...): a plugin library NAME.so, for the tree and for projects that found aviary with find_package.

if(NOT DEFINED AVIARY_LIBRARY_SOURCE)
  set(AVIARY_LIBRARY_SOURCE ${PROJECT_SOURCE_DIR}/framework/sdk/library.cpp)
  set(AVIARY_SYMBOLS ${CMAKE_CURRENT_LIST_DIR}/plugin.map)
endif()

function(aviary_add_plugin name)
  # library.cpp is compiled here, with this target's flags: it holds the stamp of what the library is built for.
  add_library(${name} MODULE ${ARGN} ${AVIARY_LIBRARY_SOURCE})
  set_target_properties(${name} PROPERTIES PREFIX "" CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${AVIARY_SYMBOLS})
  target_link_libraries(${name} PRIVATE aviary::sdk)
  # Loops are vectorised as at -O3, without its larger code, and those with square roots and comparisons, too; LibTorch itself is
  # compiled with the last two.
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fvect-cost-model=dynamic> -fno-math-errno -fno-trapping-math)
  # One exported symbol, missing ones named when linking, and LibTorch kept even where no symbol of it is called directly (a
  # library that is dropped as unneeded takes its registered operators with it).
  target_link_options(${name} PRIVATE -Wl,--version-script=${AVIARY_SYMBOLS} -Wl,-z,defs -Wl,--no-as-needed)
endfunction()
