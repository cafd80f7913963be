// output[n, o, y, x] = post(bias[o] + residual[n, o, y, x]
//   + sum over i, ky, kx of weight[o, i, ky, kx] * input[n, i, y * stride + ky * dilation - padding, x * stride + …])
// post(v) = v, max(v, 0), and v * scale[o] + shift[o] after that, as asked for.
// Layouts: activations [N][C/4][H][W] of four channels; weight [O/4][ky][kx][I/4][4 inputs] of four outputs.
// An implicit matrix product through workgroup memory, for GPUs: a workgroup loads `depth` blocks of inputs for its pixels
// and the weights for its outputs, each value once, and its threads multiply what they need of both.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

struct Shape {
  input_blocks: u32, // of all inputs together, per group
  output_blocks: u32, // of all groups together
  group_outputs: u32, // output blocks of a group; a multiple of a workgroup's
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
  start0: u32, // where they begin among those of all inputs
  // end input
}
const lanes: u32 = 16u;
const rows: u32 = 8u;
const pixels: u32 = 4u; // lanes * pixels divides the threads
const outputs: u32 = 2u;
const depth: u32 = 4u;
const threads: u32 = lanes * rows;
const tile_pixels: u32 = lanes * pixels;
const tile_weights: u32 = rows * outputs * depth * 4u;

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>; // if has_bias
@group(0) @binding(2) var<storage, read> residual: array<Packed>; // if has_residual
@group(0) @binding(3) var<storage, read> affine: array<vec4f>; // if has_affine
@group(0) @binding(4) var<storage, read_write> output: array<Packed>;
@group(0) @binding(5) var<uniform> shape: Shape;
// begin input
@group(0) @binding(6) var<storage, read> input0: array<Packed>;
// end input

var<workgroup> tile_x: array<vec4f, tile_pixels * depth>;
var<workgroup> tile_w: array<vec4f, tile_weights>;

@compute @workgroup_size(lanes, rows)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let first_block = group.y * rows * outputs;
  let block = first_block + local.y * outputs;
  let output_plane = shape.output_height * shape.output_width;
  let input_plane = shape.input_height * shape.input_width;
  let taps = shape.kernel_height * shape.kernel_width;
  // The pixel that this thread loads, of all that the workgroup computes.
  let loaded = group.x * tile_pixels + index % tile_pixels;
  let row = loaded / shape.output_width * shape.stride - shape.padding; // below zero wraps to far above
  let column = loaded % shape.output_width * shape.stride - shape.padding;

  var sum: array<vec4f, outputs * pixels>; // registers
  // unroll
  for (var s = 0u; s < outputs * pixels; s++) {
    sum[s] = vec4f(0.0);
  }
  var x: array<vec4f, pixels>; // registers
  for (var tap = 0u; tap < taps; tap++) {
    let iy = row + tap / shape.kernel_width * shape.dilation;
    let ix = column + tap % shape.kernel_width * shape.dilation;
    let inside = loaded < output_plane && iy < shape.input_height && ix < shape.input_width;
    let at = iy * shape.input_width + ix;
    // begin input
    let plane0 = (group.z * (shape.output_blocks / shape.group_outputs) + first_block / shape.group_outputs) * shape.blocks0;
    for (var i = 0u; i < shape.blocks0; i += depth) {
      for (var k = index / tile_pixels; k < depth; k += threads / tile_pixels) {
        let used = inside && i + k < shape.blocks0;
        let value = unpack(input0[select(0u, (plane0 + i + k) * input_plane + at, used)]);
        tile_x[k * tile_pixels + index % tile_pixels] = select(vec4f(0.0), value, used);
      }
      for (var v = index; v < tile_weights; v += threads) {
        let o = first_block + v / (depth * 4u);
        let k = i * 4u + v % (depth * 4u);
        let used = o < shape.output_blocks && k < shape.blocks0 * 4u;
        let source = ((o * taps + tap) * shape.input_blocks + shape.start0) * 4u + k;
        tile_w[v] = select(vec4f(0.0), unpack(weight[select(0u, source, used)]), used);
      }
      workgroupBarrier();
      for (var k = 0u; k < depth; k++) {
        // unroll
        for (var p = 0u; p < pixels; p++) {
          x[p] = tile_x[k * tile_pixels + p * lanes + local.x];
        }
        // unroll
        for (var o = 0u; o < outputs; o++) {
          // unroll
          for (var c = 0u; c < 4u; c++) {
            let w = tile_w[((local.y * outputs + o) * depth + k) * 4u + c];
            // unroll
            for (var p = 0u; p < pixels; p++) {
              sum[o * pixels + p] = fma(w, vec4f(x[p][c]), sum[o * pixels + p]);
            }
          }
        }
      }
      workgroupBarrier();
    }
    // end input
  }

  // unroll
  for (var o = 0u; o < outputs; o++) {
    let plane_out = (group.z * shape.output_blocks + block + o) * output_plane;
    // unroll
    for (var p = 0u; p < pixels; p++) {
      let pixel = group.x * tile_pixels + p * lanes + local.x;
      if (pixel < output_plane && block + o < shape.output_blocks) {
        var value = sum[o * pixels + p];
        value += bias[block + o]; // if has_bias
        value += unpack(residual[plane_out + pixel]); // if has_residual
        value = max(value, vec4f(0.0)); // if relu
        value = fma(value, affine[(block + o) * 2u], affine[(block + o) * 2u + 1u]); // if has_affine
        output[plane_out + pixel] = pack(value);
      }
    }
  }
}
