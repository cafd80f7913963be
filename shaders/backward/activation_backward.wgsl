// grad_input[i] = output[i] > 0 ? gradient[i] : 0 for ReLU; gradient[i] * output[i] * (1 - output[i]) for sigmoid.
// Layout: [N][C/4][H][W] of four channels.
import package::common::storage::{Packed, pack, unpack};

override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> output: array<Packed>;
@group(0) @binding(1) var<storage, read> gradient: array<Packed>;
@group(0) @binding(2) var<storage, read_write> grad_input: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  let y = unpack(output[at]);
  var value = unpack(gradient[at]);
  @if(relu) value = select(vec4f(0.0), value, y > vec4f(0.0));
  @if(sigmoid) value *= y * (1.0 - y);
  grad_input[at] = pack(value);
}
