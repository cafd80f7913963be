// table[tile][l] = the new lightness for l: the cumulative histogram of the tile's 8-bit L (of CIE L*a*b*), clipped at the
// limit, with the excess distributed evenly, as in OpenCV's CLAHE. One workgroup for each of 8×8 tiles.
// Layouts: [side][side] of (red, green, blue, label) in a word in; [8 * 8][256] of u32 out. limit[0] in counts.
import package::common::color::color_of;

override side: u32 = 32u; // a multiple of 8

@group(0) @binding(0) var<storage, read> image: array<u32>;
@group(0) @binding(1) var<storage, read> limit: array<u32>;
@group(0) @binding(2) var<storage, read_write> table: array<u32>;

var<workgroup> counts: array<atomic<u32>, 256>;

// OpenCV's fixed point: gamma in 1/2040, the curve in 1/32768.
fn lightness(word: u32) -> u32 {
  let c = color_of(word) / 255.0;
  let linear = vec3u(round(2040.0 * select(pow((c + 0.055) / 1.055, vec3f(2.4)), c / 12.92, c <= vec3f(0.04045))));
  let y = f32((dot(linear, vec3u(871u, 2929u, 296u)) + 2048u) >> 12u) / 2040.0;
  let curve = i32(round(32768.0 * select(pow(y, 1.0 / 3.0), 7.787 * y + 16.0 / 116.0, y < 0.008856)));
  return u32((296 * curve - 1336934 + 16384) >> 15u);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u) {
  atomicStore(&counts[id.x], 0u);
  workgroupBarrier();
  let length = side / 8u;
  let start = (group.x / 8u * side + group.x % 8u) * length;
  for (var i = id.x; i < length * length; i += 256u) {
    atomicAdd(&counts[lightness(image[start + i / length * side + i % length])], 1u);
  }
  workgroupBarrier();
  if (id.x > 0u) { return; }
  var excess = 0u;
  for (var l = 0u; l < 256u; l++) {
    let count = atomicLoad(&counts[l]);
    if (count > limit[0]) {
      excess += count - limit[0];
      atomicStore(&counts[l], limit[0]);
    }
  }
  let share = excess / 256u;
  let rest = excess % 256u;
  let step = 256u / max(rest, 1u);
  let scale = 255.0 / f32(length * length);
  var sum = 0u;
  for (var l = 0u; l < 256u; l++) {
    let extra = select(0u, 1u, l % step == 0u && l / step < rest);
    sum += atomicLoad(&counts[l]) + share + extra;
    table[group.x * 256u + l] = u32(min(round(f32(sum) * scale), 255.0));
  }
}
