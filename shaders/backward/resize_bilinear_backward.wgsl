// grad_input[n, c, y, x] = sum of gradient[n, c, oy, ox] times the weight of (y, x) in resize_bilinear.wgsl.
// Each thread gathers one input pixel from the outputs that may read it. Layout: [N][C/4][H][W] of four channels.
import package::common::sizes::{input_height, input_width, output_height, output_width};
import package::common::storage::{Packed, pack, unpack};

@group(0) @binding(0) var<storage, read> gradient: array<Packed>;
@group(0) @binding(1) var<storage, read_write> grad_input: array<Packed>;

// The outputs along an axis that may read input i: the first, and one past the last.
fn readers(i: u32, inputs: u32, outputs: u32) -> vec2u {
  let factor = f32(outputs) / f32(inputs);
  let low = (f32(i) - 0.5) * factor - 1.5;
  let high = (f32(i) + 1.5) * factor + 1.5;
  let last = select(min(u32(high), outputs), outputs, i == inputs - 1u); // outputs beyond the border read it, too
  return vec2u(select(u32(max(low, 0.0)), 0u, i == 0u), last);
}

fn weight(o: u32, i: u32, inputs: u32, outputs: u32) -> f32 {
  let source = max((f32(o) + 0.5) * (f32(inputs) / f32(outputs)) - 0.5, 0.0);
  let low = u32(source);
  let t = source - f32(low);
  return select(0.0, 1.0 - t, low == i) + select(0.0, t, min(low + 1u, inputs - 1u) == i);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let pixel = id.x;
  if (pixel >= input_height * input_width) { return; }
  let y = pixel / input_width;
  let x = pixel % input_width;
  let rows = readers(y, input_height, output_height);
  let columns = readers(x, input_width, output_width);
  var sum = vec4f(0.0);
  for (var oy = rows.x; oy < rows.y; oy++) {
    let of_row = weight(oy, y, input_height, output_height);
    if (of_row == 0.0) { continue; }
    let start = (id.y * output_height + oy) * output_width;
    for (var ox = columns.x; ox < columns.y; ox++) {
      let factor = of_row * weight(ox, x, input_width, output_width);
      sum += factor * unpack(gradient[start + ox]);
    }
  }
  grad_input[id.y * input_height * input_width + pixel] = pack(sum);
}
