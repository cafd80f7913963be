// Bilinear resize as in PyTorch's interpolate(mode="bilinear", align_corners=False): output pixel x samples the input at
// max((x + 0.5) * input_width / output_width - 0.5, 0); plus residual, if requested. Layout: [N][C/4][H][W] of four channels.
// A thread loads the four inputs around a section of a column, from one input row to the next, and computes its outputs.
import package::common::sizes::{input_height, input_width, output_height, output_width};
import package::common::storage::{Packed, pack, unpack, unpack_first};

override planes: u32 = 1u;
override lanes: u32 = 64u;
override rows: u32 = 1u; // planes per workgroup

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@if(has_residual) @group(0) @binding(2) var<storage, read> residual: array<Packed>;

fn load(at: u32) -> vec4f {
  var value = vec4f(0.0);
  @if(single) value.x = unpack_first(input[at].x);
  @else value = unpack(input[at]);
  return value;
}

// The first output row at or below input row k: where (y + 0.5) * input_height / output_height - 0.5 >= k.
fn row_after(k: u32) -> u32 {
  return ((2u * k + 1u) * output_height + input_height - 1u) / (2u * input_height);
}

@compute @workgroup_size(lanes, rows)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= output_width || id.y >= planes) { return; }
  let scale = vec2f(f32(input_width) / f32(output_width), f32(input_height) / f32(output_height));
  let source = max((f32(id.x) + 0.5) * scale.x - 0.5, 0.0);
  let left = u32(source);
  let right = min(left + 1u, input_width - 1u);
  let tx = source - f32(left);
  let upper = (id.y * input_height + id.z) * input_width;
  let lower = (id.y * input_height + min(id.z + 1u, input_height - 1u)) * input_width;
  let top = mix(load(upper + left), load(upper + right), tx);
  let bottom = mix(load(lower + left), load(lower + right), tx);
  // Outputs above the center of the first row belong to the first section, those below that of the last row to the last.
  let first = select(row_after(id.z), 0u, id.z == 0u);
  let end = select(row_after(id.z + 1u), output_height, id.z + 2u >= input_height);
  var at = (id.y * output_height + first) * output_width + id.x;
  for (var y = first; y < end; y++) {
    var value = mix(top, bottom, saturate((f32(y) + 0.5) * scale.y - 0.5 - f32(id.z)));
    @if(has_residual) value += unpack(residual[at]);
    output[at] = pack(value);
    at += output_width;
  }
}
