# What `cmake --install` gives: program, libaviary, SDK headers, plugins (plugins/CMakeLists.txt), recipes, templates, the manual
# page, completion for three shells, and a CMake package with which plugins are built outside of this tree. Nothing of it points
# back here, and it can be moved as a whole.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/aviary)
set(data_dir ${CMAKE_INSTALL_DATADIR}/aviary)
set_target_properties(aviary PROPERTIES EXPORT_NAME program)

install(TARGETS aviary aviary_sdk EXPORT aviary)
install(DIRECTORY framework/include/aviary TYPE INCLUDE FILES_MATCHING PATTERN *.hpp)
install(DIRECTORY recipes templates DESTINATION ${data_dir})

# The program prints these itself, so they are made when it is installed: a build for work on it need not wait for them.
set(printed ${CMAKE_BINARY_DIR}/printed)
install(CODE "
  file(MAKE_DIRECTORY ${printed})
  function(print_into file)
    execute_process(COMMAND $<TARGET_FILE:aviary> \${ARGN} OUTPUT_FILE ${printed}/\${file} COMMAND_ERROR_IS_FATAL ANY)
  endfunction()
  print_into(aviary.1 man-page)
  print_into(aviary completion bash)
  print_into(_aviary completion zsh)
  print_into(aviary.fish completion fish)")
install(FILES ${printed}/aviary.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${printed}/aviary DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${printed}/_aviary DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${printed}/aviary.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

install(EXPORT aviary NAMESPACE aviary:: FILE aviaryTargets.cmake DESTINATION ${package_dir})
install(FILES framework/sdk/library.cpp cmake/plugin.map cmake/AviaryPlugin.cmake DESTINATION ${package_dir})
configure_package_config_file(cmake/aviaryConfig.cmake.in ${CMAKE_BINARY_DIR}/aviaryConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS AVIARY_PLUGIN_DIR NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Before 1.0 a minor version may change what plugins are compiled against.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/aviaryConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/aviaryConfig.cmake ${CMAKE_BINARY_DIR}/aviaryConfigVersion.cmake DESTINATION ${package_dir})
