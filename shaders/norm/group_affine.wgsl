// The scale and shift per image and channel that normalize a group of channels: weight / sqrt(variance + epsilon) and
// bias - mean * scale. Layouts, of four channels, 32-bit: moments [N][C/4][mean, squares] of the channels' planes; affine
// [C/4][weight, bias]; output [N][C/4][scale, shift].
override planes: u32 = 1u; // batch times blocks of four channels
override blocks: u32 = 1u;
override pixels: u32 = 1u;
override group: u32 = 1u; // channels
override epsilon: f32 = 1e-5;

@group(0) @binding(0) var<storage, read> moments: array<vec4f>;
@group(0) @binding(1) var<storage, read> affine: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= planes) { return; }
  let block = id.x % blocks;
  let image = (id.x - block) * 2u;
  var scale = vec4f(0.0);
  var shift = vec4f(0.0);
  for (var k = 0u; k < 4u; k++) {
    let first = (block * 4u + k) / group * group;
    if (first + group > blocks * 4u) { continue; } // padding
    var mean = 0.0;
    for (var c = first; c < first + group; c++) { mean += moments[image + c / 4u * 2u][c % 4u]; }
    mean /= f32(group);
    var squares = 0.0;
    for (var c = first; c < first + group; c++) {
      let difference = moments[image + c / 4u * 2u][c % 4u] - mean;
      squares += moments[image + c / 4u * 2u + 1u][c % 4u] + f32(pixels) * difference * difference;
    }
    scale[k] = affine[2u * block][k] * inverseSqrt(squares / f32(pixels * group) + epsilon);
    shift[k] = affine[2u * block + 1u][k] - mean * scale[k];
  }
  output[2u * id.x] = scale;
  output[2u * id.x + 1u] = shift;
}
