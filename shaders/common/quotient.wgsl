// a / b. Vector units cannot divide integers; the quotient of floats is off by at most one.
fn quotient(a: u32, b: u32) -> u32 {
  var low = u32(f32(a) / f32(b));
  low -= select(0u, 1u, low * b > a);
  return low + select(0u, 1u, a - low * b >= b);
}
