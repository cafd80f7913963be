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
  for (var tap = 0u; tap < kernel * kernel; tap++) {
    // Where this pixel is the window's tap; below zero wraps to far above.
    let y = pixel / input_width + padding - tap / kernel;
    let x = pixel % input_width + padding - tap % kernel;
    let oy = y / stride;
    let ox = x / stride;
    if (y % stride != 0u || x % stride != 0u || oy >= output_height || ox >= output_width) { continue; }
    let window = (id.y * output_height + oy) * output_width + ox;
    let best = unpack(output[window]);
    var wins = value == best;
    for (var before = 0u; before < tap; before++) {
      let iy = y + before / kernel - padding;
      let ix = x + before % kernel - padding;
      if (any(wins) && iy < input_height && ix < input_width) {
        wins = wins & (unpack(input[plane + iy * input_width + ix]) != best);
      }
    }
    sum += select(vec4f(0.0), unpack(gradient[window]), wins);
  }
  grad_input[plane + pixel] = pack(sum);
}
