// images = (color(image) / 255 - mean) / std, 0 in the cutout; masks = label. Colors change in 8 bits, as in OpenCV. Kind 1
// shifts hue, saturation and value; 2 equalizes lightness by the tables of equalize_tile.wgsl; 3 scales and shifts.
// Layouts: [side][side] of (red, green, blue, label) in a word in; [side][side] of (red, green, blue, 0), and of f32, out.
// Parameters: kind, three numbers, and the cutout's left, top, right and bottom.
import package::common::color::color_of;
import package::common::normalize::normalize_color;
import package::common::storage::{Packed, pack};

override side: u32 = 32u; // a multiple of 8

@group(0) @binding(0) var<storage, read> image: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read> parameters: array<u32>;
@group(0) @binding(3) var<storage, read_write> images: array<Packed>;
@group(0) @binding(4) var<storage, read_write> masks: array<f32>;

fn number(i: u32) -> f32 { return bitcast<f32>(parameters[i]); }

fn round8(v: vec3f) -> vec3f { return clamp(floor(v + 0.5), vec3f(0.0), vec3f(255.0)); }

fn shift_hsv(c: vec3f, shift: vec3f) -> vec3f {
  let v = max(c.x, max(c.y, c.z));
  let d = v - min(c.x, min(c.y, c.z));
  var h = c.x - c.y + 4.0 * d;
  if (v == c.y) { h = c.z - c.x + 2.0 * d; }
  if (v == c.x) { h = c.y - c.z; }
  // Rounds both quotients to 1/4096, and then their products.
  h = floor((h * round(122880.0 / max(d, 1.0)) + 2048.0) / 4096.0);
  if (h < 0.0) { h += 180.0; }
  let s = floor((d * round(1044480.0 / max(v, 1.0)) + 2048.0) / 4096.0);
  // OpenCV uses integer tables, hence integers here.
  let turned = h + shift.x;
  let hue = floor(turned - floor(turned / 180.0) * 180.0) / 30.0;
  let saturation = floor(clamp(s + shift.y, 0.0, 255.0)) / 255.0;
  let value = floor(clamp(v + shift.z, 0.0, 255.0));
  let part = abs((hue + vec3f(0.0, 4.0, 2.0)) % 6.0 - 3.0) - 1.0;
  return round8(value * (1.0 - saturation * (1.0 - clamp(part, vec3f(0.0), vec3f(1.0)))));
}

// OpenCV's fixed point: gamma in 1/2040, the matrix in 1/4096, the curve in 1/32768.
fn to_lab(c: vec3f) -> vec3f {
  let v = c / 255.0;
  let linear = vec3u(round(2040.0 * select(pow((v + 0.055) / 1.055, vec3f(2.4)), v / 12.92, v <= vec3f(0.04045))));
  let sums = vec3u(
    dot(linear, vec3u(1777u, 1541u, 778u)),
    dot(linear, vec3u(871u, 2929u, 296u)),
    dot(linear, vec3u(73u, 448u, 3575u)),
  );
  let t = vec3f((sums + 2048u) >> vec3u(12u)) / 2040.0;
  let f = vec3i(round(32768.0 * select(pow(t, vec3f(1.0 / 3.0)), 7.787 * t + 16.0 / 116.0, t < vec3f(0.008856))));
  let lab = vec3i(296 * f.y - 1336934, 500 * (f.x - f.y) + 128 * 32768, 200 * (f.y - f.z) + 128 * 32768);
  return clamp(vec3f((lab + 16384) >> vec3u(15u)), vec3f(0.0), vec3f(255.0));
}

fn from_lab(lab: vec3f) -> vec3f {
  let l = lab.x / 2.55;
  let dark = l <= 8.0;
  let fy = select((l + 16.0) / 116.0, 7.787 * l / 903.3 + 16.0 / 116.0, dark);
  let f = vec3f(fy + (lab.y - 128.0) / 500.0, fy, fy - (lab.z - 128.0) / 200.0);
  var xyz = select(f * f * f, (f - 16.0 / 116.0) / 7.787, f <= vec3f(0.206893)) * vec3f(0.950456, 1.0, 1.088754);
  if (dark) { xyz.y = l / 903.3; }
  let rgb = clamp(vec3f(
    dot(xyz, vec3f(3.240479, -1.537150, -0.498535)),
    dot(xyz, vec3f(-0.969256, 1.875991, 0.041556)),
    dot(xyz, vec3f(0.055648, -0.204043, 1.057311)),
  ), vec3f(0.0), vec3f(1.0));
  return round8(255.0 * select(1.055 * pow(rgb, vec3f(1.0 / 2.4)) - 0.055, 12.92 * rgb, rgb <= vec3f(0.0031308)));
}

// Interpolates between the tables of the four tiles whose centers surround the pixel.
fn equalize(l: u32, x: u32, y: u32) -> f32 {
  let p = vec2f(f32(x), f32(y)) / f32(side / 8u) - 0.5;
  let f = p - floor(p);
  let first = vec2u(max(floor(p), vec2f(0.0)));
  let next = vec2u(min(floor(p) + 1.0, vec2f(7.0)));
  let top = mix(f32(table[(first.y * 8u + first.x) * 256u + l]), f32(table[(first.y * 8u + next.x) * 256u + l]), f.x);
  let bottom = mix(f32(table[(next.y * 8u + first.x) * 256u + l]), f32(table[(next.y * 8u + next.x) * 256u + l]), f.x);
  return round(mix(top, bottom, f.y));
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= side * side) { return; }
  let x = id.x % side;
  let y = id.x / side;
  let word = image[id.x];
  var color = color_of(word);
  let kind = parameters[0];
  if (kind == 1u) { color = shift_hsv(color, vec3f(number(1u), number(2u), number(3u))); }
  if (kind == 2u) {
    let lab = to_lab(color);
    color = from_lab(vec3f(equalize(u32(lab.x), x, y), lab.yz));
  }
  if (kind == 3u) {
    color = floor(clamp(color * number(1u) + number(2u), vec3f(0.0), vec3f(255.0)));
  }
  var result = normalize_color(color);
  if (x >= parameters[4] && y >= parameters[5] && x < parameters[6] && y < parameters[7]) { result = vec4f(0.0); }
  images[id.x] = pack(result);
  masks[id.x] = f32(word >> 24u);
}
