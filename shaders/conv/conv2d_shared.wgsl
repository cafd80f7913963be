// output[n, o, y, x] = post(bias[o] + residual[n, o, y, x]
//   + sum over i, ky, kx of weight[o, i, ky, kx] * input[n, i, y * stride + ky * dilation - padding, x * stride + …])
// post(v) = v, then max(v, 0), then v * scale[o] + shift[o], as requested.
// Layouts: activations [N][C/4][H][W] of four channels; weight [O/4][ky][kx][I/4][4 inputs] of four outputs.
// An implicit matrix product through workgroup memory, for GPUs: a workgroup loads `depth` blocks of inputs for its pixels
// and the weights for its outputs, each value once, and its threads multiply what they need of both.
// In parts, which add_parts adds up, a workgroup takes every parts-th `depth` blocks: small planes have too few workgroups.
import package::common::storage::unpack;
import package::conv::epilogue::{bias, store};
import package::conv::operands::{input, inputs, shape, weight};
import package::conv::tiling::{lanes, outputs, pixels, rows};

override depth: u32 = 4u;
override splits: u32 = 1u; // parts of a sum
const threads: u32 = lanes * rows;
const tile_pixels: u32 = lanes * pixels;
const tile_weights: u32 = rows * outputs * depth * 4u;

// With two buffers, threads load one while others still multiply what is in the other.
override buffers: u32 = 1u;
var<workgroup> tile_x: array<vec4f, tile_pixels * depth * buffers>;
var<workgroup> tile_w: array<vec4f, tile_weights * buffers>;

@compute @workgroup_size(lanes, rows)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let image = group.z / splits;
  let part = group.z % splits;
  let first_block = group.y * rows * outputs;
  let block = first_block + local.y * outputs;
  let output_plane = shape.output_height * shape.output_width;
  let input_plane = shape.input_height * shape.input_width;
  let taps = shape.kernel_height * shape.kernel_width;
  // The pixel that this thread loads for the workgroup.
  let loaded = group.x * tile_pixels + index % tile_pixels;
  let row = loaded / shape.output_width * shape.stride - shape.padding; // negative values wrap around to large ones
  let column = loaded % shape.output_width * shape.stride - shape.padding;

  @split var sum: array<vec4f, outputs * pixels>;
  @unroll for (var s = 0u; s < outputs * pixels; s++) {
    sum[s] = vec4f(0.0);
  }
  @split var x: array<vec4f, pixels>;
  var buffer = 0u;
  for (var tap = 0u; tap < taps; tap++) {
    let iy = row + tap / shape.kernel_width * shape.dilation;
    let ix = column + tap % shape.kernel_width * shape.dilation;
    let inside = loaded < output_plane && iy < shape.input_height && ix < shape.input_width;
    let at = iy * shape.input_width + ix;
    var start = 0u; // index of the input's first channel block among those of all inputs
    @unroll for (var n = 0u; n < inputs; n++) {
      let plane = (image * (shape.output_blocks / shape.group_outputs) + first_block / shape.group_outputs) * shape.blocks[n];
      for (var i = part * depth; i < shape.blocks[n]; i += splits * depth) {
        for (var k = index / tile_pixels; k < depth; k += threads / tile_pixels) {
          let used = inside && i + k < shape.blocks[n];
          let value = unpack(input[n][select(0u, (plane + i + k) * input_plane + at, used)]);
          tile_x[(buffer * depth + k) * tile_pixels + index % tile_pixels] = select(vec4f(0.0), value, used);
        }
        for (var v = index; v < tile_weights; v += threads) {
          let o = first_block + v / (depth * 4u);
          let k = i * 4u + v % (depth * 4u);
          let used = o < shape.output_blocks && k < shape.blocks[n] * 4u;
          let source = ((o * taps + tap) * shape.input_blocks + start) * 4u + k;
          tile_w[buffer * tile_weights + v] = select(vec4f(0.0), unpack(weight[select(0u, source, used)]), used);
        }
        workgroupBarrier();
        for (var k = 0u; k < depth; k++) {
          @unroll for (var p = 0u; p < pixels; p++) {
            x[p] = tile_x[(buffer * depth + k) * tile_pixels + p * lanes + local.x];
          }
          @unroll for (var o = 0u; o < outputs; o++) {
            @unroll for (var c = 0u; c < 4u; c++) {
              let w = tile_w[buffer * tile_weights + ((local.y * outputs + o) * depth + k) * 4u + c];
              @unroll for (var p = 0u; p < pixels; p++) {
                sum[o * pixels + p] = fma(w, vec4f(x[p][c]), sum[o * pixels + p]);
              }
            }
          }
        }
        @if(double) buffer = 1u - buffer;
        @else workgroupBarrier();
      }
      start += shape.blocks[n];
    }
  }

  @unroll for (var o = 0u; o < outputs; o++) {
    let plane_out = (group.z * shape.output_blocks + block + o) * output_plane;
    @unroll for (var p = 0u; p < pixels; p++) {
      let pixel = group.x * tile_pixels + p * lanes + local.x;
      if (pixel < output_plane && block + o < shape.output_blocks) {
        var value = sum[o * pixels + p];
        @if(has_bias) value += bias[block + o];
        store(value, block + o, plane_out + pixel);
      }
    }
  }
}
