# What the sink has made of the training's events.
add_test(NAME events COMMAND ${CMAKE_COMMAND} -E cat events)
set_tests_properties(events PROPERTIES DEPENDS train PASS_REGULAR_EXPRESSION "\"started\".*\"epoch\":3,.*\"finished\"")
