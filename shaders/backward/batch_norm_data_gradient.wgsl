// output[n, c, y, x] = post(residual[n, c, y, x] + factor[c] * (g - center[c] - slope[c] * (input[n, c, y, x] - mean[c]))),
// with g = grad_output[n, c, y, x], or 0 where a ReLU after the batch norm is inactive: where
// input * scale[c] + shift[c] is not positive; post(v) = v, or 0 where the input, from a ReLU, is not positive.
// Layouts: activations [N][C/4][H][W] of four channels; coefficients [C/4][factor, center, slope, mean] and
// affine [C/4][scale, shift], 32-bit.
import package::common::storage::{Packed, pack, unpack};
import package::norm::planes::{blocks, lanes, pixels, planes, rows, span};

@group(0) @binding(0) var<storage, read> grad_output: array<Packed>;
@group(0) @binding(1) var<storage, read> input: array<Packed>;
@group(0) @binding(2) var<storage, read> coefficients: array<vec4f>;
@if(relu) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;
@if(has_residual) @group(0) @binding(4) var<storage, read> residual: array<Packed>;
@group(0) @binding(5) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(global_invocation_id) id: vec3u) {
  if (id.y >= planes) { return; }
  let block = id.y % blocks;
  let factor = coefficients[block * 4u];
  let center = coefficients[block * 4u + 1u];
  let slope = coefficients[block * 4u + 2u];
  let mean = coefficients[block * 4u + 3u];
  @if(relu) let scale = affine[block * 2u];
  @if(relu) let shift = affine[block * 2u + 1u];
  let end = min((group.x + 1u) * span, pixels);
  for (var i = group.x * span + id.x % lanes; i < end; i += lanes) {
    let at = id.y * pixels + i;
    let x = unpack(input[at]);
    var g = unpack(grad_output[at]);
    @if(relu) g = select(vec4f(0.0), g, fma(x, scale, shift) > vec4f(0.0));
    var value = factor * (g - center - slope * (x - mean));
    @if(has_residual) value += unpack(residual[at]);
    @if(input_relu) value = select(vec4f(0.0), value, x > vec4f(0.0));
    output[at] = pack(value);
  }
}
