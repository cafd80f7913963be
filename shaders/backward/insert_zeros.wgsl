// output[n, c, y, x] = post(residual[n, c, y, x] + input[n, c, y / stride, x / stride]), the latter where both quotients are
// integers; post(v) = v, or 0 where mask[n, c, y, x] is not positive: the gradient of subsample.wgsl. Layout: [N][C/4][H][W] of
// four channels.
import package::common::storage::{Packed, pack, unpack};

override stride: u32 = 2u;
override full_height: u32 = 1u; // of the output
override full_width: u32 = 1u;
override height: u32 = 1u; // of the input
override width: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@if(has_residual) @group(0) @binding(1) var<storage, read> residual: array<Packed>;
@if(has_mask) @group(0) @binding(2) var<storage, read> mask: array<Packed>;
@group(0) @binding(3) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= full_height * full_width) { return; }
  let at = id.y * full_height * full_width + id.x;
  let y = id.x / full_width;
  let x = id.x % full_width;
  var value = vec4f(0.0);
  if (y % stride == 0u && x % stride == 0u) {
    value = unpack(input[(id.y * height + y / stride) * width + x / stride]);
  }
  @if(has_residual) value += unpack(residual[at]);
  @if(has_mask) value = select(vec4f(0.0), value, unpack(mask[at]) > vec4f(0.0));
  output[at] = pack(value);
}
