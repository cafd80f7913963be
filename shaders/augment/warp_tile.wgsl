// output[y, x] = noise(bilinear(bytes, m(x, y))) in 8 bits, with nearest(labels, m(x, y)), where m maps a pixel of the result
// to the tile by a displacement grid and a lens, two affine maps, and flips and rotations, each reflected at the border
// without repeating it (OpenCV's BORDER_REFLECT_101). Pixels have integer coordinates, as in OpenCV.
// Layouts: bytes [side][side][3] and labels [side][side] of 8 bits in; [side][side] of (red, green, blue, label) in a word out.
// Parameters: rotations, affine map, affine map before it (a, b, c, d, e, f: x' = ax + by + c), lens, kind of grid, its points
// per row, deviation and seed of the noise, unused, and the grid's offsets in pixels (x, y).
import package::common::color::color_of;
import package::common::mix_bits::mix_bits;

override side: u32 = 32u;

@group(0) @binding(0) var<storage, read> bytes: array<u32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> parameters: array<u32>;
@group(0) @binding(3) var<storage, read_write> output: array<u32>;

const offsets_start = 24u;

fn number(i: u32) -> f32 { return bitcast<f32>(parameters[i]); }

fn affine(at: u32, p: vec2f) -> vec2f {
  return vec2f(
    number(at) * p.x + number(at + 1u) * p.y + number(at + 2u),
    number(at + 3u) * p.x + number(at + 4u) * p.y + number(at + 5u),
  );
}

fn reflect_back(p: vec2f) -> vec2f {
  let last = f32(side - 1u);
  let q = abs(p) % (2.0 * last);
  return min(q, 2.0 * last - q);
}

fn offset(points: u32, column: u32, row: u32) -> vec2f {
  let i = offsets_start + (row * points + column) * 2u;
  return vec2f(number(i), number(i + 1u));
}

// Linear interpolation in the triangles of the grid, which spans the tile from border to border.
fn linear_offset(points: u32, p: vec2f) -> vec2f {
  let t = p / f32(side) * f32(points - 1u);
  let cell = vec2u(clamp(t, vec2f(0.0), vec2f(f32(points - 2u))));
  let f = t - vec2f(cell);
  let right = offset(points, cell.x + 1u, cell.y);
  let below = offset(points, cell.x, cell.y + 1u);
  if (f.x + f.y < 1.0) {
    let here = offset(points, cell.x, cell.y);
    return here + f.x * (right - here) + f.y * (below - here);
  }
  let across = offset(points, cell.x + 1u, cell.y + 1u);
  return across + (1.0 - f.x) * (below - across) + (1.0 - f.y) * (right - across);
}

fn spline_weights(f: f32) -> vec4f {
  let g = 1.0 - f;
  return vec4f(g * g * g, 3.0 * f * f * f - 6.0 * f * f + 4.0, 3.0 * g * g * g - 6.0 * g * g + 4.0, f * f * f) / 6.0;
}

// A uniform cubic B-spline, whose outermost points are one cell outside.
fn spline_offset(points: u32, p: vec2f) -> vec2f {
  let t = p / f32(side) * f32(points - 3u);
  let cell = vec2u(clamp(t, vec2f(0.0), vec2f(f32(points - 4u))));
  let x = spline_weights(t.x - f32(cell.x));
  let y = spline_weights(t.y - f32(cell.y));
  var sum = vec2f(0.0);
  for (var row = 0u; row < 4u; row++) {
    for (var column = 0u; column < 4u; column++) {
      sum += y[row] * x[column] * offset(points, cell.x + column, cell.y + row);
    }
  }
  return sum;
}

fn source(x: u32, y: u32) -> vec2f {
  var p = vec2f(f32(x), f32(y));
  let kind = parameters[19];
  if (kind == 1u) { p += linear_offset(parameters[20], p); }
  if (kind == 2u) { p += spline_offset(parameters[20], p); }
  let lens = number(18u);
  if (lens != 0.0) {
    let middle = f32(side - 1u) * 0.5;
    let q = (p - middle) / f32(side);
    let r = dot(q, q);
    p = (1.0 + lens * r + lens * r * r) * (p - middle) + middle;
  }
  p = reflect_back(affine(12u, reflect_back(p)));
  p = reflect_back(affine(6u, p));
  return affine(0u, p);
}

fn pixel(x: u32, y: u32) -> vec3f {
  let i = (y * side + x) * 3u;
  let pair = vec2u(bytes[i / 4u], bytes[(i + 2u) / 4u]);
  let shift = 8u * (i % 4u);
  let word = (pair.x >> shift) | select(0u, pair.y << (32u - shift), shift != 0u);
  return color_of(word);
}

// Four normally distributed numbers from the pixel and the seed (Box-Muller transform).
fn normals(i: u32) -> vec4f {
  let seed = mix_bits(parameters[22] + i * 0x9e3779b9u);
  let a = vec2f(f32(mix_bits(seed ^ 1u) >> 8u), f32(mix_bits(seed ^ 2u) >> 8u));
  let b = vec2f(f32(mix_bits(seed ^ 3u) >> 8u), f32(mix_bits(seed ^ 4u) >> 8u));
  let radius = sqrt(-2.0 * log((a + 1.0) / 16777216.0));
  let angle = b * (6.283185307 / 16777216.0);
  return vec4f(radius * cos(angle), radius * sin(angle));
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= side * side) { return; }
  let p = clamp(source(id.x % side, id.x / side), vec2f(0.0), vec2f(f32(side - 1u)));
  let first = vec2u(p);
  let next = min(first + 1u, vec2u(side - 1u));
  let f = p - vec2f(first);
  let top = mix(pixel(first.x, first.y), pixel(next.x, first.y), f.x);
  let bottom = mix(pixel(first.x, next.y), pixel(next.x, next.y), f.x);
  var color = mix(top, bottom, f.y);
  let deviation = number(21u);
  if (deviation > 0.0) { color += deviation * normals(id.x).xyz; }
  let rounded = vec3u(clamp(floor(color + 0.5), vec3f(0.0), vec3f(255.0)));
  let nearest = vec2u(p + 0.5);
  let i = nearest.y * side + nearest.x;
  let label = (labels[i / 4u] >> (8u * (i % 4u))) & 255u;
  output[id.x] = rounded.x | (rounded.y << 8u) | (rounded.z << 16u) | (label << 24u);
}
