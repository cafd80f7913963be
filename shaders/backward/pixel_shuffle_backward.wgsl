// grad_input[n, c * r * r + i * r + j, y, x] = gradient[n, c, y * r + i, x * r + j].
// Layout: [N][C/4][H][W] of four channels, padded with zeros.
import package::common::storage::{Packed, pack, unpack};
import package::resize::shuffle::{factor, input_channels, input_height, input_width, output_channels};

@group(0) @binding(0) var<storage, read> gradient: array<Packed>;
@group(0) @binding(1) var<storage, read_write> grad_input: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let plane = input_height * input_width;
  let pixel = id.x;
  if (pixel >= plane) { return; }
  let y = pixel / input_width;
  let x = pixel % input_width;
  let output_blocks = (output_channels + 3u) / 4u;
  var value = vec4f(0.0);
  for (var k = 0u; k < 4u; k++) {
    let channel = id.y * 4u + k;
    if (channel < input_channels) {
      let source = channel / (factor * factor);
      let row = y * factor + channel / factor % factor;
      let column = x * factor + channel % factor;
      let block = (id.z * output_blocks + source / 4u) * plane * factor * factor;
      value[k] = unpack(gradient[block + row * input_width * factor + column])[source % 4u];
    }
  }
  grad_input[(id.z * ((input_channels + 3u) / 4u) + id.y) * plane + pixel] = pack(value);
}
