// output[n, c, y, x] = drop(n, c) ? 0 : input[n, c, y, x] / (1 - probability), where drop() hashes seed, layer, image and
// channel, so that the backward pass, which is the same, needs no memory. Layout: [N][C/4][H][W] of four channels.
import package::common::mix_bits::mix_bits;
import package::common::storage::{Packed, pack, unpack};

override pixels: u32 = 1u;
override layer: u32 = 0u;
override threshold: u32 = 0u; // probability * 2^32
override keep: f32 = 1.0; // 1 / (1 - probability)

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@group(0) @binding(2) var<uniform> seed: vec4u; // only the first is used

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let key = mix_bits(seed.x ^ mix_bits(layer + 0x9e3779b9u));
  var factor = vec4f(0.0);
  for (var k = 0u; k < 4u; k++) {
    factor[k] = select(keep, 0.0, mix_bits(key ^ mix_bits(id.y * 4u + k)) < threshold);
  }
  let at = id.y * pixels + id.x;
  output[at] = pack(unpack(input[at]) * factor);
}
