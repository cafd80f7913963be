// input[c, y, x] = (bytes[y', x', c] / 255 - mean[c]) / std[c], where (y', x') is (y, x), flipped as asked for.
// Layouts: bytes of (red, green, blue, 0), a word a pixel, [H][W], in; [1][H][W] of (red, green, blue, 0) out. A thread loads
// one pixel, or four in a row.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }
alias Pixels = u32; // if !fours
alias Pixels = vec4u; // if fours

override side: u32 = 32u;
override pixels: u32 = 4u; // a thread
override mean_red: f32 = 0.65459856;
override mean_green: f32 = 0.48386562;
override mean_blue: f32 = 0.69428385;
override std_red: f32 = 0.15167958;
override std_green: f32 = 0.23584107;
override std_blue: f32 = 0.13146145;

@group(0) @binding(0) var<storage, read> bytes: array<Pixels>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

fn load(at: u32, word: u32) {
  let color = vec3f((vec3u(word) >> vec3u(0u, 8u, 16u)) & vec3u(255u));
  let mean = vec3f(mean_red, mean_green, mean_blue);
  let deviation = vec3f(std_red, std_green, std_blue);
  output[at] = pack(vec4f((color / 255.0 - mean) / deviation, 0.0));
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= side * side / pixels) { return; }
  var y = id.x / (side / pixels);
  var x = id.x % (side / pixels);
  y = side - 1u - y; // if flip_vertical
  x = side / pixels - 1u - x; // if flip_horizontal
  var words = bytes[y * (side / pixels) + x];
  words = words.wzyx; // if flip_fours
  load(id.x, words); // if !fours
  // unroll // if fours
  for (var k = 0u; k < 4u; k++) { load(id.x * 4u + k, words[k]); } // if fours
}
