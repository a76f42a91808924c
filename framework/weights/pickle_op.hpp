// The instructions of a pickle that PyTorch files use: those that torch.save writes for a state_dict, and for the numbers,
// texts and lists that training scripts save beside it.
#pragma once

namespace aviary::weights {

/// Names of Python's pickletools.
enum class Op : unsigned char {
  proto = 0x80,
  stop = '.',
  mark = '(',
  none = 'N',
  newtrue = 0x88,
  newfalse = 0x89,
  binint = 'J',
  binint1 = 'K',
  binint2 = 'M',
  long1 = 0x8a,
  binfloat = 'G',
  binunicode = 'X',
  empty_tuple = ')',
  tuple = 't',
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  empty_list = ']',
  append = 'a',
  appends = 'e',
  empty_dict = '}',
  setitem = 's',
  setitems = 'u',
  binget = 'h',
  long_binget = 'j',
  binput = 'q',
  long_binput = 'r',
  global = 'c',
  reduce = 'R',
  build = 'b',
  binpersid = 'Q',
};

}  // namespace aviary::weights
