// output[split, o, i] = sum over the split's n and y, and over all x, of grad_output[n, o, y, x] * input[n, i, y, x], for 1×1
// convolutions with stride 1 of rows with an even number of pixels. For all others, see conv2d_weight_gradient.wgsl.
// Layouts: activations [N][C/4][H W] of four channels; output [split][O/4][I/4][4 inputs] of four outputs, 32-bit.
// A thread holds `results` output blocks by `inputs` input blocks in registers, and iterates over rows, a pair of pixels at a time.
// The lanes hold neighboring output blocks, so those of one group read the same input.
import package::backward::weight_gradient::{inputs, lanes, results, spread, store, tiles};
import package::common::pairs::{Pair, left, right};
import package::common::storage::unpack;

struct Shape {
  output_blocks: u32, // of all groups together
  group_outputs: u32, // output blocks per group
  group_inputs: u32, // input blocks per group
  plane: u32, // pairs of pixels per plane
  row: u32, // pairs of pixels per row
  rows: u32, // of all images together
  split_rows: u32, // rows per split
}
override loads: u32 = 4u; // pairs of input per thread: inputs / spread, rounded up

@group(0) @binding(0) var<storage, read> grad_output: array<Pair>;
@group(0) @binding(1) var<storage, read> input: array<Pair>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(lanes, tiles)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let first_input = (group.y * tiles + local.y) * inputs;
  if (first_input >= shape.group_inputs) { return; }
  let block = (group.x * lanes + local.x) * results;
  let block_read = min(block, shape.output_blocks - results); // lanes past the end still load for the others
  let channel_group = block_read / shape.group_outputs;
  let split = group.z;
  let input_image = shape.output_blocks / shape.group_outputs * shape.group_inputs * shape.plane;
  let plane_rows = shape.plane / shape.row;

  @split var sum: array<vec4f, results * inputs * 4>;
  @unroll for (var s = 0u; s < results * inputs * 4u; s++) { sum[s] = vec4f(0.0); }
  @split var plane: array<u32, loads>;
  @unroll for (var i = 0u; i < loads; i++) {
    let vector = min(first_input + i * spread + local.x % spread, shape.group_inputs - 1u);
    plane[i] = (channel_group * shape.group_inputs + vector) * shape.plane;
  }

  @split var g: array<vec4f, results * 2>;
  @split var x: array<vec4f, loads * 2>;
  @split var value: array<vec4f, 2>;
  @split var at: array<u32, loads>;
  let last_row = min((split + 1u) * shape.split_rows, shape.rows);
  for (var row = split * shape.split_rows; row < last_row; row++) {
    let image = row / plane_rows;
    let start = row % plane_rows * shape.row;
    var at_output = (image * shape.output_blocks + block_read) * shape.plane + start;
    @unroll for (var i = 0u; i < loads; i++) { at[i] = image * input_image + start + plane[i]; }
    for (var pair = 0u; pair < shape.row; pair++) {
      @unroll for (var r = 0u; r < results; r++) {
        let loaded = grad_output[at_output + r * shape.plane];
        g[r * 2] = unpack(left(loaded));
        g[r * 2 + 1] = unpack(right(loaded));
      }
      at_output++;
      @unroll for (var i = 0u; i < loads; i++) {
        let loaded = input[at[i]];
        x[i * 2] = unpack(left(loaded));
        x[i * 2 + 1] = unpack(right(loaded));
        at[i]++;
      }
      @unroll for (var i = 0u; i < inputs; i++) {
        @unroll for (var p = 0u; p < 2u; p++) {
          value[p] = x[i / spread * 2 + p];
          @if(broadcast) value[p] = subgroupBroadcast(value[p], i % spread);
        }
        @unroll for (var r = 0u; r < results; r++) {
          @unroll for (var k = 0u; k < 4u; k++) {
            @unroll for (var p = 0u; p < 2u; p++) {
              sum[(r * inputs + i) * 4 + k] = fma(g[r * 2 + p], vec4f(value[p][k]), sum[(r * inputs + i) * 4 + k]);
            }
          }
        }
      }
    }
  }

  if (block >= shape.output_blocks) { return; }
  @unroll for (var r = 0u; r < results; r++) {
    let first = (split * shape.output_blocks + block + r) * shape.group_inputs + first_input;
    @unroll for (var i = 0u; i < inputs; i++) {
      if (first_input + i < shape.group_inputs) {
        @unroll for (var k = 0u; k < 4u; k++) {
          store(sum[(r * inputs + i) * 4 + k], (first + i) * 4u + k);
        }
      }
    }
  }
}
