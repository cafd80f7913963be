// Unpacks a word of (red, green, blue, …) with 8 bits each.
fn color_of(word: u32) -> vec3f {
  return vec3f(f32(word & 255u), f32((word >> 8u) & 255u), f32((word >> 16u) & 255u));
}
