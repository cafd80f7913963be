// Made by `deno task shaders` from the files in shaders/: edit those.
// deno-fmt-ignore-file

/** The source of each shader, by its file's name. */
export const shaders = {
  blurTile: `// output[y, x] = sum of weight[|i|] weight[|j|] image[y + i, x + j] over i and j from -radius to radius, in 8 bits, halves
// rounded up; reflected at the border without repeating it. The label stays. Exactly OpenCV's 8-bit GaussianBlur with 3, 5
// or 7 taps. Layouts: [side][side] of (red, green, blue, label) in a word, in and out.
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
      line += weight(j) * vec3f(f32(word & 255u), f32(word >> 8u & 255u), f32(word >> 16u & 255u));
    }
    sum += weight(i) * line;
  }
  let rounded = vec3u(floor(sum + 0.5));
  output[id.x] = rounded.x | rounded.y << 8u | rounded.z << 16u | (image[id.x] & 0xff000000u);
}
`,
  colorTile: `// images = (color(image) / 255 - mean) / std, 0 within the cutout; masks = label. The colour changes in 8 bits, as OpenCV's do:
// 1: hue, saturation and value shifted; 2: lightness equalised by the tables of equalize_tile; 3: scaled and shifted.
// Layouts: [side][side] of (red, green, blue, label) in a word in; [side][side] of (red, green, blue, 0), and of f32, out.
// Parameters: kind, three numbers, and the cutout's left, top, right and bottom.
alias Packed = vec4f;
fn pack(v: vec4f) -> Packed { return v; }

override side: u32 = 32u; // a multiple of 8
override mean_red: f32 = 0.65459856;
override mean_green: f32 = 0.48386562;
override mean_blue: f32 = 0.69428385;
override std_red: f32 = 0.15167958;
override std_green: f32 = 0.23584107;
override std_blue: f32 = 0.13146145;

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
  // Both quotients in 1/4096, rounded, and their products once more.
  h = floor((h * round(122880.0 / max(d, 1.0)) + 2048.0) / 4096.0);
  if (h < 0.0) { h += 180.0; }
  let s = floor((d * round(1044480.0 / max(v, 1.0)) + 2048.0) / 4096.0);
  // Tables of whole numbers do this in the source, hence whole numbers here.
  let turned = h + shift.x;
  let hue = floor(turned - floor(turned / 180.0) * 180.0) / 30.0;
  let saturation = floor(clamp(s + shift.y, 0.0, 255.0)) / 255.0;
  let value = floor(clamp(v + shift.z, 0.0, 255.0));
  let part = abs((hue + vec3f(0.0, 4.0, 2.0)) % 6.0 - 3.0) - 1.0;
  return round8(value * (1.0 - saturation * (1.0 - clamp(part, vec3f(0.0), vec3f(1.0)))));
}

// In OpenCV's whole numbers: gamma in 1/2040, the matrix in 1/4096, the curve in 1/32768.
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

// Between the tables of the four tiles whose middles lie around the pixel.
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
  var color = vec3f(f32(word & 255u), f32(word >> 8u & 255u), f32(word >> 16u & 255u));
  let kind = parameters[0];
  if (kind == 1u) { color = shift_hsv(color, vec3f(number(1u), number(2u), number(3u))); }
  if (kind == 2u) {
    let lab = to_lab(color);
    color = from_lab(vec3f(equalize(u32(lab.x), x, y), lab.yz));
  }
  if (kind == 3u) {
    color = floor(clamp(color * number(1u) + number(2u), vec3f(0.0), vec3f(255.0)));
  }
  let mean = vec3f(mean_red, mean_green, mean_blue);
  let deviation = vec3f(std_red, std_green, std_blue);
  var result = vec4f((color / 255.0 - mean) / deviation, 0.0);
  if (x >= parameters[4] && y >= parameters[5] && x < parameters[6] && y < parameters[7]) { result = vec4f(0.0); }
  images[id.x] = pack(result);
  masks[id.x] = f32(word >> 24u);
}
`,
  equalizeTile: `// table[tile][l] = the lightness that l becomes there: the cumulated histogram of the tile's 8-bit L (of CIE L*a*b*), of
// which what exceeds the limit is dealt out evenly. One workgroup for each of 8×8 tiles. As OpenCV's CLAHE does it.
// Layouts: [side][side] of (red, green, blue, label) in a word in; [8 * 8][256] of u32 out. limit[0] in counts.
override side: u32 = 32u; // a multiple of 8

@group(0) @binding(0) var<storage, read> image: array<u32>;
@group(0) @binding(1) var<storage, read> limit: array<u32>;
@group(0) @binding(2) var<storage, read_write> table: array<u32>;

var<workgroup> counts: array<atomic<u32>, 256>;

// In OpenCV's whole numbers: gamma in 1/2040, the curve in 1/32768.
fn lightness(word: u32) -> u32 {
  let c = vec3f(f32(word & 255u), f32(word >> 8u & 255u), f32(word >> 16u & 255u)) / 255.0;
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
`,
  warpTile: `// output[y, x] = noise(bilinear(bytes, m(x, y))) in 8 bits, and nearest(labels, m(x, y)) beside it, where m goes from a pixel
// of the result back to the tile: a displacement grid and a lens, two affine maps, and flips and turns, each reflected
// at the border without repeating it (OpenCV's BORDER_REFLECT_101). Pixels' coordinates are whole, as OpenCV's are.
// Layouts: bytes [side][side][3] and labels [side][side] of 8 bits in; [side][side] of (red, green, blue, label) in a word out.
// Parameters: turns, affine map, affine map before it (a, b, c, d, e, f: x' = ax + by + c), lens, kind of grid, its points a
// row, deviation and seed of the noise, nothing, and the grid's offsets in pixels (x, y).
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

// Linear in the triangles of the grid, whose points reach from border to border.
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

// A uniform cubic B-spline; its outermost points lie a cell outside.
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
  let word = pair.x >> shift | select(0u, pair.y << (32u - shift), shift != 0u);
  return vec3f(f32(word & 255u), f32(word >> 8u & 255u), f32(word >> 16u & 255u));
}

fn mix_bits(value: u32) -> u32 {
  var h = value;
  h = (h ^ h >> 16u) * 0x85ebca6bu;
  h = (h ^ h >> 13u) * 0xc2b2ae35u;
  return h ^ h >> 16u;
}

// Four normally distributed numbers, by Box and Muller, from the pixel and the seed.
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
  let label = labels[i / 4u] >> (8u * (i % 4u)) & 255u;
  output[id.x] = rounded.x | rounded.y << 8u | rounded.z << 16u | label << 24u;
}
`,
  activationBackward: `// grad_input[i] = output[i] > 0 ? gradient[i] : 0 for ReLU; gradient[i] * output[i] * (1 - output[i]) for sigmoid.
// Layout: [N][C/4][H][W] of four channels.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> output: array<Packed>;
@group(0) @binding(1) var<storage, read> gradient: array<Packed>;
@group(0) @binding(2) var<storage, read_write> grad_input: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  let y = unpack(output[at]);
  var value = unpack(gradient[at]);
  value = select(vec4f(0.0), value, y > vec4f(0.0)); // if relu
  value *= y * (1.0 - y); // if sigmoid
  grad_input[at] = pack(value);
}
`,
  batchNormDataGradient: `// output[n, c, y, x] = post(residual[n, c, y, x] + factor[c] * (g - center[c] - slope[c] * (input[n, c, y, x] - mean[c]))),
// with g = grad_output[n, c, y, x], or 0 where a ReLU after the batch norm let nothing through: where
// input * scale[c] + shift[c] is not positive; post(v) = v, or 0 where the input, from a ReLU, is not positive.
// Layouts: activations [N][C/4][H][W] of four channels; coefficients [C/4][factor, center, slope, mean] and
// affine [C/4][scale, shift], 32-bit.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override planes: u32 = 1u; // batch times blocks
override blocks: u32 = 1u;
override pixels: u32 = 1u;
override lanes: u32 = 8u;
override rows: u32 = 8u; // planes a workgroup
override span: u32 = 128u; // pixels of a plane that a workgroup takes

@group(0) @binding(0) var<storage, read> grad_output: array<Packed>;
@group(0) @binding(1) var<storage, read> input: array<Packed>;
@group(0) @binding(2) var<storage, read> coefficients: array<vec4f>;
@group(0) @binding(3) var<storage, read> affine: array<vec4f>; // if relu
@group(0) @binding(4) var<storage, read> residual: array<Packed>; // if has_residual
@group(0) @binding(5) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(global_invocation_id) id: vec3u) {
  if (id.y >= planes) { return; }
  let block = id.y % blocks;
  let factor = coefficients[block * 4u];
  let center = coefficients[block * 4u + 1u];
  let slope = coefficients[block * 4u + 2u];
  let mean = coefficients[block * 4u + 3u];
  let scale = affine[block * 2u]; // if relu
  let shift = affine[block * 2u + 1u]; // if relu
  let end = min((group.x + 1u) * span, pixels);
  for (var i = group.x * span + id.x % lanes; i < end; i += lanes) {
    let at = id.y * pixels + i;
    let x = unpack(input[at]);
    var g = unpack(grad_output[at]);
    g = select(vec4f(0.0), g, fma(x, scale, shift) > vec4f(0.0)); // if relu
    var value = factor * (g - center - slope * (x - mean));
    value += unpack(residual[at]); // if has_residual
    value = select(vec4f(0.0), value, x > vec4f(0.0)); // if input_relu
    output[at] = pack(value);
  }
}
`,
  batchNormParameters: `// grad_bias[c] = sum over n of the first of sums[n, c], grad_weight[c] = that of the second, each added to what is there
// if accumulate; coefficients[c] = factor, center, slope, mean, so that the gradient by the input is
// factor * (g - center - slope * (input - mean)).
// Layouts: sums [N][C/4][2]; statistics [C/4][mean, inverse deviation]; coefficients [C/4][4]; all else [C/4]; 32-bit.
override batch: u32 = 1u;
override blocks: u32 = 1u;
override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> sums: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> statistics: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> grad_weight: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> grad_bias: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> coefficients: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let block = id.x;
  if (block >= blocks) { return; }
  var sum = vec4f(0.0);
  var product = vec4f(0.0);
  for (var n = 0u; n < batch; n++) {
    sum += sums[(n * blocks + block) * 2u];
    product += sums[(n * blocks + block) * 2u + 1u];
  }
  let count = f32(batch * pixels);
  let inverse = statistics[block * 2u + 1u];
  coefficients[block * 4u] = weight[block] * inverse;
  coefficients[block * 4u + 1u] = sum / count;
  coefficients[block * 4u + 2u] = product / count * inverse;
  coefficients[block * 4u + 3u] = statistics[block * 2u];
  sum += grad_bias[block]; // if accumulate
  product += grad_weight[block]; // if accumulate
  grad_bias[block] = sum;
  grad_weight[block] = product;
}
`,
  batchNormSums: `// output[n, c] = sum over y, x of g, and of g * (input - mean[c]) * inverse[c], with g = grad_output[n, c, y, x],
// or 0 where a ReLU after the batch norm let nothing through: where input * scale[c] + shift[c] is not positive.
// Layouts: activations [N][C/4][H][W] of four channels; statistics [C/4][mean, inverse deviation], affine [C/4][scale, shift],
// output [N][C/4][2], 32-bit. Eight threads a plane stride over its pixels, and the first adds up.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }

override planes: u32 = 1u; // batch times blocks
override blocks: u32 = 1u;
override pixels: u32 = 1u;
const lanes: u32 = 8u;
const rows: u32 = 8u; // planes a workgroup

@group(0) @binding(0) var<storage, read> grad_output: array<Packed>;
@group(0) @binding(1) var<storage, read> input: array<Packed>;
@group(0) @binding(2) var<storage, read> statistics: array<vec4f>;
@group(0) @binding(3) var<storage, read> affine: array<vec4f>; // if relu
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>;

var<workgroup> sums: array<vec4f, 64>;
var<workgroup> products: array<vec4f, 64>;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let plane = min(group.x * rows + local.y, planes - 1u);
  let block = plane % blocks;
  let mean = statistics[block * 2u];
  let scale = affine[block * 2u]; // if relu
  let shift = affine[block * 2u + 1u]; // if relu
  var sum = vec4f(0.0);
  var product = vec4f(0.0);
  for (var i = local.x; i < pixels; i += lanes) {
    let x = unpack(input[plane * pixels + i]);
    var g = unpack(grad_output[plane * pixels + i]);
    g = select(vec4f(0.0), g, fma(x, scale, shift) > vec4f(0.0)); // if relu
    sum += g;
    product = fma(g, x - mean, product);
  }
  let at = local.y * lanes + local.x;
  sums[at] = sum;
  products[at] = product;
  workgroupBarrier();
  if (local.x == 0u) {
    for (var i = 1u; i < lanes; i++) {
      sum += sums[at + i];
      product += products[at + i];
    }
    output[plane * 2u] = sum;
    output[plane * 2u + 1u] = product * statistics[block * 2u + 1u];
  }
}
`,
  channelSums: `// output[n, c] = sum over y, x of input[n, c, y, x]: the gradient of a bias, image by image; sum_partials adds the images.
// Layouts: input [N][C/4][H][W] of four channels; output [N][C/4] of four channels, 32-bit.
// Eight threads a plane stride over its pixels, and the first adds up.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }

override planes: u32 = 1u; // batch times blocks of four channels
override pixels: u32 = 1u;
const lanes: u32 = 8u;
const rows: u32 = 8u; // planes a workgroup

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;

var<workgroup> partial: array<vec4f, 64>;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let plane = group.x * rows + local.y;
  var sum = vec4f(0.0);
  if (plane < planes) {
    for (var i = local.x; i < pixels; i += lanes) {
      sum += unpack(input[plane * pixels + i]);
    }
  }
  let at = local.y * lanes + local.x;
  partial[at] = sum;
  workgroupBarrier();
  if (plane < planes && local.x == 0u) {
    for (var i = 1u; i < lanes; i++) { sum += partial[at + i]; }
    output[plane] = sum;
  }
}
`,
  conv2dDataGradient: `// output[n, i, y, x] = post(residual[n, i, y, x]
//   + sum over o, ky, kx of weight[o, i, ky, kx] * grad_output[n, o, (y + padding - ky * dilation) / stride, (x + …) / stride])
// over the taps for which the quotients are whole and inside; post(v) = v, or 0 where mask[n, i, y, x] is not positive.
// Layouts: activations [N][C/4][H][W] of four channels; weight [O/4][ky][kx][I/4][4 inputs] of four outputs.
// Pixels of one remainder by the stride, a phase, meet the same taps: each phase is a convolution of its own.
// A thread holds \`pixels\` pixels, \`lanes\` apart, by \`results\` blocks of four input channels in registers. Pixels are counted
// through all images, since planes may be small.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

struct Shape {
  batch: u32,
  input_blocks: u32, // of all groups together
  group_inputs: u32, // input blocks of a group
  group_outputs: u32, // output blocks of a group
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  phase_height: u32, // pixels of a phase
  phase_width: u32,
  kernel_height: u32,
  kernel_width: u32,
  padding: u32,
  dilation: u32,
}
const stride: u32 = 1u;
const lanes: u32 = 8u;
const rows: u32 = 8u;
const pixels: u32 = 4u;
const results: u32 = 2u;
const spread: u32 = 1u; // threads that share the loads of the weights they have in common: 1, or the subgroup with \`broadcast\`
const weights: u32 = 8u; // vectors of weights that a thread loads: results * 4 / spread, rounded up

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read> grad_output: array<Packed>;
@group(0) @binding(2) var<storage, read> residual: array<Packed>; // if has_residual
@group(0) @binding(3) var<storage, read> mask: array<Packed>; // if has_mask
@group(0) @binding(4) var<storage, read_write> output: array<Packed>;
@group(0) @binding(5) var<uniform> shape: Shape;

// Vector units do not divide integers; the quotient of floats is off by one at most.
fn quotient(a: u32, b: u32) -> u32 {
  var low = u32(f32(a) / f32(b));
  low -= select(0u, 1u, low * b > a);
  return low + select(0u, 1u, a - low * b >= b);
}

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let block = (group.y * rows + local.y) * results;
  if (block >= shape.input_blocks) { return; }
  let first_pixel = group.x * (lanes * pixels) + local.x;
  let phase_plane = shape.phase_height * shape.phase_width;
  let last_pixel = shape.batch * phase_plane - 1u;
  let phase_y = group.z / stride;
  let phase_x = group.z % stride;
  let output_plane = shape.output_height * shape.output_width;
  let channel_group = block / shape.group_inputs;
  let output_image = shape.input_blocks / shape.group_inputs * shape.group_outputs * output_plane;
  let weight_step = shape.kernel_height * shape.kernel_width * shape.group_inputs;
  let weight_start = channel_group * shape.group_outputs * weight_step + block % shape.group_inputs;

  var sum: array<vec4f, results * pixels>; // registers
  var image: array<u32, pixels>; // registers
  var row: array<u32, pixels>; // registers
  var column: array<u32, pixels>; // registers
  // unroll
  for (var i = 0u; i < results * pixels; i++) { sum[i] = vec4f(0.0); }
  // unroll
  for (var p = 0u; p < pixels; p++) {
    let pixel = min(first_pixel + p * lanes, last_pixel);
    image[p] = quotient(pixel, phase_plane);
    row[p] = quotient(pixel - image[p] * phase_plane, shape.phase_width);
    column[p] = pixel - image[p] * phase_plane - row[p] * shape.phase_width;
  }

  var at: array<u32, pixels>; // registers
  var inside: array<bool, pixels>; // registers
  var g: array<vec4f, pixels>; // registers
  var w: array<vec4f, weights>; // registers
  var v: array<vec4f, 4>; // registers
  var factors: array<vec4f, 4>; // registers
  for (var ky = 0u; ky < shape.kernel_height; ky++) {
    // A multiple of the stride is added so that the difference is not negative.
    let from_y = phase_y + shape.padding + (shape.kernel_height * stride - ky) * shape.dilation;
    if (from_y % stride != 0u) { continue; }
    let first_y = from_y / stride - shape.kernel_height * shape.dilation;
    for (var kx = 0u; kx < shape.kernel_width; kx++) {
      let from_x = phase_x + shape.padding + (shape.kernel_width * stride - kx) * shape.dilation;
      if (from_x % stride != 0u) { continue; }
      let first_x = from_x / stride - shape.kernel_width * shape.dilation;
      // unroll
      for (var p = 0u; p < pixels; p++) {
        let oy = row[p] + first_y;
        let ox = column[p] + first_x;
        inside[p] = oy < shape.output_height && ox < shape.output_width; // below zero wraps to far above // if padded
        at[p] = image[p] * output_image + oy * shape.output_width + ox;
        at[p] = select(0u, at[p], inside[p]); // if padded
      }
      var plane = channel_group * shape.group_outputs * output_plane;
      var at_weight = (weight_start + (ky * shape.kernel_width + kx) * shape.group_inputs) * 4u + local.x % spread;
      for (var o = 0u; o < shape.group_outputs; o++) {
        // unroll
        for (var p = 0u; p < pixels; p++) {
          g[p] = unpack(grad_output[plane + at[p]]);
          g[p] = select(vec4f(0.0), g[p], inside[p]); // if padded
        }
        // unroll
        for (var i = 0u; i < weights; i++) { w[i] = unpack(weight[at_weight + i * spread]); }
        // unroll
        for (var r = 0u; r < results; r++) {
          // unroll
          for (var i = 0u; i < 4u; i++) {
            v[i] = w[(r * 4 + i) / spread];
            v[i] = subgroupBroadcast(v[i], (r * 4 + i) % spread); // if broadcast
          }
          // unroll
          for (var k = 0u; k < 4u; k++) { factors[k] = vec4f(v[0][k], v[1][k], v[2][k], v[3][k]); }
          // unroll
          for (var p = 0u; p < pixels; p++) {
            // unroll
            for (var k = 0u; k < 4u; k++) {
              sum[r * pixels + p] = fma(factors[k], vec4f(g[p][k]), sum[r * pixels + p]);
            }
          }
        }
        plane += output_plane;
        at_weight += weight_step * 4u;
      }
    }
  }

  // unroll
  for (var r = 0u; r < results; r++) {
    // unroll
    for (var p = 0u; p < pixels; p++) {
      let y = row[p] * stride + phase_y;
      let x = column[p] * stride + phase_x;
      if (first_pixel + p * lanes <= last_pixel && y < shape.input_height && x < shape.input_width) {
        let at_out = ((image[p] * shape.input_blocks + block + r) * shape.input_height + y) * shape.input_width + x;
        var value = sum[r * pixels + p];
        value += unpack(residual[at_out]); // if has_residual
        value = select(vec4f(0.0), value, unpack(mask[at_out]) > vec4f(0.0)); // if has_mask
        output[at_out] = pack(value);
      }
    }
  }
}
`,
  conv2dPointwiseWeightGradient: `// output[split, o, i] = sum over the split's n and y, and over all x, of grad_output[n, o, y, x] * input[n, i, y, x]: of a 1×1
// convolution without stride, of rows with an even number of pixels. See conv2d_weight_gradient.wgsl, which takes all others.
// Layouts: activations [N][C/4][H W] of four channels; output [split][O/4][I/4][4 inputs] of four outputs, 32-bit.
// A thread holds \`results\` output blocks by \`inputs\` input blocks in registers, and walks along rows, a pair of pixels at a time.
// The lanes hold neighbouring output blocks, so those of one group read the same input.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
alias Pair = mat2x4f;
fn left(p: Pair) -> Packed { return p[0]; }
fn right(p: Pair) -> Packed { return p[1]; }

struct Shape {
  output_blocks: u32, // of all groups together
  group_outputs: u32, // output blocks of a group
  group_inputs: u32, // input blocks of a group
  plane: u32, // pairs of pixels of a plane
  row: u32, // pairs of pixels of a row
  rows: u32, // of all images together
  split_rows: u32, // rows of a split
}
const lanes: u32 = 8u;
const tiles: u32 = 8u; // tiles of inputs a workgroup
const results: u32 = 2u;
const inputs: u32 = 8u;
const spread: u32 = 1u; // threads that share the loads of the input: 1, or the subgroup with \`broadcast\`
const loads: u32 = 8u; // pairs of input that a thread loads: inputs / spread, rounded up

@group(0) @binding(0) var<storage, read> grad_output: array<Pair>;
@group(0) @binding(1) var<storage, read> input: array<Pair>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(lanes, tiles)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let first_input = (group.y * tiles + local.y) * inputs;
  if (first_input >= shape.group_inputs) { return; }
  let block = (group.x * lanes + local.x) * results;
  let block_read = min(block, shape.output_blocks - results); // lanes past the end still load for the others
  let channel_group = block_read / shape.group_outputs;
  let split = group.z;
  let input_image = shape.output_blocks / shape.group_outputs * shape.group_inputs * shape.plane;
  let plane_rows = shape.plane / shape.row;

  var sum: array<vec4f, results * inputs * 4>; // registers
  // unroll
  for (var s = 0u; s < results * inputs * 4u; s++) { sum[s] = vec4f(0.0); }
  var plane: array<u32, loads>; // registers
  // unroll
  for (var i = 0u; i < loads; i++) {
    let vector = min(first_input + i * spread + local.x % spread, shape.group_inputs - 1u);
    plane[i] = (channel_group * shape.group_inputs + vector) * shape.plane;
  }

  var g: array<vec4f, results * 2>; // registers
  var x: array<vec4f, loads * 2>; // registers
  var value: array<vec4f, 2>; // registers
  var at: array<u32, loads>; // registers
  let last_row = min((split + 1u) * shape.split_rows, shape.rows);
  for (var row = split * shape.split_rows; row < last_row; row++) {
    let image = row / plane_rows;
    let start = row % plane_rows * shape.row;
    var at_output = (image * shape.output_blocks + block_read) * shape.plane + start;
    // unroll
    for (var i = 0u; i < loads; i++) { at[i] = image * input_image + start + plane[i]; }
    for (var pair = 0u; pair < shape.row; pair++) {
      // unroll
      for (var r = 0u; r < results; r++) {
        let loaded = grad_output[at_output + r * shape.plane];
        g[r * 2] = unpack(left(loaded));
        g[r * 2 + 1] = unpack(right(loaded));
      }
      at_output++;
      // unroll
      for (var i = 0u; i < loads; i++) {
        let loaded = input[at[i]];
        x[i * 2] = unpack(left(loaded));
        x[i * 2 + 1] = unpack(right(loaded));
        at[i]++;
      }
      // unroll
      for (var i = 0u; i < inputs; i++) {
        // unroll
        for (var p = 0u; p < 2u; p++) {
          value[p] = x[i / spread * 2 + p];
          value[p] = subgroupBroadcast(value[p], i % spread); // if broadcast
        }
        // unroll
        for (var r = 0u; r < results; r++) {
          // unroll
          for (var k = 0u; k < 4u; k++) {
            // unroll
            for (var p = 0u; p < 2u; p++) {
              sum[(r * inputs + i) * 4 + k] = fma(g[r * 2 + p], vec4f(value[p][k]), sum[(r * inputs + i) * 4 + k]);
            }
          }
        }
      }
    }
  }

  if (block >= shape.output_blocks) { return; }
  // unroll
  for (var r = 0u; r < results; r++) {
    let first = (split * shape.output_blocks + block + r) * shape.group_inputs + first_input;
    // unroll
    for (var i = 0u; i < inputs; i++) {
      if (first_input + i < shape.group_inputs) {
        // unroll
        for (var k = 0u; k < 4u; k++) {
          var total = sum[(r * inputs + i) * 4 + k];
          total += output[(first + i) * 4u + k]; // if accumulate
          output[(first + i) * 4u + k] = total;
        }
      }
    }
  }
}
`,
  conv2dWeightGradient: `// output[split, o, i, ky, kx] = sum over the split's n and y, and over all x, of
//   grad_output[n, o, y, x] * input[n, i, y * stride + ky * dilation - padding, x * stride + …]
// Layouts: activations [N][C/4][H][W] of four channels; output [split][O/4][ky][kx][I/4][4 inputs] of four outputs, 32-bit.
// A thread holds \`results\` output blocks by \`taps\` columns of the kernel by \`inputs\` input blocks in registers, and walks along
// rows, \`pixels\` at a time. The lanes hold neighbouring output blocks, so those of one group read the same input.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }

struct Shape {
  output_blocks: u32, // of all groups together
  group_outputs: u32, // output blocks of a group
  group_inputs: u32, // input blocks of a group
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  kernel_height: u32,
  kernel_width: u32,
  padding: u32,
  dilation: u32,
  rows: u32, // of all images together
  split_rows: u32, // rows of a split
}
const stride: u32 = 1u;
const lanes: u32 = 8u;
const tiles: u32 = 8u; // tiles of inputs a workgroup
const results: u32 = 1u;
const inputs: u32 = 4u;
const taps: u32 = 1u;
const pixels: u32 = 4u;
const reach: u32 = 1u; // columns held in registers from one pixel to the next
const column_step: u32 = 1u; // columns of the input from one held to the next
const spread: u32 = 1u; // threads that share the loads of the input: 1, or the subgroup with \`broadcast\`
const loads: u32 = 16u; // vectors of input that a thread loads: ((pixels - 1) * reach + taps) * inputs / spread, rounded up

@group(0) @binding(0) var<storage, read> grad_output: array<Packed>;
@group(0) @binding(1) var<storage, read> input: array<Packed>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(lanes, tiles)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let first_input = (group.y * tiles + local.y) * inputs;
  if (first_input >= shape.group_inputs) { return; }
  let block = (group.x * lanes + local.x) * results;
  let block_read = min(block, shape.output_blocks - results); // lanes past the end still load for the others
  let channel_group = block_read / shape.group_outputs;
  let tap_columns = shape.kernel_width / taps;
  let kx = group.z % tap_columns * taps;
  let ky = group.z / tap_columns % shape.kernel_height;
  let split = group.z / (tap_columns * shape.kernel_height);
  let input_blocks = shape.output_blocks / shape.group_outputs * shape.group_inputs;
  let input_plane = shape.input_height * shape.input_width;
  let output_plane = shape.output_height * shape.output_width;

  var sum: array<vec4f, results * taps * inputs * 4>; // registers
  // unroll
  for (var s = 0u; s < results * taps * inputs * 4u; s++) {
    sum[s] = vec4f(0.0);
  }
  var plane: array<u32, loads>; // registers
  var column: array<u32, loads>; // registers
  // unroll
  for (var i = 0u; i < loads; i++) {
    let vector = i * spread + local.x % spread;
    plane[i] = (channel_group * shape.group_inputs + min(first_input + vector % inputs, shape.group_inputs - 1u)) * input_plane;
    column[i] = vector / inputs * column_step + kx * shape.dilation - shape.padding;
  }

  var g: array<vec4f, results * pixels>; // registers
  var x: array<vec4f, loads>; // registers
  var value: array<vec4f, pixels>; // registers
  let last_row = min((split + 1u) * shape.split_rows, shape.rows);
  for (var row = split * shape.split_rows; row < last_row; row++) {
    let image = row / shape.output_height;
    let oy = row % shape.output_height;
    let iy = oy * stride + ky * shape.dilation - shape.padding;
    if (iy >= shape.input_height) { continue; } // below zero wraps to far above
    let input_row = image * input_blocks * input_plane + iy * shape.input_width;
    let output_row = (image * shape.output_blocks + block_read) * output_plane + oy * shape.output_width;
    for (var first = 0u; first < shape.output_width; first += pixels) {
      // unroll
      for (var p = 0u; p < pixels; p++) {
        let inside = first + p < shape.output_width; // if ragged
        // unroll
        for (var r = 0u; r < results; r++) {
          g[p * results + r] = unpack(grad_output[output_row + r * output_plane + first + p]);
          g[p * results + r] = select(vec4f(0.0), g[p * results + r], inside); // if ragged
        }
      }
      // unroll
      for (var i = 0u; i < loads; i++) {
        let ix = first * stride + column[i];
        let within = ix < shape.input_width; // if masked
        var at = ix;
        at = select(0u, ix, within); // if masked
        x[i] = unpack(input[input_row + plane[i] + at]);
        x[i] = select(vec4f(0.0), x[i], within); // if masked
      }
      // The pixels' loop is the innermost, so that each sum is fetched once, should it not fit the registers.
      // unroll
      for (var t = 0u; t < taps; t++) {
        // unroll
        for (var i = 0u; i < inputs; i++) {
          // unroll
          for (var p = 0u; p < pixels; p++) {
            value[p] = x[((p * reach + t) * inputs + i) / spread];
            value[p] = subgroupBroadcast(value[p], ((p * reach + t) * inputs + i) % spread); // if broadcast
          }
          // unroll
          for (var r = 0u; r < results; r++) {
            // unroll
            for (var k = 0u; k < 4u; k++) {
              // unroll
              for (var p = 0u; p < pixels; p++) {
                sum[((r * taps + t) * inputs + i) * 4 + k] = fma(g[p * results + r], vec4f(value[p][k]), sum[((r * taps + t) * inputs + i) * 4 + k]);
              }
            }
          }
        }
      }
    }
  }

  if (block >= shape.output_blocks) { return; }
  // unroll
  for (var r = 0u; r < results; r++) {
    // unroll
    for (var t = 0u; t < taps; t++) {
      let at = (((split * shape.output_blocks + block + r) * shape.kernel_height + ky) * shape.kernel_width + kx + t) * shape.group_inputs + first_input;
      // unroll
      for (var i = 0u; i < inputs; i++) {
        if (first_input + i < shape.group_inputs) {
          // unroll
          for (var k = 0u; k < 4u; k++) {
            var total = sum[((r * taps + t) * inputs + i) * 4 + k];
            total += output[(at + i) * 4u + k]; // if accumulate
            output[(at + i) * 4u + k] = total;
          }
        }
      }
    }
  }
}
`,
  globalMaxPoolBackward: `// grad_input[n, c, y, x] = gradient[n, c] where (y, x) is the first maximum of its plane, 0 elsewhere.
// Layouts: [N][C/4][H][W] and [N][C/4] of four channels. One workgroup a plane.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> output: array<Packed>;
@group(0) @binding(2) var<storage, read> gradient: array<Packed>;
@group(0) @binding(3) var<storage, read_write> grad_input: array<Packed>;

const threads: u32 = 64u;
var<workgroup> first: array<vec4u, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let best = unpack(output[group.y]);
  var found = vec4u(pixels);
  for (var i = thread; i < pixels; i += threads) {
    let wins = unpack(input[group.y * pixels + i]) == best;
    found = min(found, select(vec4u(pixels), vec4u(i), wins));
  }
  first[thread] = found;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { first[thread] = min(first[thread], first[thread + half]); }
    workgroupBarrier();
  }
  let value = unpack(gradient[group.y]);
  for (var i = thread; i < pixels; i += threads) {
    grad_input[group.y * pixels + i] = pack(select(vec4f(0.0), value, first[0] == vec4u(i)));
  }
}
`,
  insertZeros: `// output[n, c, y, x] = post(residual[n, c, y, x] + input[n, c, y / stride, x / stride]), the latter where both quotients are
// whole; post(v) = v, or 0 where mask[n, c, y, x] is not positive: the gradient of subsample.wgsl. Layout: [N][C/4][H][W] of
// four channels.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override stride: u32 = 2u;
override full_height: u32 = 1u; // of the output
override full_width: u32 = 1u;
override height: u32 = 1u; // of the input
override width: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> residual: array<Packed>; // if has_residual
@group(0) @binding(2) var<storage, read> mask: array<Packed>; // if has_mask
@group(0) @binding(3) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= full_height * full_width) { return; }
  let at = id.y * full_height * full_width + id.x;
  let y = id.x / full_width;
  let x = id.x % full_width;
  var value = vec4f(0.0);
  if (y % stride == 0u && x % stride == 0u) {
    value = unpack(input[(id.y * height + y / stride) * width + x / stride]);
  }
  value += unpack(residual[at]); // if has_residual
  value = select(vec4f(0.0), value, unpack(mask[at]) > vec4f(0.0)); // if has_mask
  output[at] = pack(value);
}
`,
  maskGroups: `// gradient[o, i, …] = 0 where output o and input i are not of one group: for groups that do not fill blocks of four channels,
// whose weight is stored dense. Layout: [O/4][ky][kx][I/4][4 inputs] of four outputs.
override vectors: u32 = 4u; // in all
override block_vectors: u32 = 4u; // of a block of outputs
override input_blocks: u32 = 1u;
override group_outputs: u32 = 1u;
override group_inputs: u32 = 1u;

@group(0) @binding(0) var<storage, read_write> gradient: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= vectors) { return; }
  let input = id.x / 4u % input_blocks * 4u + id.x % 4u;
  let output = vec4u(id.x / block_vectors * 4u) + vec4u(0u, 1u, 2u, 3u);
  let same = output / group_outputs == vec4u(input / group_inputs);
  gradient[id.x] = select(vec4f(0.0), gradient[id.x], same);
}
`,
  maxPool2dBackward: `// grad_input[n, c, y, x] = sum of gradient[n, c, oy, ox] over the windows that (y, x) won, as max_pool2d_winners.wgsl found.
// Each thread gathers for one input pixel. Layouts: [N][C/4][H][W] of four channels; winners 32-bit.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
override kernel: u32 = 1u;
override stride: u32 = 1u;
override padding: u32 = 0u;

@group(0) @binding(0) var<storage, read> winners: array<vec4u>;
@group(0) @binding(1) var<storage, read> gradient: array<Packed>;
@group(0) @binding(2) var<storage, read_write> grad_input: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= input_height * input_width) { return; }
  var sum = vec4f(0.0);
  // The windows that hold this pixel, last first; their first tap may lie in the padding.
  let y = id.x / input_width + padding;
  let x = id.x % input_width + padding;
  for (var oy = min(y / stride, output_height - 1u); oy * stride + kernel > y; oy--) {
    for (var ox = min(x / stride, output_width - 1u); ox * stride + kernel > x; ox--) {
      let window = (id.y * output_height + oy) * output_width + ox;
      let tap = (y - oy * stride) * kernel + x - ox * stride;
      sum += select(vec4f(0.0), unpack(gradient[window]), winners[window] == vec4u(tap));
      if (ox == 0u) { break; }
    }
    if (oy == 0u) { break; }
  }
  grad_input[id.y * input_height * input_width + id.x] = pack(sum);
}
`,
  maxPool2dWinners: `// winners[n, c, y, x] = the first tap, row by row, of the window of output[n, c, y, x] that holds its maximum: PyTorch's choice
// among equals. Layouts: [N][C/4][H][W] of four channels; winners 32-bit.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }

override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
override kernel: u32 = 1u;
override stride: u32 = 1u;
override padding: u32 = 0u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> output: array<Packed>;
@group(0) @binding(2) var<storage, read_write> winners: array<vec4u>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= output_height * output_width) { return; }
  let y = id.x / output_width;
  let x = id.x % output_width;
  let window = id.y * output_height * output_width + id.x;
  let best = unpack(output[window]);
  var winner = vec4u(0u);
  // Last to first, so that the first has the last word.
  for (var tap = kernel * kernel; tap > 0u; tap--) {
    let iy = y * stride + (tap - 1u) / kernel - padding; // below zero wraps to far above
    let ix = x * stride + (tap - 1u) % kernel - padding;
    if (iy < input_height && ix < input_width) {
      let value = unpack(input[(id.y * input_height + iy) * input_width + ix]);
      winner = select(winner, vec4u(tap - 1u), value == best);
    }
  }
  winners[window] = winner;
}
`,
  pixelShuffleBackward: `// grad_input[n, c * r * r + i * r + j, y, x] = gradient[n, c, y * r + i, x * r + j].
// Layout: [N][C/4][H][W] of four channels; channels past the last are zero.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override input_channels: u32 = 4u;
override output_channels: u32 = 1u;
override input_height: u32 = 1u;
override input_width: u32 = 1u;
override factor: u32 = 2u;

@group(0) @binding(0) var<storage, read> gradient: array<Packed>;
@group(0) @binding(1) var<storage, read_write> grad_input: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let plane = input_height * input_width;
  let pixel = id.x;
  if (pixel >= plane) { return; }
  let y = pixel / input_width;
  let x = pixel % input_width;
  let output_blocks = (output_channels + 3u) / 4u;
  var value = vec4f(0.0);
  for (var k = 0u; k < 4u; k++) {
    let channel = id.y * 4u + k;
    if (channel < input_channels) {
      let source = channel / (factor * factor);
      let row = y * factor + channel / factor % factor;
      let column = x * factor + channel % factor;
      let block = (id.z * output_blocks + source / 4u) * plane * factor * factor;
      value[k] = unpack(gradient[block + row * input_width * factor + column])[source % 4u];
    }
  }
  grad_input[(id.z * ((input_channels + 3u) / 4u) + id.y) * plane + pixel] = pack(value);
}
`,
  resizeBilinearBackward: `// grad_input[n, c, y, x] = sum of gradient[n, c, oy, ox] times the weight that resize_bilinear.wgsl gives (y, x) there.
// Each thread gathers for one input pixel, over the outputs that may read it. Layout: [N][C/4][H][W] of four channels.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;

@group(0) @binding(0) var<storage, read> gradient: array<Packed>;
@group(0) @binding(1) var<storage, read_write> grad_input: array<Packed>;

// The outputs along an axis that may read input i: the first, and one past the last.
fn readers(i: u32, inputs: u32, outputs: u32) -> vec2u {
  let factor = f32(outputs) / f32(inputs);
  let low = (f32(i) - 0.5) * factor - 1.5;
  let high = (f32(i) + 1.5) * factor + 1.5;
  let last = select(min(u32(high), outputs), outputs, i == inputs - 1u); // the border is read from beyond it, too
  return vec2u(select(u32(max(low, 0.0)), 0u, i == 0u), last);
}

fn weight(o: u32, i: u32, inputs: u32, outputs: u32) -> f32 {
  let source = max((f32(o) + 0.5) * (f32(inputs) / f32(outputs)) - 0.5, 0.0);
  let low = u32(source);
  let t = source - f32(low);
  return select(0.0, 1.0 - t, low == i) + select(0.0, t, min(low + 1u, inputs - 1u) == i);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let pixel = id.x;
  if (pixel >= input_height * input_width) { return; }
  let y = pixel / input_width;
  let x = pixel % input_width;
  let rows = readers(y, input_height, output_height);
  let columns = readers(x, input_width, output_width);
  var sum = vec4f(0.0);
  for (var oy = rows.x; oy < rows.y; oy++) {
    let of_row = weight(oy, y, input_height, output_height);
    if (of_row == 0.0) { continue; }
    let start = (id.y * output_height + oy) * output_width;
    for (var ox = columns.x; ox < columns.y; ox++) {
      let factor = of_row * weight(ox, x, input_width, output_width);
      sum += factor * unpack(gradient[start + ox]);
    }
  }
  grad_input[id.y * input_height * input_width + pixel] = pack(sum);
}
`,
  sliceChannels: `// output[n, c, y, x] = input[n, start + c, y, x]: one part's share of a concat's gradient.
// Where the part is \`whole\` blocks of four, they move as they are. Layout: [N][C/4][H][W] of four channels; channels past the last are zero.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override pixels: u32 = 1u;
override input_blocks: u32 = 1u;
override start: u32 = 0u; // the part's first channel in the input
override channels: u32 = 4u; // how many it has

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  var value = vec4f(0.0);
  value = unpack(input[(id.z * input_blocks + start / 4u + id.y) * pixels + id.x]); // if whole
  for (var k = 0u; k < 4u; k++) { // if !whole
    let channel = start + id.y * 4u + k; // if !whole
    if (id.y * 4u + k < channels) { // if !whole
      value[k] = unpack(input[(id.z * input_blocks + channel / 4u) * pixels + id.x])[channel % 4u]; // if !whole
    } // if !whole
  } // if !whole
  output[(id.z * ((channels + 3u) / 4u) + id.y) * pixels + id.x] = pack(value);
}
`,
  subsample: `// output[n, c, y, x] = input[n, c, y * stride, x * stride]. Layout: [N][C/4][H][W] of four channels.
alias Packed = vec4f;

override stride: u32 = 2u;
override full_height: u32 = 1u; // of the input
override full_width: u32 = 1u;
override height: u32 = 1u; // of the output
override width: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= height * width) { return; }
  let y = id.x / width * stride;
  let x = id.x % width * stride;
  output[id.y * height * width + id.x] = input[(id.y * full_height + y) * full_width + x];
}
`,
  sumPartials: `// output[i] = output[i] (if accumulate) + sum over p of partial[p, i], in the order of p, so that equal runs give equal bits.
// Both hold vectors of 32-bit floats.
override vectors: u32 = 1u;
override partials: u32 = 1u;

@group(0) @binding(0) var<storage, read> partial: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.y * groups.x + group.x) * 64u + thread;
  if (i >= vectors) { return; }
  var sum = vec4f(0.0);
  sum = output[i]; // if accumulate
  for (var p = 0u; p < partials; p++) {
    sum += partial[p * vectors + i];
  }
  output[i] = sum;
}
`,
  transposeWeight: `// output[i, o, ky, kx] = weight[o, i, height - 1 - ky, width - 1 - kx]: convolved with it, the gradient of a convolution with
// stride 1 becomes the gradient by its input.
// Layouts: weight [O/4][ky][kx][I/4][4 inputs] of four outputs; output [I/4][ky][kx][O/4][4 outputs] of four inputs.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override input_blocks: u32 = 1u;
override output_blocks: u32 = 1u;
override taps: u32 = 1u;

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= input_blocks * taps) { return; }
  let tap = id.x / input_blocks;
  let block = id.x % input_blocks;
  let start = ((id.y * taps + tap) * input_blocks + block) * 4u;
  let a = unpack(weight[start]);
  let b = unpack(weight[start + 1u]);
  let c = unpack(weight[start + 2u]);
  let d = unpack(weight[start + 3u]);
  let to = ((block * taps + taps - 1u - tap) * output_blocks + id.y) * 4u;
  output[to] = pack(vec4f(a.x, b.x, c.x, d.x));
  output[to + 1u] = pack(vec4f(a.y, b.y, c.y, d.y));
  output[to + 2u] = pack(vec4f(a.z, b.z, c.z, d.z));
  output[to + 3u] = pack(vec4f(a.w, b.w, c.w, d.w));
}
`,
  weightNormBackward: `// With d[o] = sum of gradient[o, …] * v[o, …]: grad_g = d / ‖v‖ and grad_v = g / ‖v‖ * (gradient - v * d / ‖v‖²).
// Layouts: v, gradient and grad_v as conv2d.wgsl reads weights, [O/4][…] of four outputs; g and grad_g [O/4].
// One workgroup a block of four outputs.
struct Shape {
  vectors: u32, // of a block of outputs
}

@group(0) @binding(0) var<storage, read> v: array<vec4f>;
@group(0) @binding(1) var<storage, read> g: array<vec4f>;
@group(0) @binding(2) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> grad_v: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> grad_g: array<vec4f>;
@group(0) @binding(5) var<uniform> shape: Shape;

const threads: u32 = 64u;
var<workgroup> squares: array<vec4f, threads>;
var<workgroup> products: array<vec4f, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let start = group.x * shape.vectors;
  var square = vec4f(0.0);
  var product = vec4f(0.0);
  for (var i = thread; i < shape.vectors; i += threads) {
    square += v[start + i] * v[start + i];
    product += v[start + i] * gradient[start + i];
  }
  squares[thread] = square;
  products[thread] = product;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) {
      squares[thread] += squares[thread + half];
      products[thread] += products[thread + half];
    }
    workgroupBarrier();
  }
  // Outputs past the last have no norm.
  let norm = sqrt(squares[0]);
  let inverse = select(vec4f(0.0), 1.0 / norm, norm > vec4f(0.0));
  let along = products[0] * inverse;
  if (thread == 0u) { grad_g[group.x] = along; }
  let scale = g[group.x] * inverse;
  for (var i = thread; i < shape.vectors; i += threads) {
    grad_v[start + i] = scale * (gradient[start + i] - v[start + i] * (along * inverse));
  }
}
`,
  winogradOutputGradient: `// M[6 j + i, o, t] = (A g Aᵀ)[j, i], where g is the tile t of 4×4 pixels of the gradient of a Winograd convolution's output:
// the gradient by the products that winograd_output.wgsl transforms back.
// Layouts: input [N][O/4][H][W] of four channels; M [36][O/4][tiles of the strip] of four channels.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

struct Shape {
  output_height: u32,
  output_width: u32,
  blocks: u32,
  tiles_across: u32,
  tiles_down: u32,
  first_tile: u32,
  tiles: u32,
}

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@group(0) @binding(2) var<uniform> shape: Shape;

const root: f32 = 1.4142135623730951;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.tiles) { return; }
  let tile = shape.first_tile + id.x;
  let image = tile / (shape.tiles_across * shape.tiles_down);
  let row = tile / shape.tiles_across - image * shape.tiles_down;
  let column = tile % shape.tiles_across;
  let plane = (image * shape.blocks + id.y) * shape.output_height * shape.output_width;

  // A from the left: 6×4 of the 4×4.
  var g: array<vec4f, 4>; // registers
  var m: array<vec4f, 24>; // registers
  // unroll
  for (var x = 0u; x < 4u; x++) {
    let ox = column * 4u + x;
    // unroll
    for (var y = 0u; y < 4u; y++) {
      let oy = row * 4u + y;
      let inside = oy < shape.output_height && ox < shape.output_width;
      let value = unpack(input[plane + select(0u, oy * shape.output_width + ox, inside)]);
      g[y] = select(vec4f(0.0), value, inside);
    }
    let even1 = g[0] + 0.5 * g[2];
    let odd1 = root * (0.5 * g[1] + 0.25 * g[3]);
    let even2 = g[0] + 2.0 * g[2];
    let odd2 = root * (g[1] + 2.0 * g[3]);
    m[x] = g[0];
    m[4 + x] = even1 + odd1;
    m[8 + x] = even1 - odd1;
    m[12 + x] = even2 + odd2;
    m[16 + x] = even2 - odd2;
    m[20 + x] = g[3];
  }
  let step = shape.blocks * shape.tiles;
  var at = id.y * shape.tiles + id.x;
  // unroll
  for (var y = 0u; y < 6u; y++) {
    let even1 = m[y * 4] + 0.5 * m[y * 4 + 2];
    let odd1 = root * (0.5 * m[y * 4 + 1] + 0.25 * m[y * 4 + 3]);
    let even2 = m[y * 4] + 2.0 * m[y * 4 + 2];
    let odd2 = root * (m[y * 4 + 1] + 2.0 * m[y * 4 + 3]);
    output[at] = pack(m[y * 4]);
    output[at + step] = pack(even1 + odd1);
    output[at + 2u * step] = pack(even1 - odd1);
    output[at + 3u * step] = pack(even2 + odd2);
    output[at + 4u * step] = pack(even2 - odd2);
    output[at + 5u * step] = pack(m[y * 4 + 3]);
    at += 6u * step;
  }
}
`,
  winogradWeightGradient: `// output[o, c] = Gᵀ u G, where u is the 6×6 gradient by what winograd_weight.wgsl makes of the 3×3 kernel from c to o.
// Layouts: input [36][O/4][C/4][4 inputs] of four outputs; output [O/4][3][3][C/4][4 inputs] of four outputs; 32-bit.
override inputs: u32 = 4u; // rounded up to a multiple of four
override output_blocks: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;

const root: f32 = 1.4142135623730951;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= inputs) { return; } // if ragged
  // Gᵀ from the left: 3×6 of the 6×6.
  var g: array<vec4f, 18>; // registers
  let step = output_blocks * inputs;
  let at = id.y * inputs + id.x;
  // unroll
  for (var x = 0u; x < 6u; x++) {
    let u1 = input[at + (6u + x) * step];
    let u2 = input[at + (12u + x) * step];
    let u3 = input[at + (18u + x) * step];
    let u4 = input[at + (24u + x) * step];
    g[x] = input[at + x * step] - (u1 + u2) * (2.0 / 3.0) + (u3 + u4) / 6.0;
    g[6 + x] = root * ((u2 - u1) / 3.0 + (u3 - u4) / 6.0);
    g[12 + x] = (u3 + u4 - u1 - u2) / 3.0 + input[at + (30u + x) * step];
  }
  let to = id.y * 9u * inputs + id.x;
  // unroll
  for (var y = 0u; y < 3u; y++) {
    let sum1 = g[y * 6 + 1] + g[y * 6 + 2];
    let sum2 = g[y * 6 + 3] + g[y * 6 + 4];
    let difference1 = g[y * 6 + 2] - g[y * 6 + 1];
    let difference2 = g[y * 6 + 3] - g[y * 6 + 4];
    output[to + y * 3u * inputs] = g[y * 6] - sum1 * (2.0 / 3.0) + sum2 / 6.0;
    output[to + (y * 3u + 1u) * inputs] = root * (difference1 / 3.0 + difference2 / 6.0);
    output[to + (y * 3u + 2u) * inputs] = (sum2 - sum1) / 3.0 + g[y * 6 + 5];
  }
}
`,
  conv2d: `// output[n, o, y, x] = post(bias[o] + residual[n, o, y, x]
//   + sum over i, ky, kx of weight[o, i, ky, kx] * input[n, i, y * stride + ky * dilation - padding, x * stride + …])
// post(v) = v, max(v, 0), and v * scale[o] + shift[o] after that, as asked for. With \`shuffle\`, channels 4 c to 4 c + 3 of a
// pixel are stored as channel c of four pixels (pixel_shuffle.wgsl).
// Layouts: activations [N][C/4][H][W] of four channels; weight [O/4][ky][kx][I/4][4 inputs] of four outputs.
// A thread holds \`pixels\` pixels, \`lanes\` apart, by \`outputs\` blocks of four output channels in registers.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

struct Shape {
  input_blocks: u32, // of all inputs together, per group
  output_blocks: u32, // of all groups together
  group_outputs: u32, // output blocks of a group
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  kernel_height: u32,
  kernel_width: u32,
  stride: u32,
  padding: u32,
  dilation: u32,
  // begin input
  blocks0: u32, // this input's channel blocks, per group
  // end input
}
const lanes: u32 = 8u;
const rows: u32 = 8u;
const pixels: u32 = 4u;
const outputs: u32 = 2u;
const depth: u32 = 4u; // channels of a block that are not all zero
const spread: u32 = 1u; // threads that share the loads of the weights they have in common: 1, or the subgroup with \`broadcast\`
const weights: u32 = 8u; // vectors of weights that a thread loads: outputs * 4 / spread, rounded up
@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>; // if has_bias
@group(0) @binding(2) var<storage, read> residual: array<Packed>; // if has_residual
@group(0) @binding(3) var<storage, read> affine: array<vec4f>; // if has_affine
@group(0) @binding(4) var<storage, read_write> output: array<Packed>;
@group(0) @binding(5) var<uniform> shape: Shape;
// begin input
@group(0) @binding(6) var<storage, read> input0: array<Packed>;
// end input
@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let block = (group.y * rows + local.y) * outputs;
  if (block >= shape.output_blocks) { return; }
  let first_pixel = group.x * (lanes * pixels) + local.x;
  let output_plane = shape.output_height * shape.output_width;
  let last_pixel = output_plane - 1u;
  let input_plane = shape.input_height * shape.input_width;
  let output_stride = shape.kernel_height * shape.kernel_width * shape.input_blocks;
  let channel_group = block / shape.group_outputs;
  var sum: array<vec4f, outputs * pixels>; // registers
  // unroll
  for (var o = 0u; o < outputs; o++) {
    // unroll
    for (var p = 0u; p < pixels; p++) {
      sum[o * pixels + p] = vec4f(0.0);
      sum[o * pixels + p] = bias[block + o]; // if has_bias
    }
  }
  var row: array<u32, pixels>; // registers
  var column: array<u32, pixels>; // registers
  // unroll
  for (var p = 0u; p < pixels; p++) {
    let pixel = min(first_pixel + p * lanes, last_pixel);
    // Vector units do not divide integers; the quotient of floats is off by one at most.
    row[p] = u32(f32(pixel) / f32(shape.output_width));
    row[p] -= select(0u, 1u, row[p] * shape.output_width > pixel);
    row[p] += select(0u, 1u, pixel - row[p] * shape.output_width >= shape.output_width);
    column[p] = pixel - row[p] * shape.output_width;
  }
  var at: array<u32, pixels>; // registers
  var inside: array<bool, pixels>; // registers
  var x: array<vec4f, pixels>; // registers
  var w: array<vec4f, weights>; // registers
  var at_weight: array<u32, weights>; // registers
  var factors: array<vec4f, 4>; // registers
  for (var ky = 0u; ky < shape.kernel_height; ky++) {
    for (var kx = 0u; kx < shape.kernel_width; kx++) {
      // unroll
      for (var p = 0u; p < pixels; p++) {
        let iy = row[p] * shape.stride + ky * shape.dilation - shape.padding;
        let ix = column[p] * shape.stride + kx * shape.dilation - shape.padding;
        inside[p] = iy < shape.input_height && ix < shape.input_width; // below zero wraps to far above // if padded
        at[p] = iy * shape.input_width + ix;
        at[p] = select(0u, at[p], inside[p]); // if padded
      }
      let weight_row = (block * shape.kernel_height * shape.kernel_width + ky * shape.kernel_width + kx) * shape.input_blocks;
      // unroll
      for (var v = 0u; v < weights; v++) {
        let vector = v * spread + local.x % spread;
        at_weight[v] = (weight_row + vector / 4u * output_stride) * 4u + vector % 4u;
      }
      // begin input
      var plane0 = (group.z * (shape.output_blocks / shape.group_outputs) + channel_group) * shape.blocks0 * input_plane;
      for (var i = 0u; i < shape.blocks0; i++) {
        // unroll
        for (var p = 0u; p < pixels; p++) {
          x[p] = unpack(input0[plane0 + at[p]]);
          x[p] = select(vec4f(0.0), x[p], inside[p]); // if padded
        }
        // unroll
        for (var v = 0u; v < weights; v++) {
          w[v] = unpack(weight[at_weight[v]]);
          at_weight[v] += 4u;
        }
        // unroll
        for (var o = 0u; o < outputs; o++) {
          // unroll
          for (var k = 0u; k < depth; k++) {
            factors[k] = w[(o * 4 + k) / spread];
            factors[k] = subgroupBroadcast(factors[k], (o * 4 + k) % spread); // if broadcast
          }
          // unroll
          for (var p = 0u; p < pixels; p++) {
            // unroll
            for (var k = 0u; k < depth; k++) {
              sum[o * pixels + p] = fma(factors[k], vec4f(x[p][k]), sum[o * pixels + p]);
            }
          }
        }
        plane0 += input_plane;
      }
      // end input
    }
  }
  // unroll
  for (var o = 0u; o < outputs; o++) {
    var plane_out = (group.z * shape.output_blocks + block + o) * output_plane;
    plane_out -= o % 4u * output_plane; // if shuffle
    // unroll
    for (var p = 0u; p < pixels; p++) {
      let pixel = first_pixel + p * lanes;
      if (pixel <= last_pixel) {
        var value = sum[o * pixels + p];
        value = vec4f(sum[o / 4 * 4 * pixels + p][o % 4u], sum[(o / 4 * 4 + 1) * pixels + p][o % 4u], sum[(o / 4 * 4 + 2) * pixels + p][o % 4u], sum[(o / 4 * 4 + 3) * pixels + p][o % 4u]); // if shuffle
        var at_output = plane_out + pixel;
        at_output = plane_out + (row[p] * 2u + o % 4u / 2u) * shape.output_width * 2u + column[p] * 2u + o % 2u; // if shuffle
        value += unpack(residual[at_output]); // if has_residual
        value = max(value, vec4f(0.0)); // if relu
        value = fma(value, affine[(block + o) * 2u], affine[(block + o) * 2u + 1u]); // if has_affine
        output[at_output] = pack(value);
      }
    }
  }
}
`,
  conv2dPatch: `// output[n, o, y, x] = post(bias[o] + residual[n, o, y, x]
//   + sum over i, ky, kx of weight[o, i, ky, kx] * input[n, i, y + ky - padding, x + kx - padding]): a 3×3 convolution with
// few channels a group. post(v) = v, max(v, 0), and v * scale[o] + shift[o] after that, as asked for.
// A thread holds 4×4 pixels of one block of outputs, and the 6×6 pixels of a block of inputs that they are made of, so that
// each is loaded once and not nine times.
// Layouts: activations [N][C/4][H][W] of four channels; weight [O/4][3][3][I/4][4 inputs] of four outputs.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

struct Shape {
  input_blocks: u32, // per group
  output_blocks: u32, // of all groups together
  group_outputs: u32, // output blocks of a group
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  padding: u32,
  tiles_across: u32,
  tiles: u32,
}
const lanes: u32 = 8u;
const rows: u32 = 8u;
const spread: u32 = 1u; // threads that share the loads of the weights they have in common: 1, or the subgroup with \`broadcast\`
const weights: u32 = 36u; // vectors of weights that a thread loads: 36 / spread, rounded up

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>; // if has_bias
@group(0) @binding(2) var<storage, read> residual: array<Packed>; // if has_residual
@group(0) @binding(3) var<storage, read> affine: array<vec4f>; // if has_affine
@group(0) @binding(4) var<storage, read_write> output: array<Packed>;
@group(0) @binding(5) var<uniform> shape: Shape;
@group(0) @binding(6) var<storage, read> input0: array<Packed>;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let block = group.y * rows + local.y;
  if (block >= shape.output_blocks) { return; }
  let tile = min(group.x * lanes + local.x, shape.tiles - 1u); // all lanes load weights
  let row = tile / shape.tiles_across * 4u;
  let column = tile % shape.tiles_across * 4u;
  let input_plane = shape.input_height * shape.input_width;
  let groups = shape.output_blocks / shape.group_outputs;

  var sum: array<vec4f, 16>; // registers
  // unroll
  for (var p = 0u; p < 16u; p++) {
    sum[p] = vec4f(0.0);
    sum[p] = bias[block]; // if has_bias
  }
  var x: array<vec4f, 36>; // registers
  var w: array<vec4f, weights>; // registers
  var factors: array<vec4f, 4>; // registers
  var plane = (group.z * groups + block / shape.group_outputs) * shape.input_blocks * input_plane;
  for (var i = 0u; i < shape.input_blocks; i++) {
    // unroll
    for (var v = 0u; v < weights; v++) {
      let vector = min(v * spread + local.x % spread, 35u);
      w[v] = unpack(weight[((block * 9u + vector / 4u) * shape.input_blocks + i) * 4u + vector % 4u]);
    }
    // unroll
    for (var py = 0u; py < 6u; py++) {
      let iy = row + py - shape.padding; // below zero wraps to far above
      // unroll
      for (var px = 0u; px < 6u; px++) {
        let ix = column + px - shape.padding;
        let inside = iy < shape.input_height && ix < shape.input_width;
        let value = unpack(input0[plane + select(0u, iy * shape.input_width + ix, inside)]);
        x[py * 6 + px] = select(vec4f(0.0), value, inside);
      }
    }
    // unroll
    for (var tap = 0u; tap < 9u; tap++) {
      // unroll
      for (var k = 0u; k < 4u; k++) {
        factors[k] = w[(tap * 4 + k) / spread];
        factors[k] = subgroupBroadcast(factors[k], (tap * 4 + k) % spread); // if broadcast
      }
      // unroll
      for (var p = 0u; p < 16u; p++) {
        // unroll
        for (var k = 0u; k < 4u; k++) {
          sum[p] = fma(factors[k], vec4f(x[(p / 4 + tap / 3) * 6 + p % 4 + tap % 3][k]), sum[p]);
        }
      }
    }
    plane += input_plane;
  }

  let plane_out = (group.z * shape.output_blocks + block) * shape.output_height * shape.output_width;
  // unroll
  for (var p = 0u; p < 16u; p++) {
    let y = row + p / 4u;
    let x = column + p % 4u;
    if (y < shape.output_height && x < shape.output_width) {
      let pixel = plane_out + y * shape.output_width + x;
      var value = sum[p];
      value += unpack(residual[pixel]); // if has_residual
      value = max(value, vec4f(0.0)); // if relu
      value = fma(value, affine[block * 2u], affine[block * 2u + 1u]); // if has_affine
      output[pixel] = pack(value);
    }
  }
}
`,
  conv2dPointwise: `// output[n, o, p] = post(bias[o] + residual[n, o, p] + sum over i of weight[o, i] * input[n, i, p]): a 1×1 convolution of planes
// with an even number of pixels, without stride. post(v) = v, max(v, 0), and v * scale[o] + shift[o] after that, as asked for.
// As the gradient of such a convolution by its input, the weight is transposed, and post(v) may be 0 where mask is not positive.
// A thread holds \`pixels\` pixels by \`outputs\` blocks of four output channels in registers. Neighbouring pixels and vectors of
// weights are loaded in pairs, as each load costs software adapters more than what it loads.
// Layouts: activations [N][C/4][H W] of four channels; weight [O/4][I/4][4 inputs] of four outputs, or with transposed
// [I/4][O/4][4 outputs] of four inputs.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }
alias Pair = mat2x4f;
fn pair(left: Packed, right: Packed) -> Pair { return Pair(left, right); }
fn left(p: Pair) -> Packed { return p[0]; }
fn right(p: Pair) -> Packed { return p[1]; }

struct Shape {
  input_blocks: u32, // of all inputs together, per group
  output_blocks: u32, // of all groups together
  group_outputs: u32, // output blocks of a group
  pairs: u32, // of a plane's pixels
  // begin input
  blocks0: u32, // this input's channel blocks, per group
  // end input
}
const lanes: u32 = 8u;
const rows: u32 = 8u;
const pixels: u32 = 4u;
const outputs: u32 = 2u;
const spread: u32 = 1u; // threads that share the loads of the weights they have in common: 1, or the subgroup with \`broadcast\`
const weights: u32 = 4u; // pairs of vectors of weights that a thread loads: outputs * 2 / spread, rounded up
@group(0) @binding(0) var<storage, read> weight: array<Pair>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>; // if has_bias
@group(0) @binding(2) var<storage, read> residual: array<Pair>; // if has_residual
@group(0) @binding(3) var<storage, read> affine: array<vec4f>; // if has_affine
@group(0) @binding(4) var<storage, read> mask: array<Pair>; // if has_mask
@group(0) @binding(5) var<storage, read_write> output: array<Pair>;
@group(0) @binding(6) var<uniform> shape: Shape;
// begin input
@group(0) @binding(7) var<storage, read> input0: array<Pair>;
// end input
@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let block = (group.y * rows + local.y) * outputs;
  if (block >= shape.output_blocks) { return; }
  let first = group.x * (lanes * pixels / 2u) + local.x;
  let channel_group = block / shape.group_outputs;
  let group_row = group.z * (shape.output_blocks / shape.group_outputs) + channel_group;
  var sum: array<vec4f, outputs * pixels>; // registers
  // unroll
  for (var o = 0u; o < outputs; o++) {
    // unroll
    for (var p = 0u; p < pixels; p++) {
      sum[o * pixels + p] = vec4f(0.0);
      sum[o * pixels + p] = bias[block + o]; // if has_bias
    }
  }
  var at: array<u32, pixels / 2>; // registers
  // unroll
  for (var p = 0u; p < pixels / 2u; p++) {
    at[p] = min(first + p * lanes, shape.pairs - 1u); // all lanes load weights
  }
  var at_weight: array<u32, weights>; // registers
  // unroll
  for (var v = 0u; v < weights; v++) {
    let vectors = v * spread + local.x % spread;
    at_weight[v] = (block + vectors / 2u) * shape.input_blocks * 2u + vectors % 2u; // if !transposed
    at_weight[v] = (channel_group * shape.input_blocks * shape.group_outputs + block % shape.group_outputs) * 2u + vectors; // if transposed
  }
  var x: array<vec4f, pixels>; // registers
  var w: array<vec4f, weights * 2>; // registers
  var factors: array<vec4f, 4>; // registers
  // begin input
  var plane0 = group_row * shape.blocks0 * shape.pairs;
  for (var i = 0u; i < shape.blocks0; i++) {
    // unroll
    for (var p = 0u; p < pixels / 2u; p++) {
      let loaded = input0[plane0 + at[p]];
      x[p * 2] = unpack(left(loaded));
      x[p * 2 + 1] = unpack(right(loaded));
    }
    // unroll
    for (var v = 0u; v < weights; v++) {
      let loaded = weight[at_weight[v]];
      w[v * 2] = unpack(left(loaded));
      w[v * 2 + 1] = unpack(right(loaded));
      at_weight[v] += 2u; // if !transposed
      at_weight[v] += shape.group_outputs * 2u; // if transposed
    }
    // unroll
    for (var o = 0u; o < outputs; o++) {
      // unroll
      for (var k = 0u; k < 4u; k++) {
        factors[k] = w[(o * 2 + k / 2) / spread * 2 + k % 2];
        factors[k] = subgroupBroadcast(factors[k], (o * 2 + k / 2) % spread); // if broadcast
      }
      let turned = transpose(mat4x4f(factors[0], factors[1], factors[2], factors[3])); // if transposed
      // unroll // if transposed
      for (var k = 0u; k < 4u; k++) { factors[k] = turned[k]; } // if transposed
      // unroll
      for (var p = 0u; p < pixels; p++) {
        // unroll
        for (var k = 0u; k < 4u; k++) {
          sum[o * pixels + p] = fma(factors[k], vec4f(x[p][k]), sum[o * pixels + p]);
        }
      }
    }
    plane0 += shape.pairs;
  }
  // end input
  var value: array<vec4f, 2>; // registers
  // unroll
  for (var o = 0u; o < outputs; o++) {
    let plane_out = (group.z * shape.output_blocks + block + o) * shape.pairs;
    // unroll
    for (var p = 0u; p < pixels / 2u; p++) {
      let pixel = first + p * lanes;
      if (pixel < shape.pairs) {
        let added = residual[plane_out + pixel]; // if has_residual
        let passed = mask[plane_out + pixel]; // if has_mask
        value[0] = sum[o * pixels + p * 2];
        value[1] = sum[o * pixels + p * 2 + 1];
        value[0] += unpack(left(added)); // if has_residual
        value[1] += unpack(right(added)); // if has_residual
        value[0] = select(vec4f(0.0), value[0], unpack(left(passed)) > vec4f(0.0)); // if has_mask
        value[1] = select(vec4f(0.0), value[1], unpack(right(passed)) > vec4f(0.0)); // if has_mask
        // unroll
        for (var side = 0u; side < 2u; side++) {
          value[side] = max(value[side], vec4f(0.0)); // if relu
          value[side] = fma(value[side], affine[(block + o) * 2u], affine[(block + o) * 2u + 1u]); // if has_affine
        }
        output[plane_out + pixel] = pair(pack(value[0]), pack(value[1]));
      }
    }
  }
}
`,
  conv2dShared: `// output[n, o, y, x] = post(bias[o] + residual[n, o, y, x]
//   + sum over i, ky, kx of weight[o, i, ky, kx] * input[n, i, y * stride + ky * dilation - padding, x * stride + …])
// post(v) = v, max(v, 0), and v * scale[o] + shift[o] after that, as asked for.
// Layouts: activations [N][C/4][H][W] of four channels; weight [O/4][ky][kx][I/4][4 inputs] of four outputs.
// An implicit matrix product through workgroup memory, for GPUs: a workgroup loads \`depth\` blocks of inputs for its pixels
// and the weights for its outputs, each value once, and its threads multiply what they need of both.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

struct Shape {
  input_blocks: u32, // of all inputs together, per group
  output_blocks: u32, // of all groups together
  group_outputs: u32, // output blocks of a group; a multiple of a workgroup's
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  kernel_height: u32,
  kernel_width: u32,
  stride: u32,
  padding: u32,
  dilation: u32,
  // begin input
  blocks0: u32, // this input's channel blocks, per group
  start0: u32, // where they begin among those of all inputs
  // end input
}
const lanes: u32 = 16u;
const rows: u32 = 8u;
const pixels: u32 = 4u; // lanes * pixels divides the threads
const outputs: u32 = 2u;
const depth: u32 = 4u;
const threads: u32 = lanes * rows;
const tile_pixels: u32 = lanes * pixels;
const tile_weights: u32 = rows * outputs * depth * 4u;

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>; // if has_bias
@group(0) @binding(2) var<storage, read> residual: array<Packed>; // if has_residual
@group(0) @binding(3) var<storage, read> affine: array<vec4f>; // if has_affine
@group(0) @binding(4) var<storage, read_write> output: array<Packed>;
@group(0) @binding(5) var<uniform> shape: Shape;
// begin input
@group(0) @binding(6) var<storage, read> input0: array<Packed>;
// end input

var<workgroup> tile_x: array<vec4f, tile_pixels * depth>;
var<workgroup> tile_w: array<vec4f, tile_weights>;

@compute @workgroup_size(lanes, rows)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let first_block = group.y * rows * outputs;
  let block = first_block + local.y * outputs;
  let output_plane = shape.output_height * shape.output_width;
  let input_plane = shape.input_height * shape.input_width;
  let taps = shape.kernel_height * shape.kernel_width;
  // The pixel that this thread loads, of all that the workgroup computes.
  let loaded = group.x * tile_pixels + index % tile_pixels;
  let row = loaded / shape.output_width * shape.stride - shape.padding; // below zero wraps to far above
  let column = loaded % shape.output_width * shape.stride - shape.padding;

  var sum: array<vec4f, outputs * pixels>; // registers
  // unroll
  for (var s = 0u; s < outputs * pixels; s++) {
    sum[s] = vec4f(0.0);
  }
  var x: array<vec4f, pixels>; // registers
  for (var tap = 0u; tap < taps; tap++) {
    let iy = row + tap / shape.kernel_width * shape.dilation;
    let ix = column + tap % shape.kernel_width * shape.dilation;
    let inside = loaded < output_plane && iy < shape.input_height && ix < shape.input_width;
    let at = iy * shape.input_width + ix;
    // begin input
    let plane0 = (group.z * (shape.output_blocks / shape.group_outputs) + first_block / shape.group_outputs) * shape.blocks0;
    for (var i = 0u; i < shape.blocks0; i += depth) {
      for (var k = index / tile_pixels; k < depth; k += threads / tile_pixels) {
        let used = inside && i + k < shape.blocks0;
        let value = unpack(input0[select(0u, (plane0 + i + k) * input_plane + at, used)]);
        tile_x[k * tile_pixels + index % tile_pixels] = select(vec4f(0.0), value, used);
      }
      for (var v = index; v < tile_weights; v += threads) {
        let o = first_block + v / (depth * 4u);
        let k = i * 4u + v % (depth * 4u);
        let used = o < shape.output_blocks && k < shape.blocks0 * 4u;
        let source = ((o * taps + tap) * shape.input_blocks + shape.start0) * 4u + k;
        tile_w[v] = select(vec4f(0.0), unpack(weight[select(0u, source, used)]), used);
      }
      workgroupBarrier();
      for (var k = 0u; k < depth; k++) {
        // unroll
        for (var p = 0u; p < pixels; p++) {
          x[p] = tile_x[k * tile_pixels + p * lanes + local.x];
        }
        // unroll
        for (var o = 0u; o < outputs; o++) {
          // unroll
          for (var c = 0u; c < 4u; c++) {
            let w = tile_w[((local.y * outputs + o) * depth + k) * 4u + c];
            // unroll
            for (var p = 0u; p < pixels; p++) {
              sum[o * pixels + p] = fma(w, vec4f(x[p][c]), sum[o * pixels + p]);
            }
          }
        }
      }
      workgroupBarrier();
    }
    // end input
  }

  // unroll
  for (var o = 0u; o < outputs; o++) {
    let plane_out = (group.z * shape.output_blocks + block + o) * output_plane;
    // unroll
    for (var p = 0u; p < pixels; p++) {
      let pixel = group.x * tile_pixels + p * lanes + local.x;
      if (pixel < output_plane && block + o < shape.output_blocks) {
        var value = sum[o * pixels + p];
        value += bias[block + o]; // if has_bias
        value += unpack(residual[plane_out + pixel]); // if has_residual
        value = max(value, vec4f(0.0)); // if relu
        value = fma(value, affine[(block + o) * 2u], affine[(block + o) * 2u + 1u]); // if has_affine
        output[plane_out + pixel] = pack(value);
      }
    }
  }
}
`,
  cropWeight: `// output = a convolution's weight without the \`border\` outermost taps at each end, both ways.
// Layout: [O/4][ky][kx][I/4][4 inputs] of four outputs.
alias Packed = vec4f;

override side: u32 = 3u; // of the kernel, before
override border: u32 = 1u;
override inputs: u32 = 4u; // in whole blocks

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= inputs) { return; }
  let inner = side - 2u * border;
  let tap = (id.y / inner + border) * side + id.y % inner + border;
  output[(id.z * inner * inner + id.y) * inputs + id.x] = weight[(id.z * side * side + tap) * inputs + id.x];
}
`,
  winogradInput: `// V[6 j + i, c, t] = (Bᵀ d B)[j, i], where d is the 6×6 patch of the input that a tile t of 4×4 output pixels reads.
// Winograd's F(4×4, 3×3) (Lavin, Gray 2016, arXiv 1509.09308) for the points 0, ±√½, ±√2 and infinity, whose matrices are
// better conditioned than those for 0, ±1, ±2. Tiles of all images are counted in one row; a strip of them is transformed.
// With \`normalized\`, d is max(input * scale + shift, 0) with a scale and shift for each channel, and zero in the padding.
// Layouts: input [N][C/4][H][W] of four channels; V [36][C/4 of all inputs][tiles of the strip] of four channels.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

struct Shape {
  input_height: u32,
  input_width: u32,
  padding: u32,
  blocks: u32, // channel blocks of this input
  all_blocks: u32, // of all inputs together
  start: u32, // where this input's begin among them
  tiles_across: u32,
  tiles_down: u32,
  first_tile: u32,
  tiles: u32,
}

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@group(0) @binding(2) var<uniform> shape: Shape;
@group(0) @binding(3) var<storage, read> affine: array<vec4f>; // if normalized

const root: f32 = 1.4142135623730951;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.tiles) { return; }
  let tile = shape.first_tile + id.x;
  let image = tile / (shape.tiles_across * shape.tiles_down);
  let row = tile / shape.tiles_across - image * shape.tiles_down;
  let column = tile % shape.tiles_across;
  let plane = (image * shape.blocks + id.y) * shape.input_height * shape.input_width;

  var d: array<vec4f, 36>; // registers
  // unroll
  for (var y = 0u; y < 6u; y++) {
    let iy = row * 4u + y - shape.padding; // below zero wraps to far above
    // unroll
    for (var x = 0u; x < 6u; x++) {
      let ix = column * 4u + x - shape.padding;
      let inside = iy < shape.input_height && ix < shape.input_width;
      var value = unpack(input[plane + select(0u, iy * shape.input_width + ix, inside)]);
      value = max(fma(value, affine[id.y * 2u], affine[id.y * 2u + 1u]), vec4f(0.0)); // if normalized
      d[y * 6 + x] = select(vec4f(0.0), value, inside);
    }
  }
  // Bᵀ from the left, then B from the right.
  // unroll
  for (var x = 0u; x < 6u; x++) {
    let t0 = d[x] - 2.5 * d[12 + x] + d[24 + x];
    let t5 = d[6 + x] - 2.5 * d[18 + x] + d[30 + x];
    let even1 = d[24 + x] - 2.0 * d[12 + x];
    let odd1 = root * (0.5 * d[18 + x] - d[6 + x]);
    let even2 = d[24 + x] - 0.5 * d[12 + x];
    let odd2 = root * (d[18 + x] - 0.5 * d[6 + x]);
    d[x] = t0;
    d[6 + x] = even1 + odd1;
    d[12 + x] = even1 - odd1;
    d[18 + x] = even2 + odd2;
    d[24 + x] = even2 - odd2;
    d[30 + x] = t5;
  }
  let step = shape.all_blocks * shape.tiles;
  var at = (shape.start + id.y) * shape.tiles + id.x;
  // unroll
  for (var y = 0u; y < 6u; y++) {
    let even1 = d[y * 6 + 4] - 2.0 * d[y * 6 + 2];
    let odd1 = root * (0.5 * d[y * 6 + 3] - d[y * 6 + 1]);
    let even2 = d[y * 6 + 4] - 0.5 * d[y * 6 + 2];
    let odd2 = root * (d[y * 6 + 3] - 0.5 * d[y * 6 + 1]);
    output[at] = pack(d[y * 6] - 2.5 * d[y * 6 + 2] + d[y * 6 + 4]);
    output[at + step] = pack(even1 + odd1);
    output[at + 2u * step] = pack(even1 - odd1);
    output[at + 3u * step] = pack(even2 + odd2);
    output[at + 4u * step] = pack(even2 - odd2);
    output[at + 5u * step] = pack(d[y * 6 + 1] - 2.5 * d[y * 6 + 3] + d[y * 6 + 5]);
    at += 6u * step;
  }
}
`,
  winogradOutput: `// output[n, o, 4 r + y, 4 c + x] = post(bias[o] + residual[…] + (Aᵀ M A)[y, x]) for the tile in row r, column c of image n;
// post(v) = v, max(v, 0), and v * scale[o] + shift[o] after that, as asked for;
// in the backward pass of a ReLU also 0 where mask, its result, is not positive. See winograd_input.wgsl.
// Layouts: M [36][O/4][tiles of the strip] of four channels; output and residual [N][O/4][H][W] of four channels.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

struct Shape {
  output_height: u32,
  output_width: u32,
  blocks: u32,
  tiles_across: u32,
  tiles_down: u32,
  first_tile: u32,
  tiles: u32,
}

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>; // if has_bias
@group(0) @binding(2) var<storage, read> residual: array<Packed>; // if has_residual
@group(0) @binding(3) var<storage, read> affine: array<vec4f>; // if has_affine
@group(0) @binding(4) var<storage, read> mask: array<Packed>; // if has_mask
@group(0) @binding(5) var<storage, read_write> output: array<Packed>;
@group(0) @binding(6) var<uniform> shape: Shape;

const root: f32 = 1.4142135623730951;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.tiles) { return; }
  let tile = shape.first_tile + id.x;
  let image = tile / (shape.tiles_across * shape.tiles_down);
  let row = tile / shape.tiles_across - image * shape.tiles_down;
  let column = tile % shape.tiles_across;

  // Aᵀ from the left: 4×6 of the 6×6.
  var m: array<vec4f, 24>; // registers
  let step = shape.blocks * shape.tiles;
  let at = id.y * shape.tiles + id.x;
  // unroll
  for (var x = 0u; x < 6u; x++) {
    let m0 = unpack(input[at + x * step]);
    let m1 = unpack(input[at + (x + 6u) * step]);
    let m2 = unpack(input[at + (x + 12u) * step]);
    let m3 = unpack(input[at + (x + 18u) * step]);
    let m4 = unpack(input[at + (x + 24u) * step]);
    let m5 = unpack(input[at + (x + 30u) * step]);
    m[x] = m0 + (m1 + m2) + (m3 + m4);
    m[6 + x] = root * (0.5 * (m1 - m2) + (m3 - m4));
    m[12 + x] = 0.5 * (m1 + m2) + 2.0 * (m3 + m4);
    m[18 + x] = root * (0.25 * (m1 - m2) + 2.0 * (m3 - m4)) + m5;
  }
  var bias_value = vec4f(0.0);
  bias_value = bias[id.y]; // if has_bias
  let plane = (image * shape.blocks + id.y) * shape.output_height * shape.output_width;
  var v: array<vec4f, 4>; // registers
  // unroll
  for (var y = 0u; y < 4u; y++) {
    let sum1 = m[y * 6 + 1] + m[y * 6 + 2];
    let difference1 = m[y * 6 + 1] - m[y * 6 + 2];
    let sum2 = m[y * 6 + 3] + m[y * 6 + 4];
    let difference2 = m[y * 6 + 3] - m[y * 6 + 4];
    v[0] = m[y * 6] + sum1 + sum2;
    v[1] = root * (0.5 * difference1 + difference2);
    v[2] = 0.5 * sum1 + 2.0 * sum2;
    v[3] = root * (0.25 * difference1 + 2.0 * difference2) + m[y * 6 + 5];
    let oy = row * 4u + y;
    // unroll
    for (var x = 0u; x < 4u; x++) {
      let ox = column * 4u + x;
      if (oy < shape.output_height && ox < shape.output_width) {
        let pixel = plane + oy * shape.output_width + ox;
        var value = v[x] + bias_value;
        value += unpack(residual[pixel]); // if has_residual
        value = max(value, vec4f(0.0)); // if relu
        value = fma(value, affine[id.y * 2u], affine[id.y * 2u + 1u]); // if has_affine
        value = select(vec4f(0.0), value, unpack(mask[pixel]) > vec4f(0.0)); // if has_mask
        output[pixel] = pack(value);
      }
    }
  }
}
`,
  winogradWeight: `// U[6 j + i, o, c] = (G g Gᵀ)[j, i] for the 3×3 kernel g from channel c to channel o. See winograd_input.wgsl.
// Layouts: weight [O/4][3][3][C/4][4 inputs] of four outputs; U [36][O/4][C/4][4 inputs] of four outputs.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override inputs: u32 = 4u; // rounded up to a multiple of four
override output_blocks: u32 = 1u;

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

const root: f32 = 1.4142135623730951;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= inputs) { return; } // if ragged
  // G from the left: 6×3 of the 3×3.
  var g: array<vec4f, 18>; // registers
  // unroll
  for (var x = 0u; x < 3u; x++) {
    let g0 = unpack(weight[(id.y * 9u + x) * inputs + id.x]);
    let g1 = unpack(weight[(id.y * 9u + 3u + x) * inputs + id.x]);
    let g2 = unpack(weight[(id.y * 9u + 6u + x) * inputs + id.x]);
    g[x] = g0;
    g[3 + x] = (-2.0 * g0 - root * g1 - g2) / 3.0;
    g[6 + x] = (-2.0 * g0 + root * g1 - g2) / 3.0;
    g[9 + x] = (g0 + root * g1 + 2.0 * g2) / 6.0;
    g[12 + x] = (g0 - root * g1 + 2.0 * g2) / 6.0;
    g[15 + x] = g2;
  }
  let step = output_blocks * inputs;
  var at = id.y * inputs + id.x;
  // unroll
  for (var y = 0u; y < 6u; y++) {
    output[at] = pack(g[y * 3]);
    output[at + step] = pack((-2.0 * g[y * 3] - root * g[y * 3 + 1] - g[y * 3 + 2]) / 3.0);
    output[at + 2u * step] = pack((-2.0 * g[y * 3] + root * g[y * 3 + 1] - g[y * 3 + 2]) / 3.0);
    output[at + 3u * step] = pack((g[y * 3] + root * g[y * 3 + 1] + 2.0 * g[y * 3 + 2]) / 6.0);
    output[at + 4u * step] = pack((g[y * 3] - root * g[y * 3 + 1] + 2.0 * g[y * 3 + 2]) / 6.0);
    output[at + 5u * step] = pack(g[y * 3 + 2]);
    at += 6u * step;
  }
}
`,
  activation: `// output[i] = max(input[i], 0), or 1 / (1 + exp(-input[i])). Layout: [N][C/4][H][W] of four channels.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  var value = unpack(input[at]);
  value = max(value, vec4f(0.0)); // if relu
  value = 1.0 / (1.0 + exp(-value)); // if sigmoid
  output[at] = pack(value);
}
`,
  add: `// output[i] = post(a[i] + b[i]), with post(v) = v or max(v, 0). Layout: [N][C/4][H][W] of four channels.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> a: array<Packed>;
@group(0) @binding(1) var<storage, read> b: array<Packed>;
@group(0) @binding(2) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  var value = unpack(a[at]) + unpack(b[at]);
  value = max(value, vec4f(0.0)); // if relu
  output[at] = pack(value);
}
`,
  concat: `// output = the inputs' channels one after the other, whatever their numbers.
// Where all fill blocks of four, \`whole\`, blocks move as they are. Layout: [N][C/4][H][W] of four channels; channels past the last are zero.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override pixels: u32 = 1u;
override output_blocks: u32 = 1u;

@group(0) @binding(0) var<storage, read_write> output: array<Packed>;
// begin input
@group(0) @binding(1) var<storage, read> input0: array<Packed>;
const start0: u32 = 0u; // this input's first channel in the output
const channels0: u32 = 4u;
// end input

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  var value = vec4f(0.0);
  // begin input
  if (id.y >= start0 / 4u && id.y < (start0 + channels0) / 4u) { // if whole
    value = unpack(input0[(id.z * (channels0 / 4u) + id.y - start0 / 4u) * pixels + id.x]); // if whole
  } // if whole
  // end input
  for (var k = 0u; k < 4u; k++) { // if !whole
    let channel = id.y * 4u + k; // if !whole
    // begin input
    if (channel >= start0 && channel < start0 + channels0) { // if !whole
      let block = id.z * ((channels0 + 3u) / 4u) + (channel - start0) / 4u; // if !whole
      value[k] = unpack(input0[block * pixels + id.x])[(channel - start0) % 4u]; // if !whole
    } // if !whole
    // end input
  } // if !whole
  output[(id.z * output_blocks + id.y) * pixels + id.x] = pack(value);
}
`,
  leakyRelu: `// output[i] = input[i] > 0 ? value : slope * value, where value is input[i]; backward, input is the result, which has the sign
// of what went in, and value is gradient[i]. Layout: [N][C/4][H][W] of four channels.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override pixels: u32 = 1u;
override slope: f32 = 0.01;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> gradient: array<Packed>; // if backward
@group(0) @binding(2) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  let x = unpack(input[at]);
  var value = x;
  value = unpack(gradient[at]); // if backward
  output[at] = pack(select(slope * value, value, x > vec4f(0.0)));
}
`,
  bceWithLogits: `// loss = mean of max(x, 0) - x * t + log(1 + exp(-|x|)) over logits x and targets t, here as sums of each workgroup; and
// gradient = (sigmoid(x) - t) * weight * loss_scale / count. Layouts: logits and gradient [N][1][H][W] of (logit, 0, 0, 0);
// target [N][H][W].
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override count: u32 = 1u;
override step: u32 = 256u; // threads in all

@group(0) @binding(0) var<storage, read> logits: array<Packed>;
@group(0) @binding(1) var<storage, read> target_mask: array<f32>;
@group(0) @binding(2) var<storage, read> control: array<f32>; // the loss scale first
@group(0) @binding(3) var<uniform> weight: vec4f; // the first counts
@group(0) @binding(4) var<storage, read_write> gradient: array<Packed>;
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;

const threads: u32 = 256u;
var<workgroup> sums: array<f32, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var i = id.x; i < count; i += step) {
    let x = unpack(logits[i]).x;
    let t = target_mask[i];
    let e = exp(-abs(x));
    // log(1 + e) keeps no digits of a small e.
    sum += max(x, 0.0) - x * t + select(log(1.0 + e), e - 0.5 * e * e, e < 1e-3);
    let probability = select(e, 1.0, x >= 0.0) / (1.0 + e);
    gradient[i] = pack(vec4f((probability - t) * (weight.x * control[0] / f32(count)), 0.0, 0.0, 0.0));
  }
  sums[thread] = sum;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  if (thread == 0u) { partial[group.x] = sums[0]; }
}
`,
  mean: `// result[0] = sum of values / count, in one workgroup.
override length: u32 = 1u;
override count: f32 = 1.0;

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

const threads: u32 = 256u;
var<workgroup> sums: array<f32, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var i = thread; i < length; i += threads) { sum += values[i]; }
  sums[thread] = sum;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  if (thread == 0u) { result[0] = sums[0] / count; }
}
`,
  batchMoments: `// output[n, c] = mean, and sum of squared deviations from it, of input[n, c, y, x] over y, x.
// Layouts: input [N][C/4][H][W] of four channels; output [N][C/4][mean, squares] of four channels, 32-bit.
// Eight threads a plane stride over its pixels, and the first adds up: barriers cost software adapters more than sums. What is summed are differences from the
// plane's first pixel, so that a mean far from zero takes no digits from the deviations.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }

override planes: u32 = 1u; // batch times blocks of four channels
override pixels: u32 = 1u;
const lanes: u32 = 8u;
const rows: u32 = 8u; // planes a workgroup

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;

var<workgroup> sums: array<vec4f, 64>;
var<workgroup> squares: array<vec4f, 64>;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let plane = min(group.x * rows + local.y, planes - 1u);
  let origin = unpack(input[plane * pixels]);
  var sum = vec4f(0.0);
  var square = vec4f(0.0);
  for (var i = local.x; i < pixels; i += lanes) {
    let difference = unpack(input[plane * pixels + i]) - origin;
    sum += difference;
    square = fma(difference, difference, square);
  }
  let at = local.y * lanes + local.x;
  sums[at] = sum;
  squares[at] = square;
  workgroupBarrier();
  if (local.x == 0u) {
    for (var i = 1u; i < lanes; i++) {
      sum += sums[at + i];
      square += squares[at + i];
    }
    let mean = sum / f32(pixels);
    output[plane * 2u] = origin + mean;
    output[plane * 2u + 1u] = max(square - sum * mean, vec4f(0.0));
  }
}
`,
  batchNorm: `// output[n, c, y, x] = post(input[n, c, y, x] * scale[c] + shift[c] + residual[n, c, y, x]), where scale and shift stand for the running
// statistics, weight and bias. Layouts: activations [N][C/4][H][W] of four channels; affine [C/4][scale, shift].
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override planes: u32 = 1u; // batch times blocks
override blocks: u32 = 1u;
override pixels: u32 = 1u;
override lanes: u32 = 8u;
override rows: u32 = 8u; // planes a workgroup
override span: u32 = 128u; // pixels of a plane that a workgroup takes

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> affine: array<vec4f>;
@group(0) @binding(2) var<storage, read> residual: array<Packed>; // if has_residual
@group(0) @binding(3) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(global_invocation_id) id: vec3u) {
  if (id.y >= planes) { return; }
  let scale = affine[id.y % blocks * 2u];
  let shift = affine[id.y % blocks * 2u + 1u];
  let end = min((group.x + 1u) * span, pixels);
  for (var i = group.x * span + id.x % lanes; i < end; i += lanes) {
    var value = fma(unpack(input[id.y * pixels + i]), scale, shift);
    value += unpack(residual[id.y * pixels + i]); // if has_residual
    value = max(value, vec4f(0.0)); // if relu
    output[id.y * pixels + i] = pack(value);
  }
}
`,
  batchNormStatistics: `// mean, variance[c] over n, y, x, from the moments of each image (Chan, Golub, LeVeque 1979, equal counts);
// affine[c] = scale, shift of weight[c] * (x - mean) / sqrt(variance + epsilon) + bias[c];
// statistics[c] = mean, 1 / sqrt(variance + epsilon);
// running[c] = (1 - momentum) * running[c] + momentum * (mean, variance * count / (count - 1)).
// Layouts: moments [N][C/4][mean, squares]; affine, statistics [C/4][2]; all else [C/4]; of four channels, 32-bit.
override batch: u32 = 1u;
override blocks: u32 = 1u;
override pixels: u32 = 2u;
override epsilon: f32 = 1e-5;
override momentum: f32 = 0.1;

@group(0) @binding(0) var<storage, read> moments: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> affine: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> statistics: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> running_mean: array<vec4f>; // if running
@group(0) @binding(6) var<storage, read_write> running_variance: array<vec4f>; // if running

// A batch that overflows is skipped, so it must not stay in the running statistics. By the bits: compilers may assume that no
// float is infinite.
fn finite(v: vec4f) -> vec4f {
  return select(v, vec4f(0.0), (bitcast<vec4u>(v) & vec4u(0x7f800000u)) == vec4u(0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let block = id.x;
  if (block >= blocks) { return; }
  var mean = vec4f(0.0);
  for (var n = 0u; n < batch; n++) {
    mean += moments[(n * blocks + block) * 2u] / f32(batch);
  }
  var squares = vec4f(0.0);
  for (var n = 0u; n < batch; n++) {
    let difference = moments[(n * blocks + block) * 2u] - mean;
    squares += moments[(n * blocks + block) * 2u + 1u] + difference * difference * f32(pixels);
  }
  let count = f32(batch * pixels);
  let inverse = 1.0 / sqrt(squares / count + epsilon);
  let scale = weight[block] * inverse;
  affine[block * 2u] = scale;
  affine[block * 2u + 1u] = bias[block] - mean * scale;
  statistics[block * 2u] = mean;
  statistics[block * 2u + 1u] = inverse;
  running_mean[block] += finite((mean - running_mean[block]) * momentum); // if running
  running_variance[block] += finite((squares / (count - 1.0) - running_variance[block]) * momentum); // if running
}
`,
  dropout2d: `// output[n, c, y, x] = drop(n, c) ? 0 : input[n, c, y, x] / (1 - probability). Whether a plane drops is a hash of seed, layer,
// image and channel, so that the backward pass, which is the same, needs no memory. Layout: [N][C/4][H][W] of four channels.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override pixels: u32 = 1u;
override layer: u32 = 0u;
override threshold: u32 = 0u; // probability * 2^32
override keep: f32 = 1.0; // 1 / (1 - probability)

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@group(0) @binding(2) var<uniform> seed: vec4u; // the first counts

// MurmurHash3's finaliser.
fn mix_bits(value: u32) -> u32 {
  var x = (value ^ (value >> 16u)) * 0x85ebca6bu;
  x = (x ^ (x >> 13u)) * 0xc2b2ae35u;
  return x ^ (x >> 16u);
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let key = mix_bits(seed.x ^ mix_bits(layer + 0x9e3779b9u));
  var factor = vec4f(0.0);
  for (var k = 0u; k < 4u; k++) {
    factor[k] = select(keep, 0.0, mix_bits(key ^ mix_bits(id.y * 4u + k)) < threshold);
  }
  let at = id.y * pixels + id.x;
  output[at] = pack(unpack(input[at]) * factor);
}
`,
  weightNorm: `// weight[o, …] = g[o] * v[o, …] / ‖v[o]‖. Layouts: v and weight as conv2d.wgsl reads weights, [O/4][…] of four outputs; g [O/4].
// One workgroup a block of four outputs.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

struct Shape {
  vectors: u32, // of a block of outputs
}

@group(0) @binding(0) var<storage, read> v: array<vec4f>;
@group(0) @binding(1) var<storage, read> g: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> weight: array<Packed>;
@group(0) @binding(3) var<uniform> shape: Shape;

const threads: u32 = 64u;
var<workgroup> squares: array<vec4f, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let start = group.x * shape.vectors;
  var sum = vec4f(0.0);
  for (var i = thread; i < shape.vectors; i += threads) { sum += v[start + i] * v[start + i]; }
  squares[thread] = sum;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { squares[thread] += squares[thread + half]; }
    workgroupBarrier();
  }
  // Outputs past the last have no norm.
  let norm = sqrt(squares[0]);
  let scale = select(vec4f(0.0), g[group.x] / norm, norm > vec4f(0.0));
  for (var i = thread; i < shape.vectors; i += threads) { weight[start + i] = pack(v[start + i] * scale); }
}
`,
  adam: `// Adam with coupled weight decay (Kingma, Ba 2014, arXiv 1412.6980), as PyTorch's: d = gradient * factor + weight_decay * w;
// mean += (1 - beta1) * (d - mean); square = beta2 * square + (1 - beta2) * d²;
// w -= step_size * mean / (sqrt(square) / correction + epsilon). Nothing changes where prepare_update.wgsl said so.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

struct Settings {
  learning_rate: f32,
  share1: f32, // 1 - beta1
  beta2: f32,
  share2: f32, // 1 - beta2
  epsilon: f32,
  weight_decay: f32,
  max_norm: f32,
  log_beta1: f32,
  log_beta2: f32,
}
struct Control {
  loss_scale: f32,
  steps: u32,
  steady: u32,
  applied: u32,
  norm: f32,
  factor: f32,
  step_size: f32,
  correction: f32,
}
override vectors: u32 = 1u;

@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read> control: Control;
@group(0) @binding(2) var<uniform> settings: Settings;
@group(0) @binding(3) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> mean: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> stored: array<Packed>; // if has_stored

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= vectors) { return; } // if ragged
  let w = parameter[i];
  let m0 = mean[i];
  let s0 = square[i];
  let d = gradient[i] * control.factor + settings.weight_decay * w;
  let m = m0 + settings.share1 * (d - m0);
  let s = settings.beta2 * s0 + settings.share2 * d * d;
  // Selected, as software adapters store lane by lane what is conditional.
  let applied = control.applied != 0u;
  let updated = select(w, w - control.step_size * m / (sqrt(s) / control.correction + settings.epsilon), applied);
  mean[i] = select(m0, m, applied);
  square[i] = select(s0, s, applied);
  parameter[i] = updated;
  stored[i] = pack(updated); // if has_stored
}
`,
  addTo: `// sum[i] += values[i].
override vectors: u32 = 1u;

@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> sum: array<vec4f>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < vectors) { sum[id.x] += values[id.x]; }
}
`,
  prepareUpdate: `// The global norm from partial sums of squares, and what an update needs of it: whether every gradient was finite, the factor
// that undoes the loss scale and clips to max_norm, Adam's bias corrections, and the next loss scale, as PyTorch's
// clip_grad_norm_, Adam and GradScaler have them. One workgroup.
struct Settings {
  learning_rate: f32,
  share1: f32, // 1 - beta1
  beta2: f32,
  share2: f32, // 1 - beta2
  epsilon: f32,
  weight_decay: f32,
  max_norm: f32,
  log_beta1: f32,
  log_beta2: f32,
}
struct Control {
  loss_scale: f32, // bce_with_logits.wgsl reads it here
  steps: u32, // updates applied
  steady: u32, // updates applied since the loss scale changed
  applied: u32, // whether the next update changes anything
  norm: f32,
  factor: f32, // what gradients are multiplied by
  step_size: f32, // learning_rate / (1 - beta1^steps)
  correction: f32, // sqrt(1 - beta2^steps)
}
override length: u32 = 1u; // of partial
override dynamic: bool = false; // whether the loss scale adapts
override interval: u32 = 2000u; // updates until it grows

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> control: Control;
@group(0) @binding(2) var<uniform> settings: Settings;

const threads: u32 = 256u;
var<workgroup> sums: array<f32, threads>;

// 1 - exp(-x), also for small x, where the difference would keep few digits.
fn one_minus_exp(x: f32) -> f32 {
  let series = x * (1.0 - x / 2.0 * (1.0 - x / 3.0 * (1.0 - x / 4.0 * (1.0 - x / 5.0 * (1.0 - x / 6.0)))));
  return select(1.0 - exp(-x), series, x < 0.25);
}

@compute @workgroup_size(threads)
fn main(@builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var i = thread; i < length; i += threads) { sum += partial[i]; }
  sums[thread] = sum;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  if (thread != 0u) { return; }
  // By its bits: compilers may assume that no float is NaN.
  let finite = (bitcast<u32>(sums[0]) & 0x7f800000u) != 0x7f800000u;
  control.norm = sqrt(sums[0]) / control.loss_scale;
  control.applied = select(0u, 1u, finite);
  if (finite) {
    control.factor = min(1.0, settings.max_norm / (control.norm + 1e-6)) / control.loss_scale;
    control.steps += 1u;
    control.steady += 1u;
    control.step_size = settings.learning_rate / one_minus_exp(-settings.log_beta1 * f32(control.steps));
    control.correction = sqrt(one_minus_exp(-settings.log_beta2 * f32(control.steps)));
  }
  if (dynamic && !finite) {
    control.loss_scale = max(control.loss_scale * 0.5, 1.0);
    control.steady = 0u;
  }
  if (dynamic && control.steady == interval) {
    control.loss_scale = min(control.loss_scale * 2.0, 16777216.0);
    control.steady = 0u;
  }
}
`,
  sumSquares: `// partial[first + workgroup] = sum of values² over the workgroup's share: the first half of a global norm.
// Nothing is conditional while values are read: software adapters would take them lane by lane.
struct Shape {
  vectors: u32,
  first: u32, // where the workgroups' sums go
}

@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

const threads: u32 = 256u;
const share: u32 = 64u; // vectors a thread
const lanes: u32 = 8u; // threads that read side by side, one line of memory after the other
var<workgroup> sums: array<f32, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = group.x * share * threads + thread / lanes * (lanes * share) + thread % lanes;
  var sum = vec4f(0.0);
  // unroll
  for (var k = 0u; k < share; k++) {
    let i = first + k * lanes;
    let value = values[min(i, shape.vectors - 1u)];
    sum += select(vec4f(0.0), value * value, i < shape.vectors);
  }
  sums[thread] = sum.x + sum.y + sum.z + sum.w;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  if (thread == 0u) { partial[shape.first + group.x] = sums[0]; }
}
`,
  globalMaxPool: `// output[n, c] = max over y, x of input[n, c, y, x]. Layouts: [N][C/4][H][W] and [N][C/4] of four channels.
// \`lanes\` threads stride over a plane; where they are several, the first of them takes the best of what they found.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override planes: u32 = 1u;
override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

const threads: u32 = 64u;
const lanes: u32 = 8u; // a power of two
var<workgroup> found: array<vec4f, threads>; // if several

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let plane = group.x * (threads / lanes) + thread / lanes;
  let start = min(plane, planes - 1u) * pixels; // all threads come to the barrier
  var best = vec4f(-3.4028234e38);
  for (var i = thread % lanes; i < pixels; i += lanes) {
    best = max(best, unpack(input[start + i]));
  }
  found[thread] = best; // if several
  workgroupBarrier(); // if several
  if (plane < planes && thread % lanes == 0u) {
    for (var i = 1u; i < lanes; i++) { best = max(best, found[thread + i]); } // if several
    output[plane] = pack(best);
  }
}
`,
  maxPool2d: `// output[n, c, y, x] = max over ky, kx of input[n, c, y * stride + ky - padding, x * stride + kx - padding].
// Padding never wins, as if it were minus infinity. Layout: [N][C/4][H][W] of four channels.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
override kernel: u32 = 1u;
override stride: u32 = 1u;
override padding: u32 = 0u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let pixel = id.x;
  if (pixel >= output_height * output_width) { return; }
  let y = pixel / output_width;
  let x = pixel % output_width;
  var best = vec4f(-3.4028234e38);
  for (var ky = 0u; ky < kernel; ky++) {
    for (var kx = 0u; kx < kernel; kx++) {
      let iy = y * stride + ky - padding; // below zero wraps to far above
      let ix = x * stride + kx - padding;
      if (iy < input_height && ix < input_width) {
        best = max(best, unpack(input[(id.y * input_height + iy) * input_width + ix]));
      }
    }
  }
  output[id.y * output_height * output_width + pixel] = pack(best);
}
`,
  pixelShuffle: `// output[n, c, y * r + i, x * r + j] = input[n, c * r * r + i * r + j, y, x].
// Layout: [N][C/4][H][W] of four channels; channels past the last are zero.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override input_channels: u32 = 4u;
override output_channels: u32 = 1u;
override input_height: u32 = 1u;
override input_width: u32 = 1u;
override factor: u32 = 2u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let width = input_width * factor;
  let plane = input_height * factor * width;
  let pixel = id.x;
  if (pixel >= plane) { return; }
  let y = pixel / width;
  let x = pixel % width;
  let input_blocks = (input_channels + 3u) / 4u;
  let at = (y / factor) * input_width + x / factor;
  let within = (y % factor) * factor + x % factor;
  var value = vec4f(0.0);
  for (var k = 0u; k < 4u; k++) {
    let channel = id.y * 4u + k;
    if (channel < output_channels) {
      let source = channel * factor * factor + within;
      let block = id.z * input_blocks + source / 4u;
      value[k] = unpack(input[block * input_height * input_width + at])[source % 4u];
    }
  }
  output[(id.z * ((output_channels + 3u) / 4u) + id.y) * plane + pixel] = pack(value);
}
`,
  resizeBilinear: `// Bilinear resize as PyTorch's interpolate(mode="bilinear", align_corners=False): output pixel x lies at
// (x + 0.5) * input_width / output_width - 0.5 in the input, not below zero; plus residual, where asked for. Layout: [N][C/4][H][W] of four channels.
// A thread loads the four inputs around a stretch of a column, from one input row to the next, and makes the outputs there.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn unpack_first(p: f32) -> f32 { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override planes: u32 = 1u;
override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
override lanes: u32 = 64u;
override rows: u32 = 1u; // planes a workgroup

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@group(0) @binding(2) var<storage, read> residual: array<Packed>; // if has_residual

fn load(at: u32) -> vec4f {
  var value = vec4f(0.0);
  value.x = unpack_first(input[at].x); // if single
  value = unpack(input[at]); // if !single
  return value;
}

// The first output row at input row k or below it: where (y + 0.5) * input_height / output_height - 0.5 >= k.
fn row_after(k: u32) -> u32 {
  return ((2u * k + 1u) * output_height + input_height - 1u) / (2u * input_height);
}

@compute @workgroup_size(lanes, rows)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= output_width || id.y >= planes) { return; }
  let scale = vec2f(f32(input_width) / f32(output_width), f32(input_height) / f32(output_height));
  let source = max((f32(id.x) + 0.5) * scale.x - 0.5, 0.0);
  let left = u32(source);
  let right = min(left + 1u, input_width - 1u);
  let tx = source - f32(left);
  let upper = (id.y * input_height + id.z) * input_width;
  let lower = (id.y * input_height + min(id.z + 1u, input_height - 1u)) * input_width;
  let top = mix(load(upper + left), load(upper + right), tx);
  let bottom = mix(load(lower + left), load(lower + right), tx);
  // What lies above the first row's middle is the first stretch's, what lies below the last one's the last stretch's.
  let first = select(row_after(id.z), 0u, id.z == 0u);
  let end = select(row_after(id.z + 1u), output_height, id.z + 2u >= input_height);
  var at = (id.y * output_height + first) * output_width + id.x;
  for (var y = first; y < end; y++) {
    var value = mix(top, bottom, saturate((f32(y) + 0.5) * scale.y - 0.5 - f32(id.z)));
    value += unpack(residual[at]); // if has_residual
    output[at] = pack(value);
    at += output_width;
  }
}
`,
  accumulate: `// probability[y, x] += weight * sigmoid(logits[y', x']), where (y', x') is (y, x), flipped as the tile was.
// Layouts: logits [1][H][W] of four channels, the first of which counts; probability [H][W], of which a thread adds to one
// pixel, or to four in a row.
alias Packed = vec4f;
fn unpack_first(p: f32) -> f32 { return p; }
alias Pixels = f32; // if !fours
alias Pixels = vec4f; // if fours

override side: u32 = 32u;
override pixels: u32 = 4u; // a thread
override weight: f32 = 1.0;

@group(0) @binding(0) var<storage, read> logits: array<Packed>;
@group(0) @binding(1) var<storage, read_write> probability: array<Pixels>;

fn logit(at: u32) -> f32 { return unpack_first(logits[at].x); }

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= side * side / pixels) { return; }
  var y = id.x / (side / pixels);
  var x = id.x % (side / pixels) * pixels;
  y = side - 1u - y; // if flip_vertical
  x = side - pixels - x; // if flip_horizontal
  let at = y * side + x;
  var value = logit(at); // if !fours
  var value = vec4f(logit(at), logit(at + 1u), logit(at + 2u), logit(at + 3u)); // if fours
  value = value.wzyx; // if flip_fours
  probability[id.x] += weight / (1.0 + exp(-value));
}
`,
  downsampleTile: `// output[y, x] = (red, green, blue, 0), a byte each: means of blocks of 8-bit RGB pixels, rounded as OpenCV's INTER_AREA rounds
// them (halves up for a factor of 2, to even otherwise).
// Layouts: bytes of [H * factor][W * factor][3] in; a word a pixel, [H][W], out.
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
`,
  finish: `// The centre of a tile's probability map at slide resolution: upsampled bilinearly from \`centre\` to \`span\` pixels a side
// (align_corners=False, any ratio), then cropped, then mask[y, x] = 1 where p > threshold and bytes[y, x] = floor(255 p + 0.5).
// Layouts: probability [side][side] in; full [span][span] of f32, and mask and bytes likewise, four bytes a word, out. A thread
// makes four neighbours in a row.
override side: u32 = 32u; // of the tile, before upsampling
override centre: u32 = 32u; // of the part that is kept, before upsampling
override span: u32 = 64u; // slide pixels that the centre covers, each way

@group(0) @binding(0) var<storage, read> probability: array<f32>;
@group(0) @binding(1) var<storage, read_write> mask: array<u32>;
@group(0) @binding(2) var<uniform> threshold: vec4f; // the first counts
@group(0) @binding(3) var<storage, read_write> full: array<f32>; // if keep_probability
@group(0) @binding(4) var<storage, read_write> bytes: array<u32>; // if keep_bytes

fn probability_at(y: u32, x: u32) -> f32 {
  // In halves of 1/span of a pixel, so that 32 bits lose nothing.
  let position = (2u * vec2u(x, y) + 1u) * centre + (side - centre) * span;
  let source = max(position, vec2u(span)) - span;
  let low = source / (2u * span);
  let high = min(low + 1u, vec2u(side - 1u));
  let t = vec2f(source % (2u * span)) / f32(2u * span);
  let top = mix(probability[low.y * side + low.x], probability[low.y * side + high.x], t.x);
  let bottom = mix(probability[high.y * side + low.x], probability[high.y * side + high.x], t.x);
  return mix(top, bottom, t.y);
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = id.x * 4u;
  if (first >= span * span) { return; }
  var word = 0u;
  var byte_word = 0u; // if keep_bytes
  for (var k = 0u; k < 4u; k++) {
    let pixel = first + k;
    if (pixel < span * span) {
      let p = probability_at(pixel / span, pixel % span);
      word |= select(0u, 1u, p > threshold.x) << (8u * k);
      full[pixel] = p; // if keep_probability
      byte_word |= u32(255.0 * p + 0.5) << (8u * k); // if keep_bytes
    }
  }
  mask[id.x] = word;
  bytes[id.x] = byte_word; // if keep_bytes
}
`,
  loadTile: `// input[c, y, x] = (bytes[y', x', c] / 255 - mean[c]) / std[c], where (y', x') is (y, x), flipped as asked for.
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
`,
} as const;
