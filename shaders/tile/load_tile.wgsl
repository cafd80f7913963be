// input[c, y, x] = (bytes[y', x', c] / 255 - mean[c]) / std[c], where (y', x') is (y, x), flipped as requested.
// Layouts: bytes of (red, green, blue, 0), a word per pixel, [H][W], in; [1][H][W] of (red, green, blue, 0) out. A thread loads
// one pixel, or four in a row.
import package::common::normalize::normalize_color;
import package::common::storage::{Packed, pack};
@if(fours) alias Pixels = vec4u;
@else alias Pixels = u32;

override side: u32 = 32u;
override pixels: u32 = 4u; // per thread

@group(0) @binding(0) var<storage, read> bytes: array<Pixels>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

fn load(at: u32, word: u32) {
  let color = vec3f((vec3u(word) >> vec3u(0u, 8u, 16u)) & vec3u(255u));
  output[at] = pack(normalize_color(color));
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= side * side / pixels) { return; }
  var y = id.x / (side / pixels);
  var x = id.x % (side / pixels);
  @if(flip_vertical) y = side - 1u - y;
  @if(flip_horizontal) x = side / pixels - 1u - x;
  var words = bytes[y * (side / pixels) + x];
  @if(fours) @if(flip_horizontal) words = words.wzyx;
  @if(fours) @unroll for (var k = 0u; k < 4u; k++) { load(id.x * 4u + k, words[k]); }
  @else load(id.x, words);
}
