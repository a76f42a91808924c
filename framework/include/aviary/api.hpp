// AVIARY_API marks what libaviary.so shows to programs and plugins; everything else stays hidden.
#pragma once

#define AVIARY_API __attribute__((visibility("default")))
