// output[n, c, y, x] = input[n, c, y - top, x - left], and beyond the input's edges `value`, the edge, or its mirror image without
// the edge. Negative padding crops. Layout: [N][C/4][H][W] of four channels.
import package::common::sizes::{input_height, input_width, output_height, output_width};
import package::common::storage::{Packed, pack, unpack};

override top: i32 = 0;
override left: i32 = 0;
override value: f32 = 0.0;
override blocks: u32 = 1u;
override last: u32 = 4u; // channels in the last block

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= output_height * output_width) { return; }
  let size = vec2i(i32(input_width), i32(input_height));
  var at = vec2i(i32(id.x % output_width), i32(id.x / output_width)) - vec2i(left, top);
  @if(mirror) at = abs(at);
  @if(mirror) at = size - 1 - abs(size - 1 - at);
  var found = vec4f(value);
  @if(partial) if (id.y % blocks == blocks - 1u) { found = select(found, vec4f(0.0), vec4u(0u, 1u, 2u, 3u) >= vec4u(last)); }
  @if(edge) at = clamp(at, vec2i(0), size - 1);
  if (all(at >= vec2i(0)) && all(at < size)) {
    found = unpack(input[(id.y * input_height + u32(at.y)) * input_width + u32(at.x)]);
  }
  output[id.y * output_height * output_width + id.x] = pack(found);
}
