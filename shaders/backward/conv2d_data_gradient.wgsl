// output[n, i, y, x] = post(residual[n, i, y, x]
//   + sum over o, ky, kx of weight[o, i, ky, kx] * grad_output[n, o, (y + padding - ky * dilation) / stride, (x + …) / stride])
// over the taps for which the quotients are integers inside the output; post(v) = v, or 0 where mask[n, i, y, x] is not positive.
// Layouts: activations [N][C/4][H][W] of four channels; weight [O/4][ky][kx][I/4][4 inputs] of four outputs.
// Pixels with the same remainder modulo the stride (a phase) use the same taps: each phase is a separate convolution.
// A thread holds `pixels` pixels, `lanes` apart, by `results` blocks of four input channels in registers. Pixels are numbered
// over all images, since planes may be small.
import package::common::quotient::quotient;
import package::common::storage::{Packed, unpack};
import package::conv::epilogue::store;
import package::conv::tiling::{lanes, pixels, rows, spread};

struct Shape {
  batch: u32,
  input_blocks: u32, // of all groups together
  group_inputs: u32, // input blocks per group
  group_outputs: u32, // output blocks per group
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  phase_height: u32, // in pixels
  phase_width: u32,
  kernel_height: u32,
  kernel_width: u32,
  padding: u32,
  dilation: u32,
}
override stride: u32 = 1u;
override results: u32 = 2u;
override weights: u32 = 8u; // vectors of weights that a thread loads: results * 4 / spread, rounded up

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(7) var<storage, read> grad_output: array<Packed>;
@group(0) @binding(6) var<uniform> shape: Shape;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let block = (group.y * rows + local.y) * results;
  if (block >= shape.input_blocks) { return; }
  let first_pixel = group.x * (lanes * pixels) + local.x;
  let phase_plane = shape.phase_height * shape.phase_width;
  let last_pixel = shape.batch * phase_plane - 1u;
  let phase_y = group.z / stride;
  let phase_x = group.z % stride;
  let output_plane = shape.output_height * shape.output_width;
  let channel_group = block / shape.group_inputs;
  let output_image = shape.input_blocks / shape.group_inputs * shape.group_outputs * output_plane;
  let weight_step = shape.kernel_height * shape.kernel_width * shape.group_inputs;
  let weight_start = channel_group * shape.group_outputs * weight_step + block % shape.group_inputs;

  @split var sum: array<vec4f, results * pixels>;
  @split var image: array<u32, pixels>;
  @split var row: array<u32, pixels>;
  @split var column: array<u32, pixels>;
  @unroll for (var i = 0u; i < results * pixels; i++) { sum[i] = vec4f(0.0); }
  @unroll for (var p = 0u; p < pixels; p++) {
    let pixel = min(first_pixel + p * lanes, last_pixel);
    image[p] = quotient(pixel, phase_plane);
    row[p] = quotient(pixel - image[p] * phase_plane, shape.phase_width);
    column[p] = pixel - image[p] * phase_plane - row[p] * shape.phase_width;
  }

  @split var at: array<u32, pixels>;
  @split var inside: array<bool, pixels>;
  @split var g: array<vec4f, pixels>;
  @split var w: array<vec4f, weights>;
  @split var v: array<vec4f, 4>;
  @split var factors: array<vec4f, 4>;
  for (var ky = 0u; ky < shape.kernel_height; ky++) {
    // Adds a multiple of the stride, so that the difference is not negative.
    let from_y = phase_y + shape.padding + (shape.kernel_height * stride - ky) * shape.dilation;
    if (from_y % stride != 0u) { continue; }
    let first_y = from_y / stride - shape.kernel_height * shape.dilation;
    for (var kx = 0u; kx < shape.kernel_width; kx++) {
      let from_x = phase_x + shape.padding + (shape.kernel_width * stride - kx) * shape.dilation;
      if (from_x % stride != 0u) { continue; }
      let first_x = from_x / stride - shape.kernel_width * shape.dilation;
      @unroll for (var p = 0u; p < pixels; p++) {
        let oy = row[p] + first_y;
        let ox = column[p] + first_x;
        @if(padded) inside[p] = oy < shape.output_height && ox < shape.output_width; // negative values wrap around to large ones
        at[p] = image[p] * output_image + oy * shape.output_width + ox;
        @if(padded) at[p] = select(0u, at[p], inside[p]);
      }
      var plane = channel_group * shape.group_outputs * output_plane;
      var at_weight = (weight_start + (ky * shape.kernel_width + kx) * shape.group_inputs) * 4u + local.x % spread;
      for (var o = 0u; o < shape.group_outputs; o++) {
        @unroll for (var p = 0u; p < pixels; p++) {
          g[p] = unpack(grad_output[plane + at[p]]);
          @if(padded) g[p] = select(vec4f(0.0), g[p], inside[p]);
        }
        @unroll for (var i = 0u; i < weights; i++) { w[i] = unpack(weight[at_weight + i * spread]); }
        @unroll for (var r = 0u; r < results; r++) {
          @unroll for (var i = 0u; i < 4u; i++) {
            v[i] = w[(r * 4 + i) / spread];
            @if(broadcast) v[i] = subgroupBroadcast(v[i], (r * 4 + i) % spread);
          }
          @unroll for (var k = 0u; k < 4u; k++) { factors[k] = vec4f(v[0][k], v[1][k], v[2][k], v[3][k]); }
          @unroll for (var p = 0u; p < pixels; p++) {
            @unroll for (var k = 0u; k < 4u; k++) {
              sum[r * pixels + p] = fma(factors[k], vec4f(g[p][k]), sum[r * pixels + p]);
            }
          }
        }
        plane += output_plane;
        at_weight += weight_step * 4u;
      }
    }
  }

  @unroll for (var r = 0u; r < results; r++) {
    @unroll for (var p = 0u; p < pixels; p++) {
      let y = row[p] * stride + phase_y;
      let x = column[p] * stride + phase_x;
      if (first_pixel + p * lanes <= last_pixel && y < shape.input_height && x < shape.input_width) {
        let at_out = ((image[p] * shape.input_blocks + block + r) * shape.input_height + y) * shape.input_width + x;
        store(sum[r * pixels + p], block + r, at_out);
      }
    }
  }
}
