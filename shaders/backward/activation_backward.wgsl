// grad_input[i] = output[i] > 0 ? gradient[i] : 0 for ReLU; gradient[i] * output[i] * (1 - output[i]) for sigmoid.
// Layout: [N][C/4][H][W] of four channels.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> output: array<Packed>;
@group(0) @binding(1) var<storage, read> gradient: array<Packed>;
@group(0) @binding(2) var<storage, read_write> grad_input: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  let y = unpack(output[at]);
  var value = unpack(gradient[at]);
  value = select(vec4f(0.0), value, y > vec4f(0.0)); // if relu
  value *= y * (1.0 - y); // if sigmoid
  grad_input[at] = pack(value);
}
