// input[c, y, x] = (area(y', x', c) / 255 - mean[c]) / std[c], where area is the mean of a block of 8-bit RGB pixels, rounded
// as OpenCV's INTER_AREA rounds it (halves up for a factor of 2, to even otherwise), and (y', x') is (y, x), flipped as asked for.
// Layouts: bytes of [H * factor][W * factor][3] in; [1][H][W] of (red, green, blue, 0) out.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override side: u32 = 32u; // of the square tile, after downsampling
override factor: u32 = 1u;
override mean_red: f32 = 0.65459856;
override mean_green: f32 = 0.48386562;
override mean_blue: f32 = 0.69428385;
override std_red: f32 = 0.15167958;
override std_green: f32 = 0.23584107;
override std_blue: f32 = 0.13146145;

@group(0) @binding(0) var<storage, read> bytes: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

fn byte_at(i: u32) -> u32 {
  return (bytes[i / 4u] >> (8u * (i % 4u))) & 255u;
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= side * side) { return; }
  var y = id.x / side;
  var x = id.x % side;
  y = side - 1u - y; // if flip_vertical
  x = side - 1u - x; // if flip_horizontal
  var sum = vec3u(0u);
  for (var dy = 0u; dy < factor; dy++) {
    for (var dx = 0u; dx < factor; dx++) {
      let i = ((y * factor + dy) * side * factor + x * factor + dx) * 3u;
      sum += vec3u(byte_at(i), byte_at(i + 1u), byte_at(i + 2u));
    }
  }
  var area = vec3f(sum);
  if (factor == 2u) {
    area = vec3f((sum + 2u) / 4u);
  } else if (factor > 2u) {
    area = round(area * (1.0 / f32(factor * factor)));
  }
  let mean = vec3f(mean_red, mean_green, mean_blue);
  let deviation = vec3f(std_red, std_green, std_blue);
  output[id.x] = pack(vec4f((area / 255.0 - mean) / deviation, 0.0));
}
