target_link_libraries(webhook PRIVATE PkgConfig::HTTPLIB)
