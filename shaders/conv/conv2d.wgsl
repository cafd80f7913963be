// output[n, o, y, x] = post(bias[o] + residual[n, o, y, x]
//   + sum over i, ky, kx of weight[o, i, ky, kx] * input[n, i, y * stride + ky * dilation - padding, x * stride + …])
// post(v) = v, max(v, 0), and v * scale[o] + shift[o] after that, as asked for. With `shuffle`, channels 4 c to 4 c + 3 of a
// pixel are stored as channel c of four pixels (pixel_shuffle.wgsl).
// Layouts: activations [N][C/4][H][W] of four channels; weight [O/4][ky][kx][I/4][4 inputs] of four outputs.
// A thread holds `pixels` pixels, `lanes` apart, by `outputs` blocks of four output channels in registers.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

struct Shape {
  input_blocks: u32, // of all inputs together, per group
  output_blocks: u32, // of all groups together
  group_outputs: u32, // output blocks of a group
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  kernel_height: u32,
  kernel_width: u32,
  stride: u32,
  padding: u32,
  dilation: u32,
  // begin input
  blocks0: u32, // this input's channel blocks, per group
  // end input
}
const lanes: u32 = 8u;
const rows: u32 = 8u;
const pixels: u32 = 4u;
const outputs: u32 = 2u;
const depth: u32 = 4u; // channels of a block that are not all zero
const spread: u32 = 1u; // threads that share the loads of the weights they have in common: 1, or the subgroup with `broadcast`
const weights: u32 = 8u; // vectors of weights that a thread loads: outputs * 4 / spread, rounded up
@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>; // if has_bias
@group(0) @binding(2) var<storage, read> residual: array<Packed>; // if has_residual
@group(0) @binding(3) var<storage, read> affine: array<vec4f>; // if has_affine
@group(0) @binding(4) var<storage, read_write> output: array<Packed>;
@group(0) @binding(5) var<uniform> shape: Shape;
// begin input
@group(0) @binding(6) var<storage, read> input0: array<Packed>;
// end input
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
  var sum: array<vec4f, outputs * pixels>; // registers
  // unroll
  for (var o = 0u; o < outputs; o++) {
    // unroll
    for (var p = 0u; p < pixels; p++) {
      sum[o * pixels + p] = vec4f(0.0);
      sum[o * pixels + p] = bias[block + o]; // if has_bias
    }
  }
  var row: array<u32, pixels>; // registers
  var column: array<u32, pixels>; // registers
  // unroll
  for (var p = 0u; p < pixels; p++) {
    let pixel = min(first_pixel + p * lanes, last_pixel);
    // Vector units do not divide integers; the quotient of floats is off by one at most.
    row[p] = u32(f32(pixel) / f32(shape.output_width));
    row[p] -= select(0u, 1u, row[p] * shape.output_width > pixel);
    row[p] += select(0u, 1u, pixel - row[p] * shape.output_width >= shape.output_width);
    column[p] = pixel - row[p] * shape.output_width;
  }
  var at: array<u32, pixels>; // registers
  var inside: array<bool, pixels>; // registers
  var x: array<vec4f, pixels>; // registers
  var w: array<vec4f, weights>; // registers
  var at_weight: array<u32, weights>; // registers
  var factors: array<vec4f, 4>; // registers
  for (var ky = 0u; ky < shape.kernel_height; ky++) {
    for (var kx = 0u; kx < shape.kernel_width; kx++) {
      // unroll
      for (var p = 0u; p < pixels; p++) {
        let iy = row[p] * shape.stride + ky * shape.dilation - shape.padding;
        let ix = column[p] * shape.stride + kx * shape.dilation - shape.padding;
        inside[p] = iy < shape.input_height && ix < shape.input_width; // below zero wraps to far above // if padded
        at[p] = iy * shape.input_width + ix;
        at[p] = select(0u, at[p], inside[p]); // if padded
      }
      let weight_row = (block * shape.kernel_height * shape.kernel_width + ky * shape.kernel_width + kx) * shape.input_blocks;
      // unroll
      for (var v = 0u; v < weights; v++) {
        let vector = v * spread + local.x % spread;
        at_weight[v] = (weight_row + vector / 4u * output_stride) * 4u + vector % 4u;
      }
      // begin input
      var plane0 = (group.z * (shape.output_blocks / shape.group_outputs) + channel_group) * shape.blocks0 * input_plane;
      for (var i = 0u; i < shape.blocks0; i++) {
        // unroll
        for (var p = 0u; p < pixels; p++) {
          x[p] = unpack(input0[plane0 + at[p]]);
          x[p] = select(vec4f(0.0), x[p], inside[p]); // if padded
        }
        // unroll
        for (var v = 0u; v < weights; v++) {
          w[v] = unpack(weight[at_weight[v]]);
          at_weight[v] += 4u;
        }
        // unroll
        for (var o = 0u; o < outputs; o++) {
          // unroll
          for (var k = 0u; k < depth; k++) {
            factors[k] = w[(o * 4 + k) / spread];
            factors[k] = subgroupBroadcast(factors[k], (o * 4 + k) % spread); // if broadcast
          }
          // unroll
          for (var p = 0u; p < pixels; p++) {
            // unroll
            for (var k = 0u; k < depth; k++) {
              sum[o * pixels + p] = fma(factors[k], vec4f(x[p][k]), sum[o * pixels + p]);
            }
          }
        }
        plane0 += input_plane;
      }
      // end input
    }
  }
  // unroll
  for (var o = 0u; o < outputs; o++) {
    var plane_out = (group.z * shape.output_blocks + block + o) * output_plane;
    plane_out -= o % 4u * output_plane; // if shuffle
    // unroll
    for (var p = 0u; p < pixels; p++) {
      let pixel = first_pixel + p * lanes;
      if (pixel <= last_pixel) {
        var value = sum[o * pixels + p];
        value = vec4f(sum[o / 4 * 4 * pixels + p][o % 4u], sum[(o / 4 * 4 + 1) * pixels + p][o % 4u], sum[(o / 4 * 4 + 2) * pixels + p][o % 4u], sum[(o / 4 * 4 + 3) * pixels + p][o % 4u]); // if shuffle
        var at_output = plane_out + pixel;
        at_output = plane_out + (row[p] * 2u + o % 4u / 2u) * shape.output_width * 2u + column[p] * 2u + o % 2u; // if shuffle
        value += unpack(residual[at_output]); // if has_residual
        value = max(value, vec4f(0.0)); // if relu
        value = fma(value, affine[(block + o) * 2u], affine[(block + o) * 2u + 1u]); // if has_affine
        output[at_output] = pack(value);
      }
    }
  }
}
