// output[n, 0, y, x] = mean over c of input[n, c, y, x]. Layout: [N][C/4][H][W] of four channels, padded with zeros.
import package::common::storage::{Packed, pack, unpack};

override pixels: u32 = 1u;
override blocks: u32 = 1u;
override channels: u32 = 4u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  var sum = vec4f(0.0);
  for (var block = 0u; block < blocks; block++) {
    sum += unpack(input[(id.y * blocks + block) * pixels + id.x]);
  }
  output[id.y * pixels + id.x] = pack(vec4f(dot(sum, vec4f(1.0)) / f32(channels), 0.0, 0.0, 0.0));
}
