// output[split, o, i, ky, kx] = sum over the split's n and y, and over all x, of
//   grad_output[n, o, y, x] * input[n, i, y * stride + ky * dilation - padding, x * stride + …]
// Layouts: activations [N][C/4][H][W] of four channels; output [split][O/4][ky][kx][I/4][4 inputs] of four outputs, 32-bit.
// A thread holds `results` output blocks by `taps` columns of the kernel by `inputs` input blocks in registers, and iterates
// over rows, `pixels` at a time. The lanes hold neighboring output blocks, so those of one group read the same input.
import package::backward::weight_gradient::{inputs, lanes, results, spread, store, tiles};
import package::common::storage::{Packed, unpack};

struct Shape {
  output_blocks: u32, // of all groups together
  group_outputs: u32, // output blocks per group
  group_inputs: u32, // input blocks per group
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  kernel_height: u32,
  kernel_width: u32,
  padding: u32,
  dilation: u32,
  rows: u32, // of all images together
  split_rows: u32, // rows per split
}
override stride: u32 = 1u;
override taps: u32 = 1u;
override pixels: u32 = 4u;
override reach: u32 = 1u; // held columns from one pixel to the next
override column_step: u32 = 1u; // input columns from one held column to the next
override loads: u32 = 16u; // vectors of input that a thread loads: ((pixels - 1) * reach + taps) * inputs / spread, rounded up

@group(0) @binding(0) var<storage, read> grad_output: array<Packed>;
@group(0) @binding(1) var<storage, read> input: array<Packed>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(lanes, tiles)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let first_input = (group.y * tiles + local.y) * inputs;
  if (first_input >= shape.group_inputs) { return; }
  let block = (group.x * lanes + local.x) * results;
  let block_read = min(block, shape.output_blocks - results); // lanes past the end still load for the others
  let channel_group = block_read / shape.group_outputs;
  let tap_columns = shape.kernel_width / taps;
  let kx = group.z % tap_columns * taps;
  let ky = group.z / tap_columns % shape.kernel_height;
  let split = group.z / (tap_columns * shape.kernel_height);
  let input_blocks = shape.output_blocks / shape.group_outputs * shape.group_inputs;
  let input_plane = shape.input_height * shape.input_width;
  let output_plane = shape.output_height * shape.output_width;

  @split var sum: array<vec4f, results * taps * inputs * 4>;
  @unroll for (var s = 0u; s < results * taps * inputs * 4u; s++) {
    sum[s] = vec4f(0.0);
  }
  @split var plane: array<u32, loads>;
  @split var column: array<u32, loads>;
  @unroll for (var i = 0u; i < loads; i++) {
    let vector = i * spread + local.x % spread;
    plane[i] = (channel_group * shape.group_inputs + min(first_input + vector % inputs, shape.group_inputs - 1u)) * input_plane;
    column[i] = vector / inputs * column_step + kx * shape.dilation - shape.padding;
  }

  @split var g: array<vec4f, results * pixels>;
  @split var x: array<vec4f, loads>;
  @split var value: array<vec4f, pixels>;
  let last_row = min((split + 1u) * shape.split_rows, shape.rows);
  for (var row = split * shape.split_rows; row < last_row; row++) {
    let image = row / shape.output_height;
    let oy = row % shape.output_height;
    let iy = oy * stride + ky * shape.dilation - shape.padding;
    if (iy >= shape.input_height) { continue; } // below zero wraps to far above
    let input_row = image * input_blocks * input_plane + iy * shape.input_width;
    let output_row = (image * shape.output_blocks + block_read) * output_plane + oy * shape.output_width;
    for (var first = 0u; first < shape.output_width; first += pixels) {
      @unroll for (var p = 0u; p < pixels; p++) {
        @if(ragged) let inside = first + p < shape.output_width;
        @unroll for (var r = 0u; r < results; r++) {
          g[p * results + r] = unpack(grad_output[output_row + r * output_plane + first + p]);
          @if(ragged) g[p * results + r] = select(vec4f(0.0), g[p * results + r], inside);
        }
      }
      @unroll for (var i = 0u; i < loads; i++) {
        let ix = first * stride + column[i];
        @if(masked) let within = ix < shape.input_width;
        var at = ix;
        @if(masked) at = select(0u, ix, within);
        x[i] = unpack(input[input_row + plane[i] + at]);
        @if(masked) x[i] = select(vec4f(0.0), x[i], within);
      }
      // The loop over pixels is the innermost, so that a sum spilled from the registers is loaded only once.
      @unroll for (var t = 0u; t < taps; t++) {
        @unroll for (var i = 0u; i < inputs; i++) {
          @unroll for (var p = 0u; p < pixels; p++) {
            value[p] = x[((p * reach + t) * inputs + i) / spread];
            @if(broadcast) value[p] = subgroupBroadcast(value[p], ((p * reach + t) * inputs + i) % spread);
          }
          @unroll for (var r = 0u; r < results; r++) {
            @unroll for (var k = 0u; k < 4u; k++) {
              @unroll for (var p = 0u; p < pixels; p++) {
                sum[((r * taps + t) * inputs + i) * 4 + k] = fma(g[p * results + r], vec4f(value[p][k]), sum[((r * taps + t) * inputs + i) * 4 + k]);
              }
            }
          }
        }
      }
    }
  }

  if (block >= shape.output_blocks) { return; }
  @unroll for (var r = 0u; r < results; r++) {
    @unroll for (var t = 0u; t < taps; t++) {
      let at = (((split * shape.output_blocks + block + r) * shape.kernel_height + ky) * shape.kernel_width + kx + t) * shape.group_inputs + first_input;
      @unroll for (var i = 0u; i < inputs; i++) {
        if (first_input + i < shape.group_inputs) {
          @unroll for (var k = 0u; k < 4u; k++) {
            store(sum[((r * taps + t) * inputs + i) * 4 + k], (at + i) * 4u + k);
          }
        }
      }
    }
  }
}
