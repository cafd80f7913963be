// output[n, c, y, x] = post(input[n, c, y, x] * scale[c] + shift[c] + residual[n, c, y, x]), where scale and shift combine the
// running statistics, weight and bias. Layouts: activations [N][C/4][H][W] of four channels; affine [C/4][scale, shift].
import package::common::storage::{Packed, pack, unpack};
import package::norm::planes::{blocks, lanes, pixels, planes, rows, span};

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> affine: array<vec4f>;
@if(has_residual) @group(0) @binding(2) var<storage, read> residual: array<Packed>;
@group(0) @binding(3) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(global_invocation_id) id: vec3u) {
  if (id.y >= planes) { return; }
  let scale = affine[id.y % blocks * 2u];
  let shift = affine[id.y % blocks * 2u + 1u];
  let end = min((group.x + 1u) * span, pixels);
  for (var i = group.x * span + id.x % lanes; i < end; i += lanes) {
    var value = fma(unpack(input[id.y * pixels + i]), scale, shift);
    @if(has_residual) value += unpack(residual[id.y * pixels + i]);
    @if(relu) value = max(value, vec4f(0.0));
    output[id.y * pixels + i] = pack(value);
  }
}
