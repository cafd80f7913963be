// output[n, c, y * r + i, x * r + j] = input[n, c * r * r + i * r + j, y, x].
// Layout: [N][C/4][H][W] of four channels, padded with zeros.
import package::common::storage::{Packed, pack, unpack};
import package::resize::shuffle::{factor, input_channels, input_height, input_width, output_channels};

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let width = input_width * factor;
  let plane = input_height * factor * width;
  let pixel = id.x;
  if (pixel >= plane) { return; }
  let y = pixel / width;
  let x = pixel % width;
  let input_blocks = (input_channels + 3u) / 4u;
  let at = (y / factor) * input_width + x / factor;
  let within = (y % factor) * factor + x % factor;
  var value = vec4f(0.0);
  for (var k = 0u; k < 4u; k++) {
    let channel = id.y * 4u + k;
    if (channel < output_channels) {
      let source = channel * factor * factor + within;
      let block = id.z * input_blocks + source / 4u;
      value[k] = unpack(input[block * input_height * input_width + at])[source % 4u];
    }
  }
  output[(id.z * ((output_channels + 3u) / 4u) + id.y) * plane + pixel] = pack(value);
}
