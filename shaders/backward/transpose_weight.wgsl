// output[i, o, ky, kx] = weight[o, i, height - 1 - ky, width - 1 - kx]: convolving the output gradient of a convolution with
// stride 1 with it yields the gradient of the input.
// Layouts: weight [O/4][ky][kx][I/4][4 inputs] of four outputs; output [I/4][ky][kx][O/4][4 outputs] of four inputs.
import package::common::storage::{Packed, pack, unpack};

override input_blocks: u32 = 1u;
override output_blocks: u32 = 1u;
override taps: u32 = 1u;

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= input_blocks * taps) { return; }
  let tap = id.x / input_blocks;
  let block = id.x % input_blocks;
  let start = ((id.y * taps + tap) * input_blocks + block) * 4u;
  let a = unpack(weight[start]);
  let b = unpack(weight[start + 1u]);
  let c = unpack(weight[start + 2u]);
  let d = unpack(weight[start + 3u]);
  let to = ((block * taps + taps - 1u - tap) * output_blocks + id.y) * 4u;
  output[to] = pack(vec4f(a.x, b.x, c.x, d.x));
  output[to + 1u] = pack(vec4f(a.y, b.y, c.y, d.y));
  output[to + 2u] = pack(vec4f(a.z, b.z, c.z, d.z));
  output[to + 3u] = pack(vec4f(a.w, b.w, c.w, d.w));
}
