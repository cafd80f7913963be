// output[n, o, y, x] = post(bias[o] + residual[n, o, y, x]
//   + sum over i, ky, kx of weight[o, i, ky, kx] * input[n, i, y * stride + ky * dilation - padding, x * stride + …])
// post(v) = v, then max(v, 0), then v * scale[o] + shift[o], as requested. With `shuffle`, channels 4 c to 4 c + 3 of a
// pixel are stored as channel c of four pixels (pixel_shuffle.wgsl).
// Layouts: activations [N][C/4][H][W] of four channels; weight [O/4][ky][kx][I/4][4 inputs] of four outputs.
// A thread holds `pixels` pixels, `lanes` apart, by `outputs` blocks of four output channels in registers.
import package::common::quotient::quotient;
import package::common::storage::unpack;
import package::conv::epilogue::{first_sum, store};
import package::conv::operands::{input, inputs, shape, weight};
import package::conv::tiling::{lanes, outputs, pixels, rows, spread};

override depth: u32 = 4u; // channels per block that are not padding
override weights: u32 = 16u; // vectors of weights that a thread loads: outputs * 4 / spread, rounded up

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let block = (group.y * rows + local.y) * outputs;
  if (block >= shape.output_blocks) { return; }
  let first_pixel = group.x * (lanes * pixels) + local.x;
  let output_plane = shape.output_height * shape.output_width;
  let last_pixel = output_plane - 1u;
  let input_plane = shape.input_height * shape.input_width;
  let output_stride = shape.kernel_height * shape.kernel_width * shape.input_blocks;
  let channel_group = block / shape.group_outputs;
  @split var sum: array<vec4f, outputs * pixels>;
  @unroll for (var o = 0u; o < outputs; o++) {
    @unroll for (var p = 0u; p < pixels; p++) {
      sum[o * pixels + p] = first_sum(block + o);
    }
  }
  @split var row: array<u32, pixels>;
  @split var column: array<u32, pixels>;
  @unroll for (var p = 0u; p < pixels; p++) {
    let pixel = min(first_pixel + p * lanes, last_pixel);
    row[p] = quotient(pixel, shape.output_width);
    column[p] = pixel - row[p] * shape.output_width;
  }
  @split var at: array<u32, pixels>;
  @split var inside: array<bool, pixels>;
  @split var x: array<vec4f, pixels>;
  @split var w: array<vec4f, weights>;
  @split var at_weight: array<u32, weights>;
  @split var factors: array<vec4f, 4>;
  for (var ky = 0u; ky < shape.kernel_height; ky++) {
    for (var kx = 0u; kx < shape.kernel_width; kx++) {
      @unroll for (var p = 0u; p < pixels; p++) {
        let iy = row[p] * shape.stride + ky * shape.dilation - shape.padding;
        let ix = column[p] * shape.stride + kx * shape.dilation - shape.padding;
        @if(padded) inside[p] = iy < shape.input_height && ix < shape.input_width; // negative values wrap around to large ones
        at[p] = iy * shape.input_width + ix;
        @if(padded) at[p] = select(0u, at[p], inside[p]);
      }
      let weight_row = (block * shape.kernel_height * shape.kernel_width + ky * shape.kernel_width + kx) * shape.input_blocks;
      @unroll for (var v = 0u; v < weights; v++) {
        let vector = v * spread + local.x % spread;
        at_weight[v] = (weight_row + vector / 4u * output_stride) * 4u + vector % 4u;
      }
      @unroll for (var n = 0u; n < inputs; n++) {
        var plane = (group.z * (shape.output_blocks / shape.group_outputs) + channel_group) * shape.blocks[n] * input_plane;
        for (var i = 0u; i < shape.blocks[n]; i++) {
          @unroll for (var p = 0u; p < pixels; p++) {
            x[p] = unpack(input[n][plane + at[p]]);
            @if(padded) x[p] = select(vec4f(0.0), x[p], inside[p]);
          }
          @unroll for (var v = 0u; v < weights; v++) {
            w[v] = unpack(weight[at_weight[v]]);
            at_weight[v] += 4u;
          }
          @unroll for (var o = 0u; o < outputs; o++) {
            @unroll for (var k = 0u; k < depth; k++) {
              factors[k] = w[(o * 4 + k) / spread];
              @if(broadcast) factors[k] = subgroupBroadcast(factors[k], (o * 4 + k) % spread);
            }
            @unroll for (var p = 0u; p < pixels; p++) {
              @unroll for (var k = 0u; k < depth; k++) {
                sum[o * pixels + p] = fma(factors[k], vec4f(x[p][k]), sum[o * pixels + p]);
              }
            }
          }
          plane += input_plane;
        }
      }
    }
  }
  @unroll for (var o = 0u; o < outputs; o++) {
    var plane_out = (group.z * shape.output_blocks + block + o) * output_plane;
    @if(shuffle) plane_out -= o % 4u * output_plane;
    @unroll for (var p = 0u; p < pixels; p++) {
      let pixel = first_pixel + p * lanes;
      if (pixel <= last_pixel) {
        var value = sum[o * pixels + p];
        @if(shuffle) value = vec4f(sum[o / 4 * 4 * pixels + p][o % 4u], sum[(o / 4 * 4 + 1) * pixels + p][o % 4u], sum[(o / 4 * 4 + 2) * pixels + p][o % 4u], sum[(o / 4 * 4 + 3) * pixels + p][o % 4u]);
        var at_output = plane_out + pixel;
        @if(shuffle) at_output = plane_out + (row[p] * 2u + o % 4u / 2u) * shape.output_width * 2u + column[p] * 2u + o % 2u;
        store(value, block + o, at_output);
      }
    }
  }
}
