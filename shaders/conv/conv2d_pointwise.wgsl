// output[n, o, p] = post(bias[o] + residual[n, o, p] + sum over i of weight[o, i] * input[n, i, p]): a 1×1 convolution of planes
// with an even number of pixels, without stride. post(v) = v, max(v, 0), and v * scale[o] + shift[o] after that, as asked for.
// As the gradient of such a convolution by its input, the weight is transposed, and post(v) may be 0 where mask is not positive.
// A thread holds `pixels` pixels by `outputs` blocks of four output channels in registers. Neighbouring pixels and vectors of
// weights are loaded in pairs, as each load costs software adapters more than what it loads.
// Layouts: activations [N][C/4][H W] of four channels; weight [O/4][I/4][4 inputs] of four outputs, or with transposed
// [I/4][O/4][4 outputs] of four inputs.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }
alias Pair = mat2x4f;
fn pair(left: Packed, right: Packed) -> Pair { return Pair(left, right); }
fn left(p: Pair) -> Packed { return p[0]; }
fn right(p: Pair) -> Packed { return p[1]; }

struct Shape {
  input_blocks: u32, // of all inputs together, per group
  output_blocks: u32, // of all groups together
  group_outputs: u32, // output blocks of a group
  pairs: u32, // of a plane's pixels
  // begin input
  blocks0: u32, // this input's channel blocks, per group
  // end input
}
const lanes: u32 = 8u;
const rows: u32 = 8u;
const pixels: u32 = 4u;
const outputs: u32 = 2u;
const spread: u32 = 1u; // threads that share the loads of the weights they have in common: 1, or the subgroup with `broadcast`
const weights: u32 = 4u; // pairs of vectors of weights that a thread loads: outputs * 2 / spread, rounded up
@group(0) @binding(0) var<storage, read> weight: array<Pair>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>; // if has_bias
@group(0) @binding(2) var<storage, read> residual: array<Pair>; // if has_residual
@group(0) @binding(3) var<storage, read> affine: array<vec4f>; // if has_affine
@group(0) @binding(4) var<storage, read> mask: array<Pair>; // if has_mask
@group(0) @binding(5) var<storage, read_write> output: array<Pair>;
@group(0) @binding(6) var<uniform> shape: Shape;
// begin input
@group(0) @binding(7) var<storage, read> input0: array<Pair>;
// end input
@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let block = (group.y * rows + local.y) * outputs;
  if (block >= shape.output_blocks) { return; }
  let first = group.x * (lanes * pixels / 2u) + local.x;
  let channel_group = block / shape.group_outputs;
  let group_row = group.z * (shape.output_blocks / shape.group_outputs) + channel_group;
  var sum: array<vec4f, outputs * pixels>; // registers
  // unroll
  for (var o = 0u; o < outputs; o++) {
    // unroll
    for (var p = 0u; p < pixels; p++) {
      sum[o * pixels + p] = vec4f(0.0);
      sum[o * pixels + p] = bias[block + o]; // if has_bias
    }
  }
  var at: array<u32, pixels / 2>; // registers
  // unroll
  for (var p = 0u; p < pixels / 2u; p++) {
    at[p] = min(first + p * lanes, shape.pairs - 1u); // all lanes load weights
  }
  var at_weight: array<u32, weights>; // registers
  // unroll
  for (var v = 0u; v < weights; v++) {
    let vectors = v * spread + local.x % spread;
    at_weight[v] = (block + vectors / 2u) * shape.input_blocks * 2u + vectors % 2u; // if !transposed
    at_weight[v] = (channel_group * shape.input_blocks * shape.group_outputs + block % shape.group_outputs) * 2u + vectors; // if transposed
  }
  var x: array<vec4f, pixels>; // registers
  var w: array<vec4f, weights * 2>; // registers
  var factors: array<vec4f, 4>; // registers
  // begin input
  var plane0 = group_row * shape.blocks0 * shape.pairs;
  for (var i = 0u; i < shape.blocks0; i++) {
    // unroll
    for (var p = 0u; p < pixels / 2u; p++) {
      let loaded = input0[plane0 + at[p]];
      x[p * 2] = unpack(left(loaded));
      x[p * 2 + 1] = unpack(right(loaded));
    }
    // unroll
    for (var v = 0u; v < weights; v++) {
      let loaded = weight[at_weight[v]];
      w[v * 2] = unpack(left(loaded));
      w[v * 2 + 1] = unpack(right(loaded));
      at_weight[v] += 2u; // if !transposed
      at_weight[v] += shape.group_outputs * 2u; // if transposed
    }
    // unroll
    for (var o = 0u; o < outputs; o++) {
      // unroll
      for (var k = 0u; k < 4u; k++) {
        factors[k] = w[(o * 2 + k / 2) / spread * 2 + k % 2];
        factors[k] = subgroupBroadcast(factors[k], (o * 2 + k / 2) % spread); // if broadcast
      }
      let turned = transpose(mat4x4f(factors[0], factors[1], factors[2], factors[3])); // if transposed
      // unroll // if transposed
      for (var k = 0u; k < 4u; k++) { factors[k] = turned[k]; } // if transposed
      // unroll
      for (var p = 0u; p < pixels; p++) {
        // unroll
        for (var k = 0u; k < 4u; k++) {
          sum[o * pixels + p] = fma(factors[k], vec4f(x[p][k]), sum[o * pixels + p]);
        }
      }
    }
    plane0 += shape.pairs;
  }
  // end input
  var value: array<vec4f, 2>; // registers
  // unroll
  for (var o = 0u; o < outputs; o++) {
    let plane_out = (group.z * shape.output_blocks + block + o) * shape.pairs;
    // unroll
    for (var p = 0u; p < pixels / 2u; p++) {
      let pixel = first + p * lanes;
      if (pixel < shape.pairs) {
        let added = residual[plane_out + pixel]; // if has_residual
        let passed = mask[plane_out + pixel]; // if has_mask
        value[0] = sum[o * pixels + p * 2];
        value[1] = sum[o * pixels + p * 2 + 1];
        value[0] += unpack(left(added)); // if has_residual
        value[1] += unpack(right(added)); // if has_residual
        value[0] = select(vec4f(0.0), value[0], unpack(left(passed)) > vec4f(0.0)); // if has_mask
        value[1] = select(vec4f(0.0), value[1], unpack(right(passed)) > vec4f(0.0)); // if has_mask
        // unroll
        for (var side = 0u; side < 2u; side++) {
          value[side] = max(value[side], vec4f(0.0)); // if relu
          value[side] = fma(value[side], affine[(block + o) * 2u], affine[(block + o) * 2u + 1u]); // if has_affine
        }
        output[plane_out + pixel] = pair(pack(value[0]), pack(value[1]));
      }
    }
  }
}
