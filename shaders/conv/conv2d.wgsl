// output[n, o, y, x] = post(bias[o] + residual[n, o, y, x]
//   + sum over i, ky, kx of weight[o, i, ky, kx] * input[n, i, y * stride + ky * dilation - padding, x * stride + …])
// post(v) = v, max(v, 0), and v * scale[o] + shift[o] after that, as asked for.
// Layouts: activations [N][C/4][H][W] of four channels; weight [O/4][ky][kx][I/4][4 inputs] of four outputs.
// A thread holds `pixels` pixels, `lanes` apart, by `outputs` blocks of four output channels in registers.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override input_blocks: u32 = 1u; // of all inputs together, per group
override output_blocks: u32 = 1u; // of all groups together
override group_outputs: u32 = 1u; // output blocks of a group
override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
override kernel_height: u32 = 1u;
override kernel_width: u32 = 1u;
override stride: u32 = 1u;
override padding: u32 = 0u;
override dilation: u32 = 1u;
const lanes: u32 = 8u;
const rows: u32 = 8u;
const pixels: u32 = 4u;
const outputs: u32 = 2u;
const spread: u32 = 1u; // threads that share the loads of the weights they have in common: 1, or the subgroup with `broadcast`
const weights: u32 = 8u; // vectors of weights that a thread loads: outputs * 4 / spread, rounded up

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>; // if has_bias
@group(0) @binding(2) var<storage, read> residual: array<Packed>; // if has_residual
@group(0) @binding(3) var<storage, read> affine: array<vec4f>; // if has_affine
@group(0) @binding(4) var<storage, read_write> output: array<Packed>;
// begin input
@group(0) @binding(5) var<storage, read> input0: array<Packed>;
const blocks0: u32 = 1u; // this input's channel blocks, per group
const start0: u32 = 0u; // where they begin among those of all inputs
// end input

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let block = (group.y * rows + local.y) * outputs;
  if (block >= output_blocks) { return; }
  let first_pixel = group.x * (lanes * pixels) + local.x;
  let last_pixel = output_height * output_width - 1u;
  let input_plane = input_height * input_width;
  let output_stride = kernel_height * kernel_width * input_blocks;
  let channel_group = block / group_outputs;

  var sum: array<vec4f, outputs * pixels>; // registers
  // unroll
  for (var o = 0u; o < outputs; o++) {
    // unroll
    for (var p = 0u; p < pixels; p++) {
      sum[o * pixels + p] = vec4f(0.0);
      sum[o * pixels + p] = bias[block + o]; // if has_bias
    }
  }

  var at: array<u32, pixels>; // registers
  var inside: array<bool, pixels>; // registers
  var x: array<vec4f, pixels>; // registers
  var w: array<vec4f, weights>; // registers
  for (var ky = 0u; ky < kernel_height; ky++) {
    for (var kx = 0u; kx < kernel_width; kx++) {
      // unroll
      for (var p = 0u; p < pixels; p++) {
        let pixel = min(first_pixel + p * lanes, last_pixel);
        let iy = (pixel / output_width) * stride + ky * dilation - padding;
        let ix = (pixel % output_width) * stride + kx * dilation - padding;
        inside[p] = iy < input_height && ix < input_width; // below zero wraps to far above // if padded
        at[p] = iy * input_width + ix;
        at[p] = select(0u, at[p], inside[p]); // if padded
      }
      let weight_row = (block * kernel_height * kernel_width + ky * kernel_width + kx) * input_blocks;
      // begin input
      for (var i = 0u; i < blocks0; i++) {
        let plane0 = ((group.z * (output_blocks / group_outputs) + channel_group) * blocks0 + i) * input_plane;
        // unroll
        for (var p = 0u; p < pixels; p++) {
          x[p] = unpack(input0[plane0 + at[p]]);
          x[p] = select(vec4f(0.0), x[p], inside[p]); // if padded
        }
        // unroll
        for (var v = 0u; v < weights; v++) {
          let vector = v * spread + local.x % spread;
          let row = weight_row + vector / 4u * output_stride + start0 + i;
          w[v] = unpack(weight[row * 4u + vector % 4u]);
        }
        // unroll
        for (var o = 0u; o < outputs; o++) {
          var w0 = w[o * 4 / spread];
          var w1 = w[(o * 4 + 1) / spread];
          var w2 = w[(o * 4 + 2) / spread];
          var w3 = w[(o * 4 + 3) / spread];
          w0 = subgroupBroadcast(w0, (o * 4) % spread); // if broadcast
          w1 = subgroupBroadcast(w1, (o * 4 + 1) % spread); // if broadcast
          w2 = subgroupBroadcast(w2, (o * 4 + 2) % spread); // if broadcast
          w3 = subgroupBroadcast(w3, (o * 4 + 3) % spread); // if broadcast
          // unroll
          for (var p = 0u; p < pixels; p++) {
            sum[o * pixels + p] = fma(w0, vec4f(x[p].x), sum[o * pixels + p]);
            sum[o * pixels + p] = fma(w1, vec4f(x[p].y), sum[o * pixels + p]);
            sum[o * pixels + p] = fma(w2, vec4f(x[p].z), sum[o * pixels + p]);
            sum[o * pixels + p] = fma(w3, vec4f(x[p].w), sum[o * pixels + p]);
          }
        }
      }
      // end input
    }
  }

  let output_plane = output_height * output_width;
  // unroll
  for (var o = 0u; o < outputs; o++) {
    let plane_out = (group.z * output_blocks + block + o) * output_plane;
    // unroll
    for (var p = 0u; p < pixels; p++) {
      let pixel = first_pixel + p * lanes;
      if (pixel <= last_pixel) {
        var value = sum[o * pixels + p];
        value += unpack(residual[plane_out + pixel]); // if has_residual
        value = max(value, vec4f(0.0)); // if relu
        value = fma(value, affine[(block + o) * 2u], affine[(block + o) * 2u + 1u]); // if has_affine
        output[plane_out + pixel] = pack(value);
      }
    }
  }
}
