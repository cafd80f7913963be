// probability[y, x] += weight * sigmoid(logits[y', x']), where (y', x') is (y, x), flipped as the tile was; with vote, += weight
// where the sigmoid is above the threshold.
// Layouts: logits [1][H][W] of four channels, of which the first is used; probability [H][W]. A thread adds to one pixel, or
// to four in a row.
import package::common::storage::{Packed, unpack_first};
@if(fours) alias Pixels = vec4f;
@else alias Pixels = f32;

override side: u32 = 32u;
override pixels: u32 = 4u; // per thread
override weight: f32 = 1.0;
override threshold: f32 = 0.5; // of a vote

@group(0) @binding(0) var<storage, read> logits: array<Packed>;
@group(0) @binding(1) var<storage, read_write> probability: array<Pixels>;

fn logit(at: u32) -> f32 { return unpack_first(logits[at].x); }

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= side * side / pixels) { return; }
  var y = id.x / (side / pixels);
  var x = id.x % (side / pixels) * pixels;
  @if(flip_vertical) y = side - 1u - y;
  @if(flip_horizontal) x = side - pixels - x;
  let at = y * side + x;
  @if(fours) var value = vec4f(logit(at), logit(at + 1u), logit(at + 2u), logit(at + 3u));
  @else var value = logit(at);
  @if(fours) @if(flip_horizontal) value = value.wzyx;
  @if(vote) probability[id.x] += select(Pixels(0.0), Pixels(weight), 1.0 / (1.0 + exp(-value)) > Pixels(threshold));
  @else probability[id.x] += weight / (1.0 + exp(-value));
}
