# The pages of web/, bundled by npm's esbuild and compiled into the program, so that nothing is fetched when it runs. All of it
# happens in the build folder, and again only when something in web/ has changed. Without npm, or where it fails (no network),
# the program is built without them and says so when one is asked for.
#
# Included, it sets AVIARY_PAGES, a C++ file that defines all_pages(). Run with cmake -P, it makes that file.

if(CMAKE_SCRIPT_MODE_FILE)
  file(REMOVE_RECURSE ${FOLDER})
  file(MAKE_DIRECTORY ${FOLDER})
  file(COPY ${SOURCE}/ DESTINATION ${FOLDER})
  set(log ${FOLDER}/build.log)
  foreach(step "${NPM};ci;--ignore-scripts;--no-audit;--no-fund;--fetch-retry-mintimeout=1000;--fetch-retry-maxtimeout=5000;${OMIT}" "${NODE};build.mjs;${PAGES}")
    execute_process(COMMAND ${step} WORKING_DIRECTORY ${FOLDER} RESULT_VARIABLE failed OUTPUT_FILE ${log} ERROR_FILE ${log})
    if(failed)
      message(NOTICE "Building without report.html and the board's page, since npm failed (${log} says why); delete ${PAGES} to try again.")
      file(COPY_FILE ${NO_PAGES} ${PAGES})
      break()
    endif()
  endforeach()
  file(TOUCH ${PAGES})
  return()
endif()

set(AVIARY_NO_PAGES ${PROJECT_SOURCE_DIR}/cmake/no_pages.cpp)
set(AVIARY_PAGES ${AVIARY_NO_PAGES})
find_program(NPM npm)
find_program(NODE NAMES node nodejs)
if(NPM AND NODE)
  set(AVIARY_PAGES ${CMAKE_BINARY_DIR}/web/pages.cpp)
  file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/web/*)
  # What tests alone need: playwright-core.
  set(omit "")
  if(NOT AVIARY_TESTS)
    set(omit --omit=dev)
  endif()
  add_custom_command(OUTPUT ${AVIARY_PAGES}
    COMMAND ${CMAKE_COMMAND} -DNPM=${NPM} -DNODE=${NODE} -DOMIT=${omit} -DSOURCE=${PROJECT_SOURCE_DIR}/web
      -DFOLDER=${CMAKE_BINARY_DIR}/web -DPAGES=${AVIARY_PAGES} -DNO_PAGES=${AVIARY_NO_PAGES} -P ${CMAKE_CURRENT_LIST_FILE}
    DEPENDS ${web_sources} ${AVIARY_NO_PAGES} ${CMAKE_CURRENT_LIST_FILE}
    COMMENT "Bundling the pages of web/" VERBATIM)
else()
  message(NOTICE "Building without report.html and the board's page, since npm was not found; install it (Debian: npm) and configure again.")
endif()
# Alone: its literals are longer than all that it would be compiled with.
set_source_files_properties(${AVIARY_PAGES} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
