// output[n, c] = mean, and sum of squared deviations from it, of input[n, c, y, x] over y, x.
// Layouts: input [N][C/4][H][W] of four channels; output [N][C/4][mean, squares] of four channels, 32-bit.
// Eight threads per plane stride over its pixels, and the first adds up, because barriers are slower than sums on software
// adapters. Sums differences from the plane's first pixel, so that a mean far from zero costs no precision.
import package::common::storage::{Packed, unpack};

override planes: u32 = 1u; // batch times blocks of four channels
override pixels: u32 = 1u;
const lanes: u32 = 8u;
const rows: u32 = 8u; // planes per workgroup

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;

var<workgroup> sums: array<vec4f, 64>;
var<workgroup> squares: array<vec4f, 64>;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let plane = min(group.x * rows + local.y, planes - 1u);
  let origin = unpack(input[plane * pixels]);
  var sum = vec4f(0.0);
  var square = vec4f(0.0);
  for (var i = local.x; i < pixels; i += lanes) {
    let difference = unpack(input[plane * pixels + i]) - origin;
    sum += difference;
    square = fma(difference, difference, square);
  }
  let at = local.y * lanes + local.x;
  sums[at] = sum;
  squares[at] = square;
  workgroupBarrier();
  if (local.x == 0u) {
    for (var i = 1u; i < lanes; i++) {
      sum += sums[at + i];
      square += squares[at + i];
    }
    let mean = sum / f32(pixels);
    output[plane * 2u] = origin + mean;
    output[plane * 2u + 1u] = max(square - sum * mean, vec4f(0.0));
  }
}
