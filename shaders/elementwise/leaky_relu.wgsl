// output[i] = input[i] > 0 ? value : slope * value, where value is input[i]; backward, input is the result, which has the sign
// of the original input, and value is gradient[i]. Layout: [N][C/4][H][W] of four channels.
import package::common::storage::{Packed, pack, unpack};

override pixels: u32 = 1u;
override slope: f32 = 0.01;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@if(backward) @group(0) @binding(1) var<storage, read> gradient: array<Packed>;
@group(0) @binding(2) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  let x = unpack(input[at]);
  var value = x;
  @if(backward) value = unpack(gradient[at]);
  output[at] = pack(select(slope * value, value, x > vec4f(0.0)));
}
