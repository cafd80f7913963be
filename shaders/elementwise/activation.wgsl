// output[i] = max(input[i], 0), or 1 / (1 + exp(-input[i])). Layout: [N][C/4][H][W] of four channels.
import package::common::storage::{Packed, pack, unpack};

override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  var value = unpack(input[at]);
  @if(relu) value = max(value, vec4f(0.0));
  @if(sigmoid) value = 1.0 / (1.0 + exp(-value));
  output[at] = pack(value);
}
