// output[n, o, y, x] = post(bias[o] + residual[n, o, y, x]
//   + sum over i, ky, kx of weight[o, i, ky, kx] * input[n, i, y + ky - padding, x + kx - padding]): a 3×3 convolution with
// few channels per group. post(v) = v, then max(v, 0), then v * scale[o] + shift[o], as requested.
// A thread holds 4×4 pixels of one block of outputs, and the 6×6 pixels of a block of inputs that they depend on, so that
// each is loaded once instead of nine times.
// Layouts: activations [N][C/4][H][W] of four channels; weight [O/4][3][3][I/4][4 inputs] of four outputs.
import package::common::storage::{Packed, unpack};
import package::conv::epilogue::{first_sum, store};
import package::conv::tiling::{lanes, rows, spread};

struct Shape {
  input_blocks: u32, // per group
  output_blocks: u32, // of all groups together
  group_outputs: u32, // output blocks per group
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  padding: u32,
  tiles_across: u32,
  tiles: u32,
}
override weights: u32 = 36u; // vectors of weights that a thread loads: 36 / spread, rounded up

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(6) var<uniform> shape: Shape;
@group(0) @binding(7) var<storage, read> input0: array<Packed>;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let block = group.y * rows + local.y;
  if (block >= shape.output_blocks) { return; }
  let tile = min(group.x * lanes + local.x, shape.tiles - 1u); // all lanes must load weights
  let row = tile / shape.tiles_across * 4u;
  let column = tile % shape.tiles_across * 4u;
  let input_plane = shape.input_height * shape.input_width;
  let groups = shape.output_blocks / shape.group_outputs;

  @split var sum: array<vec4f, 16>;
  @unroll for (var p = 0u; p < 16u; p++) {
    sum[p] = first_sum(block);
  }
  @split var x: array<vec4f, 36>;
  @split var w: array<vec4f, weights>;
  @split var factors: array<vec4f, 4>;
  var plane = (group.z * groups + block / shape.group_outputs) * shape.input_blocks * input_plane;
  for (var i = 0u; i < shape.input_blocks; i++) {
    @unroll for (var v = 0u; v < weights; v++) {
      let vector = min(v * spread + local.x % spread, 35u);
      w[v] = unpack(weight[((block * 9u + vector / 4u) * shape.input_blocks + i) * 4u + vector % 4u]);
    }
    @unroll for (var py = 0u; py < 6u; py++) {
      let iy = row + py - shape.padding; // negative values wrap around to large ones
      @unroll for (var px = 0u; px < 6u; px++) {
        let ix = column + px - shape.padding;
        let inside = iy < shape.input_height && ix < shape.input_width;
        let value = unpack(input0[plane + select(0u, iy * shape.input_width + ix, inside)]);
        x[py * 6 + px] = select(vec4f(0.0), value, inside);
      }
    }
    @unroll for (var tap = 0u; tap < 9u; tap++) {
      @unroll for (var k = 0u; k < 4u; k++) {
        factors[k] = w[(tap * 4 + k) / spread];
        @if(broadcast) factors[k] = subgroupBroadcast(factors[k], (tap * 4 + k) % spread);
      }
      @unroll for (var p = 0u; p < 16u; p++) {
        @unroll for (var k = 0u; k < 4u; k++) {
          sum[p] = fma(factors[k], vec4f(x[(p / 4 + tap / 3) * 6 + p % 4 + tap % 3][k]), sum[p]);
        }
      }
    }
    plane += input_plane;
  }

  let plane_out = (group.z * shape.output_blocks + block) * shape.output_height * shape.output_width;
  @unroll for (var p = 0u; p < 16u; p++) {
    let y = row + p / 4u;
    let x = column + p % 4u;
    if (y < shape.output_height && x < shape.output_width) {
      store(sum[p], block, plane_out + y * shape.output_width + x);
    }
  }
}
