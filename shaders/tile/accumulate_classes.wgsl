// probability[k, y, x] += weight * p, where p is the probability of class k at (y', x'): (y, x), flipped as the tile was. It is
// sigmoid(logits[k]), or with softmax, exp(logits[k + 1]) / sum of exp(logits) over the channels, of which the first is background.
// Layouts: logits [1][C/4][H][W] of four channels; probability [classes][H][W]. A thread adds to one pixel of all classes.
import package::common::storage::{Packed, unpack};

override side: u32 = 32u;
override classes: u32 = 2u;
override weight: f32 = 1.0;

@group(0) @binding(0) var<storage, read> logits: array<Packed>;
@group(0) @binding(1) var<storage, read_write> probability: array<f32>;

fn logit(channel: u32, at: u32) -> f32 {
  return unpack(logits[channel / 4u * side * side + at])[channel % 4u];
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= side * side) { return; }
  var y = id.x / side;
  var x = id.x % side;
  @if(flip_vertical) y = side - 1u - y;
  @if(flip_horizontal) x = side - 1u - x;
  let at = y * side + x;
  // The largest is subtracted first, so that no exponential overflows.
  @if(softmax) var largest = logit(0u, at);
  @if(softmax) for (var k = 1u; k <= classes; k++) { largest = max(largest, logit(k, at)); }
  @if(softmax) var sum = 0.0;
  @if(softmax) for (var k = 0u; k <= classes; k++) { sum += exp(logit(k, at) - largest); }
  for (var k = 0u; k < classes; k++) {
    @if(softmax) let p = exp(logit(k + 1u, at) - largest) / sum;
    @else let p = 1.0 / (1.0 + exp(-logit(k, at)));
    probability[k * side * side + id.x] += weight * p;
  }
}
