// MurmurHash3's finalizer.
fn mix_bits(value: u32) -> u32 {
  var x = (value ^ (value >> 16u)) * 0x85ebca6bu;
  x = (x ^ (x >> 13u)) * 0xc2b2ae35u;
  return x ^ (x >> 16u);
}
