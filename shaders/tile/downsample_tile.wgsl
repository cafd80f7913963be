// output[y, x] = (red, green, blue, 0), one byte each: means of blocks of 8-bit RGB pixels, rounded as in OpenCV's INTER_AREA
// (halves up for a factor of 2, otherwise to even).
// Layouts: bytes of [H * factor][W * factor][3] in; a word per pixel, [H][W], out.
override side: u32 = 32u; // of the square tile, after downsampling
override factor: u32 = 1u;

@group(0) @binding(0) var<storage, read> bytes: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

fn byte_at(i: u32) -> u32 {
  return (bytes[i / 4u] >> (8u * (i % 4u))) & 255u;
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= side * side) { return; }
  let y = id.x / side;
  let x = id.x % side;
  var sum = vec3u(0u);
  for (var dy = 0u; dy < factor; dy++) {
    for (var dx = 0u; dx < factor; dx++) {
      let i = ((y * factor + dy) * side * factor + x * factor + dx) * 3u;
      sum += vec3u(byte_at(i), byte_at(i + 1u), byte_at(i + 2u));
    }
  }
  var area = sum;
  if (factor == 2u) {
    area = (sum + 2u) / 4u;
  } else if (factor > 2u) {
    area = vec3u(round(vec3f(sum) * (1.0 / f32(factor * factor))));
  }
  output[id.x] = area.x | (area.y << 8u) | (area.z << 16u);
}
