// output[n, c] = sum over y, x of input[n, c, y, x]: the gradient of a bias per image; sum_partials.wgsl adds the images.
// Layouts: input [N][C/4][H][W] of four channels; output [N][C/4] of four channels, 32-bit.
// Eight threads per plane stride over its pixels, and the first adds up.
import package::common::storage::{Packed, unpack};

override planes: u32 = 1u; // batch times blocks of four channels
override pixels: u32 = 1u;
const lanes: u32 = 8u;
const rows: u32 = 8u; // planes per workgroup

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;

var<workgroup> partial: array<vec4f, 64>;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let plane = group.x * rows + local.y;
  var sum = vec4f(0.0);
  if (plane < planes) {
    for (var i = local.x; i < pixels; i += lanes) {
      sum += unpack(input[plane * pixels + i]);
    }
  }
  let at = local.y * lanes + local.x;
  partial[at] = sum;
  workgroupBarrier();
  if (plane < planes && local.x == 0u) {
    for (var i = 1u; i < lanes; i++) { sum += partial[at + i]; }
    output[plane] = sum;
  }
}
