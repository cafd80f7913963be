// output[n, c, y, x] = post(input[n, c, y, x] * scale[c] + shift[c]), where scale and shift stand for the running
// statistics, weight and bias. Layouts: activations [N][C/4][H][W] of four channels; affine [C/4][scale, shift].
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override pixels: u32 = 1u;
override blocks: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> affine: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  let block = id.y % blocks;
  var value = fma(unpack(input[at]), affine[block * 2u], affine[block * 2u + 1u]);
  value = max(value, vec4f(0.0)); // if relu
  output[at] = pack(value);
}
