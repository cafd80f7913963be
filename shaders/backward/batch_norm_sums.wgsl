// output[n, c] = sum over y, x of g, and of g * (input - mean[c]) * inverse[c], with g = grad_output[n, c, y, x],
// or 0 where a ReLU after the batch norm is inactive: where input * scale[c] + shift[c] is not positive.
// Layouts: activations [N][C/4][H][W] of four channels; statistics [C/4][mean, inverse deviation], affine [C/4][scale, shift],
// output [N][C/4][2], 32-bit. Eight threads per plane stride over its pixels, and the first adds up.
import package::common::storage::{Packed, unpack};

override planes: u32 = 1u; // batch times blocks
override blocks: u32 = 1u;
override pixels: u32 = 1u;
const lanes: u32 = 8u;
const rows: u32 = 8u; // planes per workgroup

@group(0) @binding(0) var<storage, read> grad_output: array<Packed>;
@group(0) @binding(1) var<storage, read> input: array<Packed>;
@group(0) @binding(2) var<storage, read> statistics: array<vec4f>;
@if(relu) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>;

var<workgroup> sums: array<vec4f, 64>;
var<workgroup> products: array<vec4f, 64>;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let plane = min(group.x * rows + local.y, planes - 1u);
  let block = plane % blocks;
  let mean = statistics[block * 2u];
  @if(relu) let scale = affine[block * 2u];
  @if(relu) let shift = affine[block * 2u + 1u];
  var sum = vec4f(0.0);
  var product = vec4f(0.0);
  for (var i = local.x; i < pixels; i += lanes) {
    let x = unpack(input[plane * pixels + i]);
    var g = unpack(grad_output[plane * pixels + i]);
    @if(relu) g = select(vec4f(0.0), g, fma(x, scale, shift) > vec4f(0.0));
    sum += g;
    product = fma(g, x - mean, product);
  }
  let at = local.y * lanes + local.x;
  sums[at] = sum;
  products[at] = product;
  workgroupBarrier();
  if (local.x == 0u) {
    for (var i = 1u; i < lanes; i++) {
      sum += sums[at + i];
      product += products[at + i];
    }
    output[plane * 2u] = sum;
    output[plane * 2u + 1u] = product * statistics[block * 2u + 1u];
  }
}
