// output[n, c, y, x] = post(bias[c] + residual[n, c, y, x]
//   + sum over ky, kx of weight[c, ky, kx] * input[n, c, y * stride + ky * dilation - padding, x * stride + …])
// post(v): see epilogue.wgsl. A thread holds `pixels` pixels of a block of four channels, `lanes` apart.
// Layouts: activations [N][C/4][H][W], weight [C/4][ky][kx] of four channels.
import package::common::sizes::{input_height, input_width, output_height, output_width};
import package::common::storage::{Packed, unpack};
import package::conv::epilogue::{first_sum, store};

override blocks: u32 = 1u;
override side: u32 = 1u; // of the kernel
override stride: u32 = 1u;
override padding: u32 = 0u;
override dilation: u32 = 1u;
override pixels: u32 = 4u;
override lanes: u32 = 64u;

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(7) var<storage, read> input: array<Packed>;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let block = group.y % blocks;
  let first_pixel = group.x * (lanes * pixels) + local.x;
  let last_pixel = output_height * output_width - 1u;
  let plane = group.y * input_height * input_width;
  @split var sum: array<vec4f, pixels>;
  @split var row: array<u32, pixels>;
  @split var column: array<u32, pixels>;
  @unroll for (var p = 0u; p < pixels; p++) {
    let pixel = min(first_pixel + p * lanes, last_pixel);
    sum[p] = first_sum(block);
    row[p] = pixel / output_width * stride - padding;
    column[p] = pixel % output_width * stride - padding;
  }
  for (var ky = 0u; ky < side; ky++) {
    for (var kx = 0u; kx < side; kx++) {
      let w = unpack(weight[(block * side + ky) * side + kx]);
      @unroll for (var p = 0u; p < pixels; p++) {
        let iy = row[p] + ky * dilation;
        let ix = column[p] + kx * dilation;
        let inside = iy < input_height && ix < input_width; // negative values wrap around to large ones
        let x = unpack(input[select(0u, plane + iy * input_width + ix, inside)]);
        sum[p] = fma(w, select(vec4f(0.0), x, inside), sum[p]);
      }
    }
  }
  @unroll for (var p = 0u; p < pixels; p++) {
    let pixel = first_pixel + p * lanes;
    if (pixel <= last_pixel) { store(sum[p], block, group.y * (last_pixel + 1u) + pixel); }
  }
}
