// table[tile][l] = the lightness that l becomes there: the cumulated histogram of the tile's 8-bit L (of CIE L*a*b*), of
// which what exceeds the limit is dealt out evenly. One workgroup for each of 8×8 tiles. As OpenCV's CLAHE does it.
// Layouts: [side][side] of (red, green, blue, label) in a word in; [8 * 8][256] of u32 out. limit[0] in counts.
override side: u32 = 32u; // a multiple of 8

@group(0) @binding(0) var<storage, read> image: array<u32>;
@group(0) @binding(1) var<storage, read> limit: array<u32>;
@group(0) @binding(2) var<storage, read_write> table: array<u32>;

var<workgroup> counts: array<atomic<u32>, 256>;

fn linear(c: vec3f) -> vec3f {
  return select(pow((c + 0.055) / 1.055, vec3f(2.4)), c / 12.92, c <= vec3f(0.04045));
}

fn lightness(word: u32) -> u32 {
  let c = vec3f(f32(word & 255u), f32(word >> 8u & 255u), f32(word >> 16u & 255u)) / 255.0;
  let y = dot(linear(c), vec3f(0.212671, 0.715160, 0.072169));
  let l = select(116.0 * pow(y, 1.0 / 3.0) - 16.0, 903.3 * y, y <= 0.008856);
  return u32(clamp(floor(l * 2.55 + 0.5), 0.0, 255.0));
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
