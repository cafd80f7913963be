// output[y, x] = sum of weight[|i|] weight[|j|] image[y + i, x + j] over i and j from -radius to radius, in 8 bits, halves
// rounded up; reflected at the border without repeating it. The label is copied. Equal to OpenCV's 8-bit GaussianBlur with 3,
// 5 or 7 taps. Layouts: [side][side] of (red, green, blue, label) in a word, in and out.
import package::common::color::color_of;

override side: u32 = 32u;
override radius: i32 = 1;
override weight_0: f32 = 0.5;
override weight_1: f32 = 0.25;
override weight_2: f32 = 0.0;
override weight_3: f32 = 0.0;

@group(0) @binding(0) var<storage, read> image: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

fn weight(i: i32) -> f32 {
  var weights = vec4f(weight_0, weight_1, weight_2, weight_3);
  return weights[abs(i)];
}

fn inside(i: i32) -> u32 {
  let last = i32(side) - 1;
  let back = abs(i) % max(2 * last, 1);
  return u32(min(back, 2 * last - back));
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= side * side) { return; }
  let x = i32(id.x % side);
  let y = i32(id.x / side);
  var sum = vec3f(0.0);
  for (var i = -radius; i <= radius; i++) {
    let row = inside(y + i) * side;
    var line = vec3f(0.0);
    for (var j = -radius; j <= radius; j++) {
      let word = image[row + inside(x + j)];
      line += weight(j) * color_of(word);
    }
    sum += weight(i) * line;
  }
  let rounded = vec3u(floor(sum + 0.5));
  output[id.x] = rounded.x | (rounded.y << 8u) | (rounded.z << 16u) | (image[id.x] & 0xff000000u);
}
