// Bilinear resize as PyTorch's interpolate(mode="bilinear", align_corners=False): output pixel x lies at
// (x + 0.5) * input_width / output_width - 0.5 in the input, not below zero; plus residual, where asked for. Layout: [N][C/4][H][W] of four channels.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@group(0) @binding(2) var<storage, read> residual: array<Packed>; // if has_residual

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let pixel = id.x;
  if (pixel >= output_height * output_width) { return; }
  let scale = vec2f(f32(input_width) / f32(output_width), f32(input_height) / f32(output_height));
  let position = vec2f(f32(pixel % output_width), f32(pixel / output_width)) + 0.5;
  let source = max(position * scale - 0.5, vec2f(0.0));
  let low = vec2u(source);
  let high = min(low + 1u, vec2u(input_width, input_height) - 1u);
  let t = source - vec2f(low);
  let plane = id.y * input_height * input_width;
  let top = mix(
    unpack(input[plane + low.y * input_width + low.x]),
    unpack(input[plane + low.y * input_width + high.x]), t.x);
  let bottom = mix(
    unpack(input[plane + high.y * input_width + low.x]),
    unpack(input[plane + high.y * input_width + high.x]), t.x);
  let at = id.y * output_height * output_width + pixel;
  var value = mix(top, bottom, t.y);
  value += unpack(residual[at]); // if has_residual
  output[at] = pack(value);
}
