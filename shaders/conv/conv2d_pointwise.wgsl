// output[n, o, p] = post(bias[o] + residual[n, o, p] + sum over i of weight[o, i] * input[n, i, p]): a 1×1 convolution with
// stride 1 of planes with an even number of pixels. post(v) = v, then max(v, 0), then v * scale[o] + shift[o], as requested.
// For the gradient of such a convolution's input, the weight is transposed, and post(v) may be 0 where mask is not positive.
// A thread holds `pixels` pixels by `outputs` blocks of four output channels in registers. Neighboring pixels and vectors of
// weights are loaded in pairs: on software adapters, the number of loads matters more than their size.
// Layouts: activations [N][C/4][H W] of four channels; weight [O/4][I/4][4 inputs] of four outputs, or with transposed
// [I/4][O/4][4 outputs] of four inputs.
import package::common::pairs::{Pair, left, pair, right};
import package::common::storage::{pack, unpack};
import package::conv::epilogue::{activate, first_sum, masked};
import package::conv::tiling::{lanes, outputs, pixels, rows, spread};

override inputs: u32 = 1u;
override weights: u32 = 8u; // pairs of vectors of weights that a thread loads: outputs * 2 / spread, rounded up

struct Shape {
  input_blocks: u32, // of all inputs together, per group
  output_blocks: u32, // of all groups together
  group_outputs: u32, // output blocks per group
  pairs: u32, // of pixels per plane
  @split blocks: array<u32, inputs>, // an input's channel blocks, per group
}
@group(0) @binding(0) var<storage, read> weight: array<Pair>;
@if(has_residual) @group(0) @binding(2) var<storage, read> residual: array<Pair>;
@if(has_mask) @group(0) @binding(4) var<storage, read> mask: array<Pair>;
@group(0) @binding(5) var<storage, read_write> output: array<Pair>;
@group(0) @binding(6) var<uniform> shape: Shape;
@split @group(0) @binding(7) var<storage, read> input: binding_array<array<Pair>, inputs>;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let block = (group.y * rows + local.y) * outputs;
  if (block >= shape.output_blocks) { return; }
  let first = group.x * (lanes * pixels / 2u) + local.x;
  let channel_group = block / shape.group_outputs;
  let group_row = group.z * (shape.output_blocks / shape.group_outputs) + channel_group;
  @split var sum: array<vec4f, outputs * pixels>;
  @unroll for (var o = 0u; o < outputs; o++) {
    @unroll for (var p = 0u; p < pixels; p++) {
      sum[o * pixels + p] = first_sum(block + o);
    }
  }
  @split var at: array<u32, pixels / 2>;
  @unroll for (var p = 0u; p < pixels / 2u; p++) {
    at[p] = min(first + p * lanes, shape.pairs - 1u); // all lanes must load weights
  }
  @split var at_weight: array<u32, weights>;
  @unroll for (var v = 0u; v < weights; v++) {
    let vectors = v * spread + local.x % spread;
    @if(!transposed) at_weight[v] = (block + vectors / 2u) * shape.input_blocks * 2u + vectors % 2u;
    @else at_weight[v] = (channel_group * shape.input_blocks * shape.group_outputs + block % shape.group_outputs) * 2u + vectors;
  }
  @split var x: array<vec4f, pixels>;
  @split var w: array<vec4f, weights * 2>;
  @split var factors: array<vec4f, 4>;
  @unroll for (var n = 0u; n < inputs; n++) {
    var plane = group_row * shape.blocks[n] * shape.pairs;
    for (var i = 0u; i < shape.blocks[n]; i++) {
      @unroll for (var p = 0u; p < pixels / 2u; p++) {
        let loaded = input[n][plane + at[p]];
        x[p * 2] = unpack(left(loaded));
        x[p * 2 + 1] = unpack(right(loaded));
      }
      @unroll for (var v = 0u; v < weights; v++) {
        let loaded = weight[at_weight[v]];
        w[v * 2] = unpack(left(loaded));
        w[v * 2 + 1] = unpack(right(loaded));
        @if(!transposed) at_weight[v] += 2u;
        @else at_weight[v] += shape.group_outputs * 2u;
      }
      @unroll for (var o = 0u; o < outputs; o++) {
        @unroll for (var k = 0u; k < 4u; k++) {
          factors[k] = w[(o * 2 + k / 2) / spread * 2 + k % 2];
          @if(broadcast) factors[k] = subgroupBroadcast(factors[k], (o * 2 + k / 2) % spread);
        }
        @if(transposed) {
          let turned = transpose(mat4x4f(factors[0], factors[1], factors[2], factors[3]));
          @unroll for (var k = 0u; k < 4u; k++) { factors[k] = turned[k]; }
        }
        @unroll for (var p = 0u; p < pixels; p++) {
          @unroll for (var k = 0u; k < 4u; k++) {
            sum[o * pixels + p] = fma(factors[k], vec4f(x[p][k]), sum[o * pixels + p]);
          }
        }
      }
      plane += shape.pairs;
    }
  }
  @unroll for (var o = 0u; o < outputs; o++) {
    let plane_out = (group.z * shape.output_blocks + block + o) * shape.pairs;
    @unroll for (var p = 0u; p < pixels / 2u; p++) {
      let pixel = first + p * lanes;
      if (pixel < shape.pairs) {
        let place = plane_out + pixel;
        var a = sum[o * pixels + p * 2];
        var b = sum[o * pixels + p * 2 + 1];
        @if(has_residual) {
          let added = residual[place];
          a += unpack(left(added));
          b += unpack(right(added));
        }
        a = activate(a, block + o);
        b = activate(b, block + o);
        @if(has_mask) {
          let passed = mask[place];
          a = masked(a, left(passed));
          b = masked(b, right(passed));
        }
        output[place] = pair(pack(a), pack(b));
      }
    }
  }
}
