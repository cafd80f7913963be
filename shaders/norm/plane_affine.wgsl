// output[n, c, y, x] = input[n, c, y, x] * scale[n, c] + shift[n, c], and max(that, 0) or another
// formula of it if requested. Layouts:
// [N][C/4][H][W] of four channels; affine [N][C/4][scale, shift] of four channels, 32-bit.
import package::common::formula::formula;
import package::common::storage::{Packed, pack, unpack};

override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> affine: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  var value = fma(unpack(input[at]), affine[2u * id.y], affine[2u * id.y + 1u]);
  @if(relu) value = max(value, vec4f(0.0));
  @if(has_formula) value = formula(value);
  output[at] = pack(value);
}
