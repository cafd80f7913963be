// output = the inputs concatenated along the channels.
// With `whole`, all inputs consist of blocks of four, which are copied. Layout: [N][C/4][H][W] of four channels, padded with
// zeros.
import package::common::storage::{Packed, pack, unpack};

override pixels: u32 = 1u;
override output_blocks: u32 = 1u;
override inputs: u32 = 1u;

struct Shape {
  @split start: array<u32, inputs>, // each input's first channel in the output
  @split channels: array<u32, inputs>,
}

@group(0) @binding(0) var<storage, read_write> output: array<Packed>;
@group(0) @binding(1) var<uniform> shape: Shape;
@split @group(0) @binding(2) var<storage, read> input: binding_array<array<Packed>, inputs>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  var value = vec4f(0.0);
  @if(whole) @unroll for (var n = 0u; n < inputs; n++) {
    if (id.y >= shape.start[n] / 4u && id.y < (shape.start[n] + shape.channels[n]) / 4u) {
      value = unpack(input[n][(id.z * (shape.channels[n] / 4u) + id.y - shape.start[n] / 4u) * pixels + id.x]);
    }
  }
  @else for (var k = 0u; k < 4u; k++) {
    let channel = id.y * 4u + k;
    @unroll for (var n = 0u; n < inputs; n++) {
      if (channel >= shape.start[n] && channel < shape.start[n] + shape.channels[n]) {
        let block = id.z * ((shape.channels[n] + 3u) / 4u) + (channel - shape.start[n]) / 4u;
        value[k] = unpack(input[n][block * pixels + id.x])[(channel - shape.start[n]) % 4u];
      }
    }
  }
  output[(id.z * output_blocks + id.y) * pixels + id.x] = pack(value);
}
