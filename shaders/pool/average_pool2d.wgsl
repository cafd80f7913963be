// output[n, c, y, x] = mean over ky, kx of input[n, c, y * stride + ky - top, x * stride + kx - left], divided by the taps that
// lie within the input, or within it and its padding. Layout: [N][C/4][H][W] of four channels.
import package::common::sizes::{input_height, input_width, output_height, output_width};
import package::common::storage::{Packed, pack, unpack};

override kernel_height: u32 = 1u;
override kernel_width: u32 = 1u;
override stride_y: u32 = 1u;
override stride_x: u32 = 1u;
override top: u32 = 0u;
override left: u32 = 0u;
override padded_height: u32 = 1u; // the input with its padding
override padded_width: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= output_height * output_width) { return; }
  let y = id.x / output_width * stride_y;
  let x = id.x % output_width * stride_x;
  var sum = vec4f(0.0);
  var taps = 0u;
  for (var ky = 0u; ky < kernel_height; ky++) {
    for (var kx = 0u; kx < kernel_width; kx++) {
      let iy = y + ky - top; // negative values wrap around to large ones
      let ix = x + kx - left;
      let inside = iy < input_height && ix < input_width;
      if (inside) { sum += unpack(input[(id.y * input_height + iy) * input_width + ix]); }
      @if(count_padding) if (y + ky < padded_height && x + kx < padded_width) { taps++; }
      @else if (inside) { taps++; }
    }
  }
  output[id.y * output_height * output_width + id.x] = pack(sum / f32(taps));
}
