// output[n, c, y, x] = post(input[n, c, y, x] * scale[c] + shift[c] + residual[n, c, y, x]), where scale and shift stand for the running
// statistics, weight and bias. Layouts: activations [N][C/4][H][W] of four channels; affine [C/4][scale, shift].
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override planes: u32 = 1u; // batch times blocks
override blocks: u32 = 1u;
override pixels: u32 = 1u;
override lanes: u32 = 8u;
override rows: u32 = 8u; // planes a workgroup
override span: u32 = 128u; // pixels of a plane that a workgroup takes

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> affine: array<vec4f>;
@group(0) @binding(2) var<storage, read> residual: array<Packed>; // if has_residual
@group(0) @binding(3) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(global_invocation_id) id: vec3u) {
  if (id.y >= planes) { return; }
  let scale = affine[id.y % blocks * 2u];
  let shift = affine[id.y % blocks * 2u + 1u];
  let end = min((group.x + 1u) * span, pixels);
  for (var i = group.x * span + id.x % lanes; i < end; i += lanes) {
    var value = fma(unpack(input[id.y * pixels + i]), scale, shift);
    value += unpack(residual[id.y * pixels + i]); // if has_residual
    value = max(value, vec4f(0.0)); // if relu
    output[id.y * pixels + i] = pack(value);
  }
}
