// grad_input[n, c, y, x] = sum of gradient[n, c, oy, ox] over the windows whose first maximum, row by row, is at (y, x):
// PyTorch's choice among equals. Each thread gathers for one input pixel. Layout: [N][C/4][H][W] of four channels.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
override kernel: u32 = 1u;
override stride: u32 = 1u;
override padding: u32 = 0u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> output: array<Packed>;
@group(0) @binding(2) var<storage, read> gradient: array<Packed>;
@group(0) @binding(3) var<storage, read_write> grad_input: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let pixel = id.x;
  if (pixel >= input_height * input_width) { return; }
  let plane = id.y * input_height * input_width;
  let value = unpack(input[plane + pixel]);
  var sum = vec4f(0.0);
  // The windows that hold this pixel, last first; their first tap may lie in the padding.
  let y = pixel / input_width + padding;
  let x = pixel % input_width + padding;
  for (var oy = min(y / stride, output_height - 1u); oy * stride + kernel > y; oy--) {
    for (var ox = min(x / stride, output_width - 1u); ox * stride + kernel > x; ox--) {
      let window = (id.y * output_height + oy) * output_width + ox;
      let best = unpack(output[window]);
      var wins = value == best;
      let tap = (y - oy * stride) * kernel + x - ox * stride;
      for (var before = 0u; before < tap && any(wins); before++) {
        let iy = oy * stride + before / kernel - padding; // below zero wraps to far above
        let ix = ox * stride + before % kernel - padding;
        if (iy < input_height && ix < input_width) {
          wins = wins & (unpack(input[plane + iy * input_width + ix]) != best);
        }
      }
      sum += select(vec4f(0.0), unpack(gradient[window]), wins);
      if (ox == 0u) { break; }
    }
    if (oy == 0u) { break; }
  }
  grad_input[plane + pixel] = pack(sum);
}
