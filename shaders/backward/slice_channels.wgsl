// output[n, c, y, x] = input[n, start + c, y, x]: the gradient of one part of a concat.
// With `whole`, the part consists of blocks of four, which are copied. Layout: [N][C/4][H][W] of four channels, padded with
// zeros.
import package::common::storage::{Packed, pack, unpack};

override pixels: u32 = 1u;
override input_blocks: u32 = 1u;
override start: u32 = 0u; // the part's first channel in the input
override channels: u32 = 4u; // of the part

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  var value = vec4f(0.0);
  @if(whole) value = unpack(input[(id.z * input_blocks + start / 4u + id.y) * pixels + id.x]);
  @else for (var k = 0u; k < 4u; k++) {
    let channel = start + id.y * 4u + k;
    if (id.y * 4u + k < channels) {
      value[k] = unpack(input[(id.z * input_blocks + channel / 4u) * pixels + id.x])[channel % 4u];
    }
  }
  output[(id.z * ((channels + 3u) / 4u) + id.y) * pixels + id.x] = pack(value);
}
