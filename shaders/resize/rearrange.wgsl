// output[n, c, y, x] = input at a place that follows from n, c, y, x: what the descriptor puts in the place of `origin(at)`.
// Layout: [N][C/4][H][W] of four channels; padding is zero.
import package::common::sizes::{input_height, input_width, output_height, output_width};
import package::common::storage::{Packed, pack, unpack};

override channels: u32 = 4u;
override input_blocks: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

fn origin(at: vec4u) -> vec4u { return at; }

fn value_at(at: vec4u) -> f32 {
  let source = origin(at);
  let plane = source[0] * input_blocks + source[1] / 4u;
  return unpack(input[(plane * input_height + source[2]) * input_width + source[3]])[source[1] % 4u];
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= output_height * output_width) { return; }
  let blocks = (channels + 3u) / 4u;
  var value = vec4f(0.0);
  for (var k = 0u; k < 4u; k++) {
    let channel = id.y % blocks * 4u + k;
    if (channel < channels) {
      value[k] = value_at(vec4u(id.y / blocks, channel, id.x / output_width, id.x % output_width));
    }
  }
  output[id.y * output_height * output_width + id.x] = pack(value);
}
