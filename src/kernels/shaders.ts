// Made by `deno task shaders` from the files in shaders/: edit those.
// deno-fmt-ignore-file

/** The source of each shader, linked and without comments, by its file's name. */
export const shaders = {
  planeProduct: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override height: u32 = 1u;
override width: u32 = 1u;
override inner: u32 = 1u;
@group(0) @binding(0) var<storage, read> a: array<Packed>;
@group(0) @binding(1) var<storage, read> b: array<Packed>;
@group(0) @binding(2) var<storage, read_write> output: array<Packed>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= height * width) { return; }
  var at_a = (id.y * height + id.x / width) * inner;
  var at_b = id.y * inner * width + id.x % width;
  var sum = vec4f(0.0);
  for (var k = 0u; k < inner; k++) {
    sum = fma(unpack(a[at_a]), unpack(b[at_b]), sum);
    at_a += 1u;
    at_b += width;
  }
  output[id.y * height * width + id.x] = pack(sum);
}
`,
  rowSoftmax: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override count: u32 = 1u;
override rows: u32 = 1u;
override blocks: u32 = 1u;
override last: u32 = 4u;
const threads: u32 = 64u;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
var<workgroup> parts: array<vec4f, threads>;
fn largest_of(value: vec4f, thread: u32) -> vec4f {
  parts[thread] = value;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { parts[thread] = max(parts[thread], parts[thread + half]); }
    workgroupBarrier();
  }
  let result = parts[0];
  workgroupBarrier();
  return result;
}
fn sum_of(value: vec4f, thread: u32) -> vec4f {
  parts[thread] = value;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { parts[thread] += parts[thread + half]; }
    workgroupBarrier();
  }
  return parts[0];
}
@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let start = (group.y * rows + group.x) * count;
  var best = vec4f(-3.4028234e38);
  for (var i = thread; i < count; i += threads) { best = max(best, unpack(input[start + i])); }
  let largest = largest_of(best, thread);
  var part = vec4f(0.0);
  for (var i = thread; i < count; i += threads) { part += exp(unpack(input[start + i]) - largest); }
  let sum = sum_of(part, thread);
  let padded = vec4<bool>(group.y % blocks == blocks - 1u) & (vec4u(0u, 1u, 2u, 3u) >= vec4u(last));
  for (var i = thread; i < count; i += threads) {
    output[start + i] = pack(select(exp(unpack(input[start + i]) - largest) / sum, vec4f(0.0), padded));
  }
}
`,
  blurTile: `fn color_of(word: u32) -> vec3f {
  return vec3f(f32(word & 255u), f32((word >> 8u) & 255u), f32((word >> 16u) & 255u));
}
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
`,
  colorTile: `fn color_of(word: u32) -> vec3f {
  return vec3f(f32(word & 255u), f32((word >> 8u) & 255u), f32((word >> 16u) & 255u));
}
override mean_red: f32 = 0.65459856;
override mean_green: f32 = 0.48386562;
override mean_blue: f32 = 0.69428385;
override std_red: f32 = 0.15167958;
override std_green: f32 = 0.23584107;
override std_blue: f32 = 0.13146145;
fn normalize_color(color: vec3f) -> vec4f {
  let mean = vec3f(mean_red, mean_green, mean_blue);
  let deviation = vec3f(std_red, std_green, std_blue);
  return vec4f((color / 255.0 - mean) / deviation, 0.0);
}
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
override side: u32 = 32u;
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
  h = floor((h * round(122880.0 / max(d, 1.0)) + 2048.0) / 4096.0);
  if (h < 0.0) { h += 180.0; }
  let s = floor((d * round(1044480.0 / max(v, 1.0)) + 2048.0) / 4096.0);
  let turned = h + shift.x;
  let hue = floor(turned - floor(turned / 180.0) * 180.0) / 30.0;
  let saturation = floor(clamp(s + shift.y, 0.0, 255.0)) / 255.0;
  let value = floor(clamp(v + shift.z, 0.0, 255.0));
  let part = abs((hue + vec3f(0.0, 4.0, 2.0)) % 6.0 - 3.0) - 1.0;
  return round8(value * (1.0 - saturation * (1.0 - clamp(part, vec3f(0.0), vec3f(1.0)))));
}
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
`,
  equalizeTile: `fn color_of(word: u32) -> vec3f {
  return vec3f(f32(word & 255u), f32((word >> 8u) & 255u), f32((word >> 16u) & 255u));
}
override side: u32 = 32u;
@group(0) @binding(0) var<storage, read> image: array<u32>;
@group(0) @binding(1) var<storage, read> limit: array<u32>;
@group(0) @binding(2) var<storage, read_write> table: array<u32>;
var<workgroup> counts: array<atomic<u32>, 256>;
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
`,
  warpTile: `fn color_of(word: u32) -> vec3f {
  return vec3f(f32(word & 255u), f32((word >> 8u) & 255u), f32((word >> 16u) & 255u));
}
fn mix_bits(value: u32) -> u32 {
  var x = (value ^ (value >> 16u)) * 0x85ebca6bu;
  x = (x ^ (x >> 13u)) * 0xc2b2ae35u;
  return x ^ (x >> 16u);
}
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
`,
  activationBackward: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
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
  @if(relu) value = select(vec4f(0.0), value, y > vec4f(0.0));
  @if(sigmoid) value *= y * (1.0 - y);
  grad_input[at] = pack(value);
}
`,
  batchNormDataGradient: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override blocks: u32 = 1u;
override lanes: u32 = 8u;
override pixels: u32 = 1u;
override planes: u32 = 1u;
override rows: u32 = 8u;
override span: u32 = 128u;
@group(0) @binding(0) var<storage, read> grad_output: array<Packed>;
@group(0) @binding(1) var<storage, read> input: array<Packed>;
@group(0) @binding(2) var<storage, read> coefficients: array<vec4f>;
@if(relu) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;
@if(has_residual) @group(0) @binding(4) var<storage, read> residual: array<Packed>;
@group(0) @binding(5) var<storage, read_write> output: array<Packed>;
@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(global_invocation_id) id: vec3u) {
  if (id.y >= planes) { return; }
  let block = id.y % blocks;
  let factor = coefficients[block * 4u];
  let center = coefficients[block * 4u + 1u];
  let slope = coefficients[block * 4u + 2u];
  let mean = coefficients[block * 4u + 3u];
  @if(relu) let scale = affine[block * 2u];
  @if(relu) let shift = affine[block * 2u + 1u];
  let end = min((group.x + 1u) * span, pixels);
  for (var i = group.x * span + id.x % lanes; i < end; i += lanes) {
    let at = id.y * pixels + i;
    let x = unpack(input[at]);
    var g = unpack(grad_output[at]);
    @if(relu) g = select(vec4f(0.0), g, fma(x, scale, shift) > vec4f(0.0));
    var value = factor * (g - center - slope * (x - mean));
    @if(has_residual) value += unpack(residual[at]);
    @if(input_relu) value = select(vec4f(0.0), value, x > vec4f(0.0));
    output[at] = pack(value);
  }
}
`,
  batchNormParameters: `override batch: u32 = 1u;
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
  @if(accumulate) sum += grad_bias[block];
  @if(accumulate) product += grad_weight[block];
  grad_bias[block] = sum;
  grad_weight[block] = product;
}
`,
  batchNormSums: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override planes: u32 = 1u;
override blocks: u32 = 1u;
override pixels: u32 = 1u;
const lanes: u32 = 8u;
const rows: u32 = 8u;
@group(0) @binding(0) var<storage, read> grad_output: array<Packed>;
@group(0) @binding(1) var<storage, read> input: array<Packed>;
@group(0) @binding(2) var<storage, read> statistics: array<vec4f>;
@if(relu) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>;
var<workgroup> sums: array<vec4f, 64>;
var<workgroup> products: array<vec4f, 64>;
@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let plane = min(group.x * rows + local.y, planes - 1u);
  let block = plane % blocks;
  let mean = statistics[block * 2u];
  @if(relu) let scale = affine[block * 2u];
  @if(relu) let shift = affine[block * 2u + 1u];
  var sum = vec4f(0.0);
  var product = vec4f(0.0);
  for (var i = local.x; i < pixels; i += lanes) {
    let x = unpack(input[plane * pixels + i]);
    var g = unpack(grad_output[plane * pixels + i]);
    @if(relu) g = select(vec4f(0.0), g, fma(x, scale, shift) > vec4f(0.0));
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
  channelSums: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override planes: u32 = 1u;
override pixels: u32 = 1u;
const lanes: u32 = 8u;
const rows: u32 = 8u;
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
  conv2dDataGradient: `fn quotient(a: u32, b: u32) -> u32 {
  var low = u32(f32(a) / f32(b));
  low -= select(0u, 1u, low * b > a);
  return low + select(0u, 1u, a - low * b >= b);
}
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
@if(has_residual) @group(0) @binding(2) var<storage, read> residual: array<Packed>;
@if(has_formula) fn error_function(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - sum * exp(-x * x));
}
@if(has_formula) fn even_power(base: vec4f, exponent: vec4f) -> vec4f { return pow(abs(base), exponent); }
@if(has_formula) fn odd_power(base: vec4f, exponent: vec4f) -> vec4f { return sign(base) * pow(abs(base), exponent); }
@if(has_formula) fn square(x: vec4f) -> vec4f { return x * x; }
@if(has_formula) fn soft_plus(x: vec4f) -> vec4f { return max(x, vec4f(0.0)) + log(1.0 + exp(-abs(x))); }
@if(has_formula) fn formula(x: vec4f) -> vec4f {
  return error_function(x) + even_power(x, x) + odd_power(x, x) + square(x) + soft_plus(x);
}
@if(has_affine) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;
fn activate(sum: vec4f, block: u32) -> vec4f {
  var value = sum;
  @if(relu) value = max(value, vec4f(0.0));
  @if(has_formula) value = formula(value);
  @if(has_affine) value = fma(value, affine[block * 2u], affine[block * 2u + 1u]);
  return value;
}
fn masked(value: vec4f, passed: Packed) -> vec4f {
  return select(vec4f(0.0), value, unpack(passed) > vec4f(0.0));
}
@if(has_mask) @group(0) @binding(4) var<storage, read> mask: array<Packed>;
@if(parts) @group(0) @binding(5) var<storage, read_write> output: array<vec4f>;
@else @group(0) @binding(5) var<storage, read_write> output: array<Packed>;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
fn store(sum: vec4f, block: u32, place: u32) {
  var value = sum;
  @if(has_residual) value += unpack(residual[place]);
  value = activate(value, block);
  @if(has_mask) value = masked(value, mask[place]);
  @if(parts) output[place] = value;
  @else output[place] = pack(value);
}
override lanes: u32 = 8u;
override pixels: u32 = 4u;
override rows: u32 = 8u;
override spread: u32 = 1u;
struct Shape {
  batch: u32,
  input_blocks: u32,
  group_inputs: u32,
  group_outputs: u32,
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  phase_height: u32,
  phase_width: u32,
  kernel_height: u32,
  kernel_width: u32,
  padding: u32,
  dilation: u32,
}
override stride: u32 = 1u;
override results: u32 = 2u;
override weights: u32 = 8u;
@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(7) var<storage, read> grad_output: array<Packed>;
@group(0) @binding(6) var<uniform> shape: Shape;
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
  @split var sum: array<vec4f, results * pixels>;
  @split var image: array<u32, pixels>;
  @split var row: array<u32, pixels>;
  @split var column: array<u32, pixels>;
  @unroll for (var i = 0u; i < results * pixels; i++) { sum[i] = vec4f(0.0); }
  @unroll for (var p = 0u; p < pixels; p++) {
    let pixel = min(first_pixel + p * lanes, last_pixel);
    image[p] = quotient(pixel, phase_plane);
    row[p] = quotient(pixel - image[p] * phase_plane, shape.phase_width);
    column[p] = pixel - image[p] * phase_plane - row[p] * shape.phase_width;
  }
  @split var at: array<u32, pixels>;
  @split var inside: array<bool, pixels>;
  @split var g: array<vec4f, pixels>;
  @split var w: array<vec4f, weights>;
  @split var v: array<vec4f, 4>;
  @split var factors: array<vec4f, 4>;
  for (var ky = 0u; ky < shape.kernel_height; ky++) {
    let from_y = phase_y + shape.padding + (shape.kernel_height * stride - ky) * shape.dilation;
    if (from_y % stride != 0u) { continue; }
    let first_y = from_y / stride - shape.kernel_height * shape.dilation;
    for (var kx = 0u; kx < shape.kernel_width; kx++) {
      let from_x = phase_x + shape.padding + (shape.kernel_width * stride - kx) * shape.dilation;
      if (from_x % stride != 0u) { continue; }
      let first_x = from_x / stride - shape.kernel_width * shape.dilation;
      @unroll for (var p = 0u; p < pixels; p++) {
        let oy = row[p] + first_y;
        let ox = column[p] + first_x;
        @if(padded) inside[p] = oy < shape.output_height && ox < shape.output_width;
        at[p] = image[p] * output_image + oy * shape.output_width + ox;
        @if(padded) at[p] = select(0u, at[p], inside[p]);
      }
      var plane = channel_group * shape.group_outputs * output_plane;
      var at_weight = (weight_start + (ky * shape.kernel_width + kx) * shape.group_inputs) * 4u + local.x % spread;
      for (var o = 0u; o < shape.group_outputs; o++) {
        @unroll for (var p = 0u; p < pixels; p++) {
          g[p] = unpack(grad_output[plane + at[p]]);
          @if(padded) g[p] = select(vec4f(0.0), g[p], inside[p]);
        }
        @unroll for (var i = 0u; i < weights; i++) { w[i] = unpack(weight[at_weight + i * spread]); }
        @unroll for (var r = 0u; r < results; r++) {
          @unroll for (var i = 0u; i < 4u; i++) {
            v[i] = w[(r * 4 + i) / spread];
            @if(broadcast) v[i] = subgroupBroadcast(v[i], (r * 4 + i) % spread);
          }
          @unroll for (var k = 0u; k < 4u; k++) { factors[k] = vec4f(v[0][k], v[1][k], v[2][k], v[3][k]); }
          @unroll for (var p = 0u; p < pixels; p++) {
            @unroll for (var k = 0u; k < 4u; k++) {
              sum[r * pixels + p] = fma(factors[k], vec4f(g[p][k]), sum[r * pixels + p]);
            }
          }
        }
        plane += output_plane;
        at_weight += weight_step * 4u;
      }
    }
  }
  @unroll for (var r = 0u; r < results; r++) {
    @unroll for (var p = 0u; p < pixels; p++) {
      let y = row[p] * stride + phase_y;
      let x = column[p] * stride + phase_x;
      if (first_pixel + p * lanes <= last_pixel && y < shape.input_height && x < shape.input_width) {
        let at_out = ((image[p] * shape.input_blocks + block + r) * shape.input_height + y) * shape.input_width + x;
        store(sum[r * pixels + p], block + r, at_out);
      }
    }
  }
}
`,
  conv2dPointwiseWeightGradient: `override inputs: u32 = 4u;
override lanes: u32 = 8u;
override results: u32 = 1u;
override spread: u32 = 1u;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;
fn store(sum: vec4f, place: u32) {
  var total = sum;
  @if(accumulate) total += output[place];
  output[place] = total;
}
override tiles: u32 = 8u;
@if(f16) alias Pair = vec4u;
@else alias Pair = mat2x4f;
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn left(p: Pair) -> Packed { return p.xy; }
@else fn left(p: Pair) -> Packed { return p[0]; }
@if(f16) fn right(p: Pair) -> Packed { return p.zw; }
@else fn right(p: Pair) -> Packed { return p[1]; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
struct Shape {
  output_blocks: u32,
  group_outputs: u32,
  group_inputs: u32,
  plane: u32,
  row: u32,
  rows: u32,
  split_rows: u32,
}
override loads: u32 = 4u;
@group(0) @binding(0) var<storage, read> grad_output: array<Pair>;
@group(0) @binding(1) var<storage, read> input: array<Pair>;
@group(0) @binding(3) var<uniform> shape: Shape;
@compute @workgroup_size(lanes, tiles)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let first_input = (group.y * tiles + local.y) * inputs;
  if (first_input >= shape.group_inputs) { return; }
  let block = (group.x * lanes + local.x) * results;
  let block_read = min(block, shape.output_blocks - results);
  let channel_group = block_read / shape.group_outputs;
  let split = group.z;
  let input_image = shape.output_blocks / shape.group_outputs * shape.group_inputs * shape.plane;
  let plane_rows = shape.plane / shape.row;
  @split var sum: array<vec4f, results * inputs * 4>;
  @unroll for (var s = 0u; s < results * inputs * 4u; s++) { sum[s] = vec4f(0.0); }
  @split var plane: array<u32, loads>;
  @unroll for (var i = 0u; i < loads; i++) {
    let vector = min(first_input + i * spread + local.x % spread, shape.group_inputs - 1u);
    plane[i] = (channel_group * shape.group_inputs + vector) * shape.plane;
  }
  @split var g: array<vec4f, results * 2>;
  @split var x: array<vec4f, loads * 2>;
  @split var value: array<vec4f, 2>;
  @split var at: array<u32, loads>;
  let last_row = min((split + 1u) * shape.split_rows, shape.rows);
  for (var row = split * shape.split_rows; row < last_row; row++) {
    let image = row / plane_rows;
    let start = row % plane_rows * shape.row;
    var at_output = (image * shape.output_blocks + block_read) * shape.plane + start;
    @unroll for (var i = 0u; i < loads; i++) { at[i] = image * input_image + start + plane[i]; }
    for (var pair = 0u; pair < shape.row; pair++) {
      @unroll for (var r = 0u; r < results; r++) {
        let loaded = grad_output[at_output + r * shape.plane];
        g[r * 2] = unpack(left(loaded));
        g[r * 2 + 1] = unpack(right(loaded));
      }
      at_output++;
      @unroll for (var i = 0u; i < loads; i++) {
        let loaded = input[at[i]];
        x[i * 2] = unpack(left(loaded));
        x[i * 2 + 1] = unpack(right(loaded));
        at[i]++;
      }
      @unroll for (var i = 0u; i < inputs; i++) {
        @unroll for (var p = 0u; p < 2u; p++) {
          value[p] = x[i / spread * 2 + p];
          @if(broadcast) value[p] = subgroupBroadcast(value[p], i % spread);
        }
        @unroll for (var r = 0u; r < results; r++) {
          @unroll for (var k = 0u; k < 4u; k++) {
            @unroll for (var p = 0u; p < 2u; p++) {
              sum[(r * inputs + i) * 4 + k] = fma(g[r * 2 + p], vec4f(value[p][k]), sum[(r * inputs + i) * 4 + k]);
            }
          }
        }
      }
    }
  }
  if (block >= shape.output_blocks) { return; }
  @unroll for (var r = 0u; r < results; r++) {
    let first = (split * shape.output_blocks + block + r) * shape.group_inputs + first_input;
    @unroll for (var i = 0u; i < inputs; i++) {
      if (first_input + i < shape.group_inputs) {
        @unroll for (var k = 0u; k < 4u; k++) {
          store(sum[(r * inputs + i) * 4 + k], (first + i) * 4u + k);
        }
      }
    }
  }
}
`,
  conv2dWeightGradient: `override inputs: u32 = 4u;
override lanes: u32 = 8u;
override results: u32 = 1u;
override spread: u32 = 1u;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;
fn store(sum: vec4f, place: u32) {
  var total = sum;
  @if(accumulate) total += output[place];
  output[place] = total;
}
override tiles: u32 = 8u;
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
struct Shape {
  output_blocks: u32,
  group_outputs: u32,
  group_inputs: u32,
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  kernel_height: u32,
  kernel_width: u32,
  padding: u32,
  dilation: u32,
  rows: u32,
  split_rows: u32,
}
override stride: u32 = 1u;
override taps: u32 = 1u;
override pixels: u32 = 4u;
override reach: u32 = 1u;
override column_step: u32 = 1u;
override loads: u32 = 16u;
@group(0) @binding(0) var<storage, read> grad_output: array<Packed>;
@group(0) @binding(1) var<storage, read> input: array<Packed>;
@group(0) @binding(3) var<uniform> shape: Shape;
@compute @workgroup_size(lanes, tiles)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let first_input = (group.y * tiles + local.y) * inputs;
  if (first_input >= shape.group_inputs) { return; }
  let block = (group.x * lanes + local.x) * results;
  let block_read = min(block, shape.output_blocks - results);
  let channel_group = block_read / shape.group_outputs;
  let tap_columns = shape.kernel_width / taps;
  let kx = group.z % tap_columns * taps;
  let ky = group.z / tap_columns % shape.kernel_height;
  let split = group.z / (tap_columns * shape.kernel_height);
  let input_blocks = shape.output_blocks / shape.group_outputs * shape.group_inputs;
  let input_plane = shape.input_height * shape.input_width;
  let output_plane = shape.output_height * shape.output_width;
  @split var sum: array<vec4f, results * taps * inputs * 4>;
  @unroll for (var s = 0u; s < results * taps * inputs * 4u; s++) {
    sum[s] = vec4f(0.0);
  }
  @split var plane: array<u32, loads>;
  @split var column: array<u32, loads>;
  @unroll for (var i = 0u; i < loads; i++) {
    let vector = i * spread + local.x % spread;
    plane[i] = (channel_group * shape.group_inputs + min(first_input + vector % inputs, shape.group_inputs - 1u)) * input_plane;
    column[i] = vector / inputs * column_step + kx * shape.dilation - shape.padding;
  }
  @split var g: array<vec4f, results * pixels>;
  @split var x: array<vec4f, loads>;
  @split var value: array<vec4f, pixels>;
  let last_row = min((split + 1u) * shape.split_rows, shape.rows);
  for (var row = split * shape.split_rows; row < last_row; row++) {
    let image = row / shape.output_height;
    let oy = row % shape.output_height;
    let iy = oy * stride + ky * shape.dilation - shape.padding;
    if (iy >= shape.input_height) { continue; }
    let input_row = image * input_blocks * input_plane + iy * shape.input_width;
    let output_row = (image * shape.output_blocks + block_read) * output_plane + oy * shape.output_width;
    for (var first = 0u; first < shape.output_width; first += pixels) {
      @unroll for (var p = 0u; p < pixels; p++) {
        @if(ragged) let inside = first + p < shape.output_width;
        @unroll for (var r = 0u; r < results; r++) {
          g[p * results + r] = unpack(grad_output[output_row + r * output_plane + first + p]);
          @if(ragged) g[p * results + r] = select(vec4f(0.0), g[p * results + r], inside);
        }
      }
      @unroll for (var i = 0u; i < loads; i++) {
        let ix = first * stride + column[i];
        @if(masked) let within = ix < shape.input_width;
        var at = ix;
        @if(masked) at = select(0u, ix, within);
        x[i] = unpack(input[input_row + plane[i] + at]);
        @if(masked) x[i] = select(vec4f(0.0), x[i], within);
      }
      @unroll for (var t = 0u; t < taps; t++) {
        @unroll for (var i = 0u; i < inputs; i++) {
          @unroll for (var p = 0u; p < pixels; p++) {
            value[p] = x[((p * reach + t) * inputs + i) / spread];
            @if(broadcast) value[p] = subgroupBroadcast(value[p], ((p * reach + t) * inputs + i) % spread);
          }
          @unroll for (var r = 0u; r < results; r++) {
            @unroll for (var k = 0u; k < 4u; k++) {
              @unroll for (var p = 0u; p < pixels; p++) {
                sum[((r * taps + t) * inputs + i) * 4 + k] = fma(g[p * results + r], vec4f(value[p][k]), sum[((r * taps + t) * inputs + i) * 4 + k]);
              }
            }
          }
        }
      }
    }
  }
  if (block >= shape.output_blocks) { return; }
  @unroll for (var r = 0u; r < results; r++) {
    @unroll for (var t = 0u; t < taps; t++) {
      let at = (((split * shape.output_blocks + block + r) * shape.kernel_height + ky) * shape.kernel_width + kx + t) * shape.group_inputs + first_input;
      @unroll for (var i = 0u; i < inputs; i++) {
        if (first_input + i < shape.group_inputs) {
          @unroll for (var k = 0u; k < 4u; k++) {
            store(sum[((r * taps + t) * inputs + i) * 4 + k], (at + i) * 4u + k);
          }
        }
      }
    }
  }
}
`,
  globalMaxPoolBackward: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
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
  insertZeros: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override stride: u32 = 2u;
override full_height: u32 = 1u;
override full_width: u32 = 1u;
override height: u32 = 1u;
override width: u32 = 1u;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@if(has_residual) @group(0) @binding(1) var<storage, read> residual: array<Packed>;
@if(has_mask) @group(0) @binding(2) var<storage, read> mask: array<Packed>;
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
  @if(has_residual) value += unpack(residual[at]);
  @if(has_mask) value = select(vec4f(0.0), value, unpack(mask[at]) > vec4f(0.0));
  output[at] = pack(value);
}
`,
  maskGroups: `override vectors: u32 = 4u;
override block_vectors: u32 = 4u;
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
  maxPool2dBackward: `override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override kernel: u32 = 1u;
override padding: u32 = 0u;
override stride: u32 = 1u;
@group(0) @binding(0) var<storage, read> winners: array<vec4u>;
@group(0) @binding(1) var<storage, read> gradient: array<Packed>;
@group(0) @binding(2) var<storage, read_write> grad_input: array<Packed>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= input_height * input_width) { return; }
  var sum = vec4f(0.0);
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
  maxPool2dWinners: `override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override kernel: u32 = 1u;
override padding: u32 = 0u;
override stride: u32 = 1u;
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
  for (var tap = kernel * kernel; tap > 0u; tap--) {
    let iy = y * stride + (tap - 1u) / kernel - padding;
    let ix = x * stride + (tap - 1u) % kernel - padding;
    if (iy < input_height && ix < input_width) {
      let value = unpack(input[(id.y * input_height + iy) * input_width + ix]);
      winner = select(winner, vec4u(tap - 1u), value == best);
    }
  }
  winners[window] = winner;
}
`,
  pixelShuffleBackward: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override factor: u32 = 2u;
override input_channels: u32 = 4u;
override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_channels: u32 = 1u;
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
  resizeBilinearBackward: `override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
@group(0) @binding(0) var<storage, read> gradient: array<Packed>;
@group(0) @binding(1) var<storage, read_write> grad_input: array<Packed>;
fn readers(i: u32, inputs: u32, outputs: u32) -> vec2u {
  let factor = f32(outputs) / f32(inputs);
  let low = (f32(i) - 0.5) * factor - 1.5;
  let high = (f32(i) + 1.5) * factor + 1.5;
  let last = select(min(u32(high), outputs), outputs, i == inputs - 1u);
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
  sliceChannels: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override pixels: u32 = 1u;
override input_blocks: u32 = 1u;
override start: u32 = 0u;
override channels: u32 = 4u;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  var value = vec4f(0.0);
  @if(whole) value = unpack(input[(id.z * input_blocks + start / 4u + id.y) * pixels + id.x]);
  @else for (var k = 0u; k < 4u; k++) {
    let channel = start + id.y * 4u + k;
    if (id.y * 4u + k < channels) {
      value[k] = unpack(input[(id.z * input_blocks + channel / 4u) * pixels + id.x])[channel % 4u];
    }
  }
  output[(id.z * ((channels + 3u) / 4u) + id.y) * pixels + id.x] = pack(value);
}
`,
  subsample: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
override stride: u32 = 2u;
override full_height: u32 = 1u;
override full_width: u32 = 1u;
override height: u32 = 1u;
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
  sumPartials: `override vectors: u32 = 1u;
override partials: u32 = 1u;
@group(0) @binding(0) var<storage, read> partial: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.y * groups.x + group.x) * 64u + thread;
  if (i >= vectors) { return; }
  var sum = vec4f(0.0);
  @if(accumulate) sum = output[i];
  for (var p = 0u; p < partials; p++) {
    sum += partial[p * vectors + i];
  }
  output[i] = sum;
}
`,
  transposeWeight: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
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
  weightNormBackward: `struct Shape {
  vectors: u32,
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
  winogradOutputGradient: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
struct Shape {
  output_height: u32,
  output_width: u32,
  blocks: u32,
  tiles_across: u32,
  tiles_down: u32,
  first_tile: u32,
  tiles: u32,
}
struct Tile {
  image: u32,
  row: u32,
  column: u32,
}
fn find_tile(number: u32, across: u32, down: u32) -> Tile {
  let image = number / (across * down);
  return Tile(image, number / across - image * down, number % across);
}
const root: f32 = 1.4142135623730951;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@group(0) @binding(2) var<uniform> shape: Shape;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.tiles) { return; }
  let tile = find_tile(shape.first_tile + id.x, shape.tiles_across, shape.tiles_down);
  let plane = (tile.image * shape.blocks + id.y) * shape.output_height * shape.output_width;
  @split var g: array<vec4f, 4>;
  @split var m: array<vec4f, 24>;
  @unroll for (var x = 0u; x < 4u; x++) {
    let ox = tile.column * 4u + x;
    @unroll for (var y = 0u; y < 4u; y++) {
      let oy = tile.row * 4u + y;
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
  @unroll for (var y = 0u; y < 6u; y++) {
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
  winogradWeightGradient: `const root: f32 = 1.4142135623730951;
override inputs: u32 = 4u;
override output_blocks: u32 = 1u;
@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  @if(ragged) if (id.x >= inputs) { return; }
  @split var g: array<vec4f, 18>;
  let step = output_blocks * inputs;
  let at = id.y * inputs + id.x;
  @unroll for (var x = 0u; x < 6u; x++) {
    let u1 = input[at + (6u + x) * step];
    let u2 = input[at + (12u + x) * step];
    let u3 = input[at + (18u + x) * step];
    let u4 = input[at + (24u + x) * step];
    g[x] = input[at + x * step] - (u1 + u2) * (2.0 / 3.0) + (u3 + u4) / 6.0;
    g[6 + x] = root * ((u2 - u1) / 3.0 + (u3 - u4) / 6.0);
    g[12 + x] = (u3 + u4 - u1 - u2) / 3.0 + input[at + (30u + x) * step];
  }
  let to = id.y * 9u * inputs + id.x;
  @unroll for (var y = 0u; y < 3u; y++) {
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
  addParts: `@if(has_bias) @group(0) @binding(1) var<storage, read> bias: array<vec4f>;
fn first_sum(block: u32) -> vec4f {
  @if(has_bias) return bias[block];
  @else return vec4f(0.0);
}
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
@if(has_residual) @group(0) @binding(2) var<storage, read> residual: array<Packed>;
@if(has_formula) fn error_function(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - sum * exp(-x * x));
}
@if(has_formula) fn even_power(base: vec4f, exponent: vec4f) -> vec4f { return pow(abs(base), exponent); }
@if(has_formula) fn odd_power(base: vec4f, exponent: vec4f) -> vec4f { return sign(base) * pow(abs(base), exponent); }
@if(has_formula) fn square(x: vec4f) -> vec4f { return x * x; }
@if(has_formula) fn soft_plus(x: vec4f) -> vec4f { return max(x, vec4f(0.0)) + log(1.0 + exp(-abs(x))); }
@if(has_formula) fn formula(x: vec4f) -> vec4f {
  return error_function(x) + even_power(x, x) + odd_power(x, x) + square(x) + soft_plus(x);
}
@if(has_affine) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;
fn activate(sum: vec4f, block: u32) -> vec4f {
  var value = sum;
  @if(relu) value = max(value, vec4f(0.0));
  @if(has_formula) value = formula(value);
  @if(has_affine) value = fma(value, affine[block * 2u], affine[block * 2u + 1u]);
  return value;
}
fn masked(value: vec4f, passed: Packed) -> vec4f {
  return select(vec4f(0.0), value, unpack(passed) > vec4f(0.0));
}
@if(has_mask) @group(0) @binding(4) var<storage, read> mask: array<Packed>;
@if(parts) @group(0) @binding(5) var<storage, read_write> output: array<vec4f>;
@else @group(0) @binding(5) var<storage, read_write> output: array<Packed>;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
fn store(sum: vec4f, block: u32, place: u32) {
  var value = sum;
  @if(has_residual) value += unpack(residual[place]);
  value = activate(value, block);
  @if(has_mask) value = masked(value, mask[place]);
  @if(parts) output[place] = value;
  @else output[place] = pack(value);
}
override splits: u32 = 2u;
struct Shape {
  blocks: u32,
  pixels: u32,
}
@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(6) var<uniform> shape: Shape;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.pixels) { return; }
  var sum = first_sum(id.y);
  for (var part = 0u; part < splits; part++) {
    sum += input[((id.z * splits + part) * shape.blocks + id.y) * shape.pixels + id.x];
  }
  store(sum, id.y, (id.z * shape.blocks + id.y) * shape.pixels + id.x);
}
`,
  conv2d: `fn quotient(a: u32, b: u32) -> u32 {
  var low = u32(f32(a) / f32(b));
  low -= select(0u, 1u, low * b > a);
  return low + select(0u, 1u, a - low * b >= b);
}
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
@if(has_bias) @group(0) @binding(1) var<storage, read> bias: array<vec4f>;
fn first_sum(block: u32) -> vec4f {
  @if(has_bias) return bias[block];
  @else return vec4f(0.0);
}
@if(has_residual) @group(0) @binding(2) var<storage, read> residual: array<Packed>;
@if(has_formula) fn error_function(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - sum * exp(-x * x));
}
@if(has_formula) fn even_power(base: vec4f, exponent: vec4f) -> vec4f { return pow(abs(base), exponent); }
@if(has_formula) fn odd_power(base: vec4f, exponent: vec4f) -> vec4f { return sign(base) * pow(abs(base), exponent); }
@if(has_formula) fn square(x: vec4f) -> vec4f { return x * x; }
@if(has_formula) fn soft_plus(x: vec4f) -> vec4f { return max(x, vec4f(0.0)) + log(1.0 + exp(-abs(x))); }
@if(has_formula) fn formula(x: vec4f) -> vec4f {
  return error_function(x) + even_power(x, x) + odd_power(x, x) + square(x) + soft_plus(x);
}
@if(has_affine) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;
fn activate(sum: vec4f, block: u32) -> vec4f {
  var value = sum;
  @if(relu) value = max(value, vec4f(0.0));
  @if(has_formula) value = formula(value);
  @if(has_affine) value = fma(value, affine[block * 2u], affine[block * 2u + 1u]);
  return value;
}
fn masked(value: vec4f, passed: Packed) -> vec4f {
  return select(vec4f(0.0), value, unpack(passed) > vec4f(0.0));
}
@if(has_mask) @group(0) @binding(4) var<storage, read> mask: array<Packed>;
@if(parts) @group(0) @binding(5) var<storage, read_write> output: array<vec4f>;
@else @group(0) @binding(5) var<storage, read_write> output: array<Packed>;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
fn store(sum: vec4f, block: u32, place: u32) {
  var value = sum;
  @if(has_residual) value += unpack(residual[place]);
  value = activate(value, block);
  @if(has_mask) value = masked(value, mask[place]);
  @if(parts) output[place] = value;
  @else output[place] = pack(value);
}
override inputs: u32 = 1u;
@split @group(0) @binding(7) var<storage, read> input: binding_array<array<Packed>, inputs>;
struct Shape {
  input_blocks: u32,
  output_blocks: u32,
  group_outputs: u32,
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  kernel_height: u32,
  kernel_width: u32,
  stride: u32,
  padding: u32,
  dilation: u32,
  @split blocks: array<u32, inputs>,
}
@group(0) @binding(6) var<uniform> shape: Shape;
@group(0) @binding(0) var<storage, read> weight: array<Packed>;
override lanes: u32 = 8u;
override outputs: u32 = 4u;
override pixels: u32 = 4u;
override rows: u32 = 8u;
override spread: u32 = 1u;
override depth: u32 = 4u;
override weights: u32 = 16u;
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
  @split var sum: array<vec4f, outputs * pixels>;
  @unroll for (var o = 0u; o < outputs; o++) {
    @unroll for (var p = 0u; p < pixels; p++) {
      sum[o * pixels + p] = first_sum(block + o);
    }
  }
  @split var row: array<u32, pixels>;
  @split var column: array<u32, pixels>;
  @unroll for (var p = 0u; p < pixels; p++) {
    let pixel = min(first_pixel + p * lanes, last_pixel);
    row[p] = quotient(pixel, shape.output_width);
    column[p] = pixel - row[p] * shape.output_width;
  }
  @split var at: array<u32, pixels>;
  @split var inside: array<bool, pixels>;
  @split var x: array<vec4f, pixels>;
  @split var w: array<vec4f, weights>;
  @split var at_weight: array<u32, weights>;
  @split var factors: array<vec4f, 4>;
  for (var ky = 0u; ky < shape.kernel_height; ky++) {
    for (var kx = 0u; kx < shape.kernel_width; kx++) {
      @unroll for (var p = 0u; p < pixels; p++) {
        let iy = row[p] * shape.stride + ky * shape.dilation - shape.padding;
        let ix = column[p] * shape.stride + kx * shape.dilation - shape.padding;
        @if(padded) inside[p] = iy < shape.input_height && ix < shape.input_width;
        at[p] = iy * shape.input_width + ix;
        @if(padded) at[p] = select(0u, at[p], inside[p]);
      }
      let weight_row = (block * shape.kernel_height * shape.kernel_width + ky * shape.kernel_width + kx) * shape.input_blocks;
      @unroll for (var v = 0u; v < weights; v++) {
        let vector = v * spread + local.x % spread;
        at_weight[v] = (weight_row + vector / 4u * output_stride) * 4u + vector % 4u;
      }
      @unroll for (var n = 0u; n < inputs; n++) {
        var plane = (group.z * (shape.output_blocks / shape.group_outputs) + channel_group) * shape.blocks[n] * input_plane;
        for (var i = 0u; i < shape.blocks[n]; i++) {
          @unroll for (var p = 0u; p < pixels; p++) {
            x[p] = unpack(input[n][plane + at[p]]);
            @if(padded) x[p] = select(vec4f(0.0), x[p], inside[p]);
          }
          @unroll for (var v = 0u; v < weights; v++) {
            w[v] = unpack(weight[at_weight[v]]);
            at_weight[v] += 4u;
          }
          @unroll for (var o = 0u; o < outputs; o++) {
            @unroll for (var k = 0u; k < depth; k++) {
              factors[k] = w[(o * 4 + k) / spread];
              @if(broadcast) factors[k] = subgroupBroadcast(factors[k], (o * 4 + k) % spread);
            }
            @unroll for (var p = 0u; p < pixels; p++) {
              @unroll for (var k = 0u; k < depth; k++) {
                sum[o * pixels + p] = fma(factors[k], vec4f(x[p][k]), sum[o * pixels + p]);
              }
            }
          }
          plane += input_plane;
        }
      }
    }
  }
  @unroll for (var o = 0u; o < outputs; o++) {
    var plane_out = (group.z * shape.output_blocks + block + o) * output_plane;
    @if(shuffle) plane_out -= o % 4u * output_plane;
    @unroll for (var p = 0u; p < pixels; p++) {
      let pixel = first_pixel + p * lanes;
      if (pixel <= last_pixel) {
        var value = sum[o * pixels + p];
        @if(shuffle) value = vec4f(sum[o / 4 * 4 * pixels + p][o % 4u], sum[(o / 4 * 4 + 1) * pixels + p][o % 4u], sum[(o / 4 * 4 + 2) * pixels + p][o % 4u], sum[(o / 4 * 4 + 3) * pixels + p][o % 4u]);
        var at_output = plane_out + pixel;
        @if(shuffle) at_output = plane_out + (row[p] * 2u + o % 4u / 2u) * shape.output_width * 2u + column[p] * 2u + o % 2u;
        store(value, block + o, at_output);
      }
    }
  }
}
`,
  conv2dPatch: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
@if(has_bias) @group(0) @binding(1) var<storage, read> bias: array<vec4f>;
fn first_sum(block: u32) -> vec4f {
  @if(has_bias) return bias[block];
  @else return vec4f(0.0);
}
@if(has_residual) @group(0) @binding(2) var<storage, read> residual: array<Packed>;
@if(has_formula) fn error_function(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - sum * exp(-x * x));
}
@if(has_formula) fn even_power(base: vec4f, exponent: vec4f) -> vec4f { return pow(abs(base), exponent); }
@if(has_formula) fn odd_power(base: vec4f, exponent: vec4f) -> vec4f { return sign(base) * pow(abs(base), exponent); }
@if(has_formula) fn square(x: vec4f) -> vec4f { return x * x; }
@if(has_formula) fn soft_plus(x: vec4f) -> vec4f { return max(x, vec4f(0.0)) + log(1.0 + exp(-abs(x))); }
@if(has_formula) fn formula(x: vec4f) -> vec4f {
  return error_function(x) + even_power(x, x) + odd_power(x, x) + square(x) + soft_plus(x);
}
@if(has_affine) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;
fn activate(sum: vec4f, block: u32) -> vec4f {
  var value = sum;
  @if(relu) value = max(value, vec4f(0.0));
  @if(has_formula) value = formula(value);
  @if(has_affine) value = fma(value, affine[block * 2u], affine[block * 2u + 1u]);
  return value;
}
fn masked(value: vec4f, passed: Packed) -> vec4f {
  return select(vec4f(0.0), value, unpack(passed) > vec4f(0.0));
}
@if(has_mask) @group(0) @binding(4) var<storage, read> mask: array<Packed>;
@if(parts) @group(0) @binding(5) var<storage, read_write> output: array<vec4f>;
@else @group(0) @binding(5) var<storage, read_write> output: array<Packed>;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
fn store(sum: vec4f, block: u32, place: u32) {
  var value = sum;
  @if(has_residual) value += unpack(residual[place]);
  value = activate(value, block);
  @if(has_mask) value = masked(value, mask[place]);
  @if(parts) output[place] = value;
  @else output[place] = pack(value);
}
override lanes: u32 = 8u;
override rows: u32 = 8u;
override spread: u32 = 1u;
struct Shape {
  input_blocks: u32,
  output_blocks: u32,
  group_outputs: u32,
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  padding: u32,
  tiles_across: u32,
  tiles: u32,
}
override weights: u32 = 36u;
@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(6) var<uniform> shape: Shape;
@group(0) @binding(7) var<storage, read> input0: array<Packed>;
@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let block = group.y * rows + local.y;
  if (block >= shape.output_blocks) { return; }
  let tile = min(group.x * lanes + local.x, shape.tiles - 1u);
  let row = tile / shape.tiles_across * 4u;
  let column = tile % shape.tiles_across * 4u;
  let input_plane = shape.input_height * shape.input_width;
  let groups = shape.output_blocks / shape.group_outputs;
  @split var sum: array<vec4f, 16>;
  @unroll for (var p = 0u; p < 16u; p++) {
    sum[p] = first_sum(block);
  }
  @split var x: array<vec4f, 36>;
  @split var w: array<vec4f, weights>;
  @split var factors: array<vec4f, 4>;
  var plane = (group.z * groups + block / shape.group_outputs) * shape.input_blocks * input_plane;
  for (var i = 0u; i < shape.input_blocks; i++) {
    @unroll for (var v = 0u; v < weights; v++) {
      let vector = min(v * spread + local.x % spread, 35u);
      w[v] = unpack(weight[((block * 9u + vector / 4u) * shape.input_blocks + i) * 4u + vector % 4u]);
    }
    @unroll for (var py = 0u; py < 6u; py++) {
      let iy = row + py - shape.padding;
      @unroll for (var px = 0u; px < 6u; px++) {
        let ix = column + px - shape.padding;
        let inside = iy < shape.input_height && ix < shape.input_width;
        let value = unpack(input0[plane + select(0u, iy * shape.input_width + ix, inside)]);
        x[py * 6 + px] = select(vec4f(0.0), value, inside);
      }
    }
    @unroll for (var tap = 0u; tap < 9u; tap++) {
      @unroll for (var k = 0u; k < 4u; k++) {
        factors[k] = w[(tap * 4 + k) / spread];
        @if(broadcast) factors[k] = subgroupBroadcast(factors[k], (tap * 4 + k) % spread);
      }
      @unroll for (var p = 0u; p < 16u; p++) {
        @unroll for (var k = 0u; k < 4u; k++) {
          sum[p] = fma(factors[k], vec4f(x[(p / 4 + tap / 3) * 6 + p % 4 + tap % 3][k]), sum[p]);
        }
      }
    }
    plane += input_plane;
  }
  let plane_out = (group.z * shape.output_blocks + block) * shape.output_height * shape.output_width;
  @unroll for (var p = 0u; p < 16u; p++) {
    let y = row + p / 4u;
    let x = column + p % 4u;
    if (y < shape.output_height && x < shape.output_width) {
      store(sum[p], block, plane_out + y * shape.output_width + x);
    }
  }
}
`,
  conv2dPointwise: `@if(f16) alias Pair = vec4u;
@else alias Pair = mat2x4f;
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn left(p: Pair) -> Packed { return p.xy; }
@else fn left(p: Pair) -> Packed { return p[0]; }
@if(f16) fn pair(a: Packed, b: Packed) -> Pair { return vec4u(a, b); }
@else fn pair(a: Packed, b: Packed) -> Pair { return Pair(a, b); }
@if(f16) fn right(p: Pair) -> Packed { return p.zw; }
@else fn right(p: Pair) -> Packed { return p[1]; }
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
@if(has_formula) fn error_function(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - sum * exp(-x * x));
}
@if(has_formula) fn even_power(base: vec4f, exponent: vec4f) -> vec4f { return pow(abs(base), exponent); }
@if(has_formula) fn odd_power(base: vec4f, exponent: vec4f) -> vec4f { return sign(base) * pow(abs(base), exponent); }
@if(has_formula) fn square(x: vec4f) -> vec4f { return x * x; }
@if(has_formula) fn soft_plus(x: vec4f) -> vec4f { return max(x, vec4f(0.0)) + log(1.0 + exp(-abs(x))); }
@if(has_formula) fn formula(x: vec4f) -> vec4f {
  return error_function(x) + even_power(x, x) + odd_power(x, x) + square(x) + soft_plus(x);
}
@if(has_affine) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;
fn activate(sum: vec4f, block: u32) -> vec4f {
  var value = sum;
  @if(relu) value = max(value, vec4f(0.0));
  @if(has_formula) value = formula(value);
  @if(has_affine) value = fma(value, affine[block * 2u], affine[block * 2u + 1u]);
  return value;
}
@if(has_bias) @group(0) @binding(1) var<storage, read> bias: array<vec4f>;
fn first_sum(block: u32) -> vec4f {
  @if(has_bias) return bias[block];
  @else return vec4f(0.0);
}
fn masked(value: vec4f, passed: Packed) -> vec4f {
  return select(vec4f(0.0), value, unpack(passed) > vec4f(0.0));
}
override lanes: u32 = 8u;
override outputs: u32 = 4u;
override pixels: u32 = 4u;
override rows: u32 = 8u;
override spread: u32 = 1u;
override inputs: u32 = 1u;
override weights: u32 = 8u;
struct Shape {
  input_blocks: u32,
  output_blocks: u32,
  group_outputs: u32,
  pairs: u32,
  @split blocks: array<u32, inputs>,
}
@group(0) @binding(0) var<storage, read> weight: array<Pair>;
@if(has_residual) @group(0) @binding(2) var<storage, read> residual: array<Pair>;
@if(has_mask) @group(0) @binding(4) var<storage, read> mask: array<Pair>;
@group(0) @binding(5) var<storage, read_write> output: array<Pair>;
@group(0) @binding(6) var<uniform> shape: Shape;
@split @group(0) @binding(7) var<storage, read> input: binding_array<array<Pair>, inputs>;
@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let block = (group.y * rows + local.y) * outputs;
  if (block >= shape.output_blocks) { return; }
  let first = group.x * (lanes * pixels / 2u) + local.x;
  let channel_group = block / shape.group_outputs;
  let group_row = group.z * (shape.output_blocks / shape.group_outputs) + channel_group;
  @split var sum: array<vec4f, outputs * pixels>;
  @unroll for (var o = 0u; o < outputs; o++) {
    @unroll for (var p = 0u; p < pixels; p++) {
      sum[o * pixels + p] = first_sum(block + o);
    }
  }
  @split var at: array<u32, pixels / 2>;
  @unroll for (var p = 0u; p < pixels / 2u; p++) {
    at[p] = min(first + p * lanes, shape.pairs - 1u);
  }
  @split var at_weight: array<u32, weights>;
  @unroll for (var v = 0u; v < weights; v++) {
    let vectors = v * spread + local.x % spread;
    @if(!transposed) at_weight[v] = (block + vectors / 2u) * shape.input_blocks * 2u + vectors % 2u;
    @else at_weight[v] = (channel_group * shape.input_blocks * shape.group_outputs + block % shape.group_outputs) * 2u + vectors;
  }
  @split var x: array<vec4f, pixels>;
  @split var w: array<vec4f, weights * 2>;
  @split var factors: array<vec4f, 4>;
  @unroll for (var n = 0u; n < inputs; n++) {
    var plane = group_row * shape.blocks[n] * shape.pairs;
    for (var i = 0u; i < shape.blocks[n]; i++) {
      @unroll for (var p = 0u; p < pixels / 2u; p++) {
        let loaded = input[n][plane + at[p]];
        x[p * 2] = unpack(left(loaded));
        x[p * 2 + 1] = unpack(right(loaded));
      }
      @unroll for (var v = 0u; v < weights; v++) {
        let loaded = weight[at_weight[v]];
        w[v * 2] = unpack(left(loaded));
        w[v * 2 + 1] = unpack(right(loaded));
        @if(!transposed) at_weight[v] += 2u;
        @else at_weight[v] += shape.group_outputs * 2u;
      }
      @unroll for (var o = 0u; o < outputs; o++) {
        @unroll for (var k = 0u; k < 4u; k++) {
          factors[k] = w[(o * 2 + k / 2) / spread * 2 + k % 2];
          @if(broadcast) factors[k] = subgroupBroadcast(factors[k], (o * 2 + k / 2) % spread);
        }
        @if(transposed) {
          let turned = transpose(mat4x4f(factors[0], factors[1], factors[2], factors[3]));
          @unroll for (var k = 0u; k < 4u; k++) { factors[k] = turned[k]; }
        }
        @unroll for (var p = 0u; p < pixels; p++) {
          @unroll for (var k = 0u; k < 4u; k++) {
            sum[o * pixels + p] = fma(factors[k], vec4f(x[p][k]), sum[o * pixels + p]);
          }
        }
      }
      plane += shape.pairs;
    }
  }
  @unroll for (var o = 0u; o < outputs; o++) {
    let plane_out = (group.z * shape.output_blocks + block + o) * shape.pairs;
    @unroll for (var p = 0u; p < pixels / 2u; p++) {
      let pixel = first + p * lanes;
      if (pixel < shape.pairs) {
        let place = plane_out + pixel;
        var a = sum[o * pixels + p * 2];
        var b = sum[o * pixels + p * 2 + 1];
        @if(has_residual) {
          let added = residual[place];
          a += unpack(left(added));
          b += unpack(right(added));
        }
        a = activate(a, block + o);
        b = activate(b, block + o);
        @if(has_mask) {
          let passed = mask[place];
          a = masked(a, left(passed));
          b = masked(b, right(passed));
        }
        output[place] = pair(pack(a), pack(b));
      }
    }
  }
}
`,
  conv2dShared: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
@if(has_bias) @group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@if(has_residual) @group(0) @binding(2) var<storage, read> residual: array<Packed>;
@if(has_formula) fn error_function(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - sum * exp(-x * x));
}
@if(has_formula) fn even_power(base: vec4f, exponent: vec4f) -> vec4f { return pow(abs(base), exponent); }
@if(has_formula) fn odd_power(base: vec4f, exponent: vec4f) -> vec4f { return sign(base) * pow(abs(base), exponent); }
@if(has_formula) fn square(x: vec4f) -> vec4f { return x * x; }
@if(has_formula) fn soft_plus(x: vec4f) -> vec4f { return max(x, vec4f(0.0)) + log(1.0 + exp(-abs(x))); }
@if(has_formula) fn formula(x: vec4f) -> vec4f {
  return error_function(x) + even_power(x, x) + odd_power(x, x) + square(x) + soft_plus(x);
}
@if(has_affine) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;
fn activate(sum: vec4f, block: u32) -> vec4f {
  var value = sum;
  @if(relu) value = max(value, vec4f(0.0));
  @if(has_formula) value = formula(value);
  @if(has_affine) value = fma(value, affine[block * 2u], affine[block * 2u + 1u]);
  return value;
}
fn masked(value: vec4f, passed: Packed) -> vec4f {
  return select(vec4f(0.0), value, unpack(passed) > vec4f(0.0));
}
@if(has_mask) @group(0) @binding(4) var<storage, read> mask: array<Packed>;
@if(parts) @group(0) @binding(5) var<storage, read_write> output: array<vec4f>;
@else @group(0) @binding(5) var<storage, read_write> output: array<Packed>;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
fn store(sum: vec4f, block: u32, place: u32) {
  var value = sum;
  @if(has_residual) value += unpack(residual[place]);
  value = activate(value, block);
  @if(has_mask) value = masked(value, mask[place]);
  @if(parts) output[place] = value;
  @else output[place] = pack(value);
}
override inputs: u32 = 1u;
@split @group(0) @binding(7) var<storage, read> input: binding_array<array<Packed>, inputs>;
struct Shape {
  input_blocks: u32,
  output_blocks: u32,
  group_outputs: u32,
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  kernel_height: u32,
  kernel_width: u32,
  stride: u32,
  padding: u32,
  dilation: u32,
  @split blocks: array<u32, inputs>,
}
@group(0) @binding(6) var<uniform> shape: Shape;
@group(0) @binding(0) var<storage, read> weight: array<Packed>;
override lanes: u32 = 8u;
override outputs: u32 = 4u;
override pixels: u32 = 4u;
override rows: u32 = 8u;
override depth: u32 = 4u;
override splits: u32 = 1u;
const threads: u32 = lanes * rows;
const tile_pixels: u32 = lanes * pixels;
const tile_weights: u32 = rows * outputs * depth * 4u;
override buffers: u32 = 1u;
var<workgroup> tile_x: array<vec4f, tile_pixels * depth * buffers>;
var<workgroup> tile_w: array<vec4f, tile_weights * buffers>;
@compute @workgroup_size(lanes, rows)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let image = group.z / splits;
  let part = group.z % splits;
  let first_block = group.y * rows * outputs;
  let block = first_block + local.y * outputs;
  let output_plane = shape.output_height * shape.output_width;
  let input_plane = shape.input_height * shape.input_width;
  let taps = shape.kernel_height * shape.kernel_width;
  let loaded = group.x * tile_pixels + index % tile_pixels;
  let row = loaded / shape.output_width * shape.stride - shape.padding;
  let column = loaded % shape.output_width * shape.stride - shape.padding;
  @split var sum: array<vec4f, outputs * pixels>;
  @unroll for (var s = 0u; s < outputs * pixels; s++) {
    sum[s] = vec4f(0.0);
  }
  @split var x: array<vec4f, pixels>;
  var buffer = 0u;
  for (var tap = 0u; tap < taps; tap++) {
    let iy = row + tap / shape.kernel_width * shape.dilation;
    let ix = column + tap % shape.kernel_width * shape.dilation;
    let inside = loaded < output_plane && iy < shape.input_height && ix < shape.input_width;
    let at = iy * shape.input_width + ix;
    var start = 0u;
    @unroll for (var n = 0u; n < inputs; n++) {
      let plane = (image * (shape.output_blocks / shape.group_outputs) + first_block / shape.group_outputs) * shape.blocks[n];
      for (var i = part * depth; i < shape.blocks[n]; i += splits * depth) {
        for (var k = index / tile_pixels; k < depth; k += threads / tile_pixels) {
          let used = inside && i + k < shape.blocks[n];
          let value = unpack(input[n][select(0u, (plane + i + k) * input_plane + at, used)]);
          tile_x[(buffer * depth + k) * tile_pixels + index % tile_pixels] = select(vec4f(0.0), value, used);
        }
        for (var v = index; v < tile_weights; v += threads) {
          let o = first_block + v / (depth * 4u);
          let k = i * 4u + v % (depth * 4u);
          let used = o < shape.output_blocks && k < shape.blocks[n] * 4u;
          let source = ((o * taps + tap) * shape.input_blocks + start) * 4u + k;
          tile_w[buffer * tile_weights + v] = select(vec4f(0.0), unpack(weight[select(0u, source, used)]), used);
        }
        workgroupBarrier();
        for (var k = 0u; k < depth; k++) {
          @unroll for (var p = 0u; p < pixels; p++) {
            x[p] = tile_x[(buffer * depth + k) * tile_pixels + p * lanes + local.x];
          }
          @unroll for (var o = 0u; o < outputs; o++) {
            @unroll for (var c = 0u; c < 4u; c++) {
              let w = tile_w[buffer * tile_weights + ((local.y * outputs + o) * depth + k) * 4u + c];
              @unroll for (var p = 0u; p < pixels; p++) {
                sum[o * pixels + p] = fma(w, vec4f(x[p][c]), sum[o * pixels + p]);
              }
            }
          }
        }
        @if(double) buffer = 1u - buffer;
        @else workgroupBarrier();
      }
      start += shape.blocks[n];
    }
  }
  @unroll for (var o = 0u; o < outputs; o++) {
    let plane_out = (group.z * shape.output_blocks + block + o) * output_plane;
    @unroll for (var p = 0u; p < pixels; p++) {
      let pixel = group.x * tile_pixels + p * lanes + local.x;
      if (pixel < output_plane && block + o < shape.output_blocks) {
        var value = sum[o * pixels + p];
        @if(has_bias) value += bias[block + o];
        store(value, block + o, plane_out + pixel);
      }
    }
  }
}
`,
  cropWeight: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
override side: u32 = 3u;
override border: u32 = 1u;
override inputs: u32 = 4u;
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
  depthwise: `override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
@if(has_bias) @group(0) @binding(1) var<storage, read> bias: array<vec4f>;
fn first_sum(block: u32) -> vec4f {
  @if(has_bias) return bias[block];
  @else return vec4f(0.0);
}
@if(has_residual) @group(0) @binding(2) var<storage, read> residual: array<Packed>;
@if(has_formula) fn error_function(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - sum * exp(-x * x));
}
@if(has_formula) fn even_power(base: vec4f, exponent: vec4f) -> vec4f { return pow(abs(base), exponent); }
@if(has_formula) fn odd_power(base: vec4f, exponent: vec4f) -> vec4f { return sign(base) * pow(abs(base), exponent); }
@if(has_formula) fn square(x: vec4f) -> vec4f { return x * x; }
@if(has_formula) fn soft_plus(x: vec4f) -> vec4f { return max(x, vec4f(0.0)) + log(1.0 + exp(-abs(x))); }
@if(has_formula) fn formula(x: vec4f) -> vec4f {
  return error_function(x) + even_power(x, x) + odd_power(x, x) + square(x) + soft_plus(x);
}
@if(has_affine) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;
fn activate(sum: vec4f, block: u32) -> vec4f {
  var value = sum;
  @if(relu) value = max(value, vec4f(0.0));
  @if(has_formula) value = formula(value);
  @if(has_affine) value = fma(value, affine[block * 2u], affine[block * 2u + 1u]);
  return value;
}
fn masked(value: vec4f, passed: Packed) -> vec4f {
  return select(vec4f(0.0), value, unpack(passed) > vec4f(0.0));
}
@if(has_mask) @group(0) @binding(4) var<storage, read> mask: array<Packed>;
@if(parts) @group(0) @binding(5) var<storage, read_write> output: array<vec4f>;
@else @group(0) @binding(5) var<storage, read_write> output: array<Packed>;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
fn store(sum: vec4f, block: u32, place: u32) {
  var value = sum;
  @if(has_residual) value += unpack(residual[place]);
  value = activate(value, block);
  @if(has_mask) value = masked(value, mask[place]);
  @if(parts) output[place] = value;
  @else output[place] = pack(value);
}
override blocks: u32 = 1u;
override side: u32 = 1u;
override stride: u32 = 1u;
override padding: u32 = 0u;
override dilation: u32 = 1u;
override pixels: u32 = 4u;
override lanes: u32 = 64u;
@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(7) var<storage, read> input: array<Packed>;
@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let block = group.y % blocks;
  let first_pixel = group.x * (lanes * pixels) + local.x;
  let last_pixel = output_height * output_width - 1u;
  let plane = group.y * input_height * input_width;
  @split var sum: array<vec4f, pixels>;
  @split var row: array<u32, pixels>;
  @split var column: array<u32, pixels>;
  @unroll for (var p = 0u; p < pixels; p++) {
    let pixel = min(first_pixel + p * lanes, last_pixel);
    sum[p] = first_sum(block);
    row[p] = pixel / output_width * stride - padding;
    column[p] = pixel % output_width * stride - padding;
  }
  for (var ky = 0u; ky < side; ky++) {
    for (var kx = 0u; kx < side; kx++) {
      let w = unpack(weight[(block * side + ky) * side + kx]);
      @unroll for (var p = 0u; p < pixels; p++) {
        let iy = row[p] + ky * dilation;
        let ix = column[p] + kx * dilation;
        let inside = iy < input_height && ix < input_width;
        let x = unpack(input[select(0u, plane + iy * input_width + ix, inside)]);
        sum[p] = fma(w, select(vec4f(0.0), x, inside), sum[p]);
      }
    }
  }
  @unroll for (var p = 0u; p < pixels; p++) {
    let pixel = first_pixel + p * lanes;
    if (pixel <= last_pixel) { store(sum[p], block, group.y * (last_pixel + 1u) + pixel); }
  }
}
`,
  winogradInput: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
struct Tile {
  image: u32,
  row: u32,
  column: u32,
}
fn find_tile(number: u32, across: u32, down: u32) -> Tile {
  let image = number / (across * down);
  return Tile(image, number / across - image * down, number % across);
}
const root: f32 = 1.4142135623730951;
struct Shape {
  input_height: u32,
  input_width: u32,
  padding: u32,
  blocks: u32,
  all_blocks: u32,
  start: u32,
  tiles_across: u32,
  tiles_down: u32,
  first_tile: u32,
  tiles: u32,
}
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@group(0) @binding(2) var<uniform> shape: Shape;
@if(normalized) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.tiles) { return; }
  let tile = find_tile(shape.first_tile + id.x, shape.tiles_across, shape.tiles_down);
  let plane = (tile.image * shape.blocks + id.y) * shape.input_height * shape.input_width;
  @split var d: array<vec4f, 36>;
  @unroll for (var y = 0u; y < 6u; y++) {
    let iy = tile.row * 4u + y - shape.padding;
    @unroll for (var x = 0u; x < 6u; x++) {
      let ix = tile.column * 4u + x - shape.padding;
      let inside = iy < shape.input_height && ix < shape.input_width;
      var value = unpack(input[plane + select(0u, iy * shape.input_width + ix, inside)]);
      @if(normalized) value = max(fma(value, affine[id.y * 2u], affine[id.y * 2u + 1u]), vec4f(0.0));
      d[y * 6 + x] = select(vec4f(0.0), value, inside);
    }
  }
  @unroll for (var x = 0u; x < 6u; x++) {
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
  @unroll for (var y = 0u; y < 6u; y++) {
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
  winogradOutput: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
@if(has_bias) @group(0) @binding(1) var<storage, read> bias: array<vec4f>;
fn first_sum(block: u32) -> vec4f {
  @if(has_bias) return bias[block];
  @else return vec4f(0.0);
}
@if(has_residual) @group(0) @binding(2) var<storage, read> residual: array<Packed>;
@if(has_formula) fn error_function(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - sum * exp(-x * x));
}
@if(has_formula) fn even_power(base: vec4f, exponent: vec4f) -> vec4f { return pow(abs(base), exponent); }
@if(has_formula) fn odd_power(base: vec4f, exponent: vec4f) -> vec4f { return sign(base) * pow(abs(base), exponent); }
@if(has_formula) fn square(x: vec4f) -> vec4f { return x * x; }
@if(has_formula) fn soft_plus(x: vec4f) -> vec4f { return max(x, vec4f(0.0)) + log(1.0 + exp(-abs(x))); }
@if(has_formula) fn formula(x: vec4f) -> vec4f {
  return error_function(x) + even_power(x, x) + odd_power(x, x) + square(x) + soft_plus(x);
}
@if(has_affine) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;
fn activate(sum: vec4f, block: u32) -> vec4f {
  var value = sum;
  @if(relu) value = max(value, vec4f(0.0));
  @if(has_formula) value = formula(value);
  @if(has_affine) value = fma(value, affine[block * 2u], affine[block * 2u + 1u]);
  return value;
}
fn masked(value: vec4f, passed: Packed) -> vec4f {
  return select(vec4f(0.0), value, unpack(passed) > vec4f(0.0));
}
@if(has_mask) @group(0) @binding(4) var<storage, read> mask: array<Packed>;
@if(parts) @group(0) @binding(5) var<storage, read_write> output: array<vec4f>;
@else @group(0) @binding(5) var<storage, read_write> output: array<Packed>;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
fn store(sum: vec4f, block: u32, place: u32) {
  var value = sum;
  @if(has_residual) value += unpack(residual[place]);
  value = activate(value, block);
  @if(has_mask) value = masked(value, mask[place]);
  @if(parts) output[place] = value;
  @else output[place] = pack(value);
}
struct Shape {
  output_height: u32,
  output_width: u32,
  blocks: u32,
  tiles_across: u32,
  tiles_down: u32,
  first_tile: u32,
  tiles: u32,
}
struct Tile {
  image: u32,
  row: u32,
  column: u32,
}
fn find_tile(number: u32, across: u32, down: u32) -> Tile {
  let image = number / (across * down);
  return Tile(image, number / across - image * down, number % across);
}
const root: f32 = 1.4142135623730951;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(6) var<uniform> shape: Shape;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.tiles) { return; }
  let tile = find_tile(shape.first_tile + id.x, shape.tiles_across, shape.tiles_down);
  @split var rows: array<vec4f, 24>;
  let step = shape.blocks * shape.tiles;
  let at = id.y * shape.tiles + id.x;
  @unroll for (var x = 0u; x < 6u; x++) {
    let m0 = unpack(input[at + x * step]);
    let m1 = unpack(input[at + (x + 6u) * step]);
    let m2 = unpack(input[at + (x + 12u) * step]);
    let m3 = unpack(input[at + (x + 18u) * step]);
    let m4 = unpack(input[at + (x + 24u) * step]);
    let m5 = unpack(input[at + (x + 30u) * step]);
    rows[x] = m0 + (m1 + m2) + (m3 + m4);
    rows[6 + x] = root * (0.5 * (m1 - m2) + (m3 - m4));
    rows[12 + x] = 0.5 * (m1 + m2) + 2.0 * (m3 + m4);
    rows[18 + x] = root * (0.25 * (m1 - m2) + 2.0 * (m3 - m4)) + m5;
  }
  let first = first_sum(id.y);
  let plane = (tile.image * shape.blocks + id.y) * shape.output_height * shape.output_width;
  @split var v: array<vec4f, 4>;
  @unroll for (var y = 0u; y < 4u; y++) {
    let sum1 = rows[y * 6 + 1] + rows[y * 6 + 2];
    let difference1 = rows[y * 6 + 1] - rows[y * 6 + 2];
    let sum2 = rows[y * 6 + 3] + rows[y * 6 + 4];
    let difference2 = rows[y * 6 + 3] - rows[y * 6 + 4];
    v[0] = rows[y * 6] + sum1 + sum2;
    v[1] = root * (0.5 * difference1 + difference2);
    v[2] = 0.5 * sum1 + 2.0 * sum2;
    v[3] = root * (0.25 * difference1 + 2.0 * difference2) + rows[y * 6 + 5];
    let oy = tile.row * 4u + y;
    @unroll for (var x = 0u; x < 4u; x++) {
      let ox = tile.column * 4u + x;
      if (oy < shape.output_height && ox < shape.output_width) {
        store(v[x] + first, id.y, plane + oy * shape.output_width + ox);
      }
    }
  }
}
`,
  winogradWeight: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
const root: f32 = 1.4142135623730951;
override inputs: u32 = 4u;
override output_blocks: u32 = 1u;
@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  @if(ragged) if (id.x >= inputs) { return; }
  @split var rows: array<vec4f, 18>;
  @unroll for (var x = 0u; x < 3u; x++) {
    let g0 = unpack(weight[(id.y * 9u + x) * inputs + id.x]);
    let g1 = unpack(weight[(id.y * 9u + 3u + x) * inputs + id.x]);
    let g2 = unpack(weight[(id.y * 9u + 6u + x) * inputs + id.x]);
    rows[x] = g0;
    rows[3 + x] = (-2.0 * g0 - root * g1 - g2) / 3.0;
    rows[6 + x] = (-2.0 * g0 + root * g1 - g2) / 3.0;
    rows[9 + x] = (g0 + root * g1 + 2.0 * g2) / 6.0;
    rows[12 + x] = (g0 - root * g1 + 2.0 * g2) / 6.0;
    rows[15 + x] = g2;
  }
  let step = output_blocks * inputs;
  var at = id.y * inputs + id.x;
  @unroll for (var y = 0u; y < 6u; y++) {
    output[at] = pack(rows[y * 3]);
    output[at + step] = pack((-2.0 * rows[y * 3] - root * rows[y * 3 + 1] - rows[y * 3 + 2]) / 3.0);
    output[at + 2u * step] = pack((-2.0 * rows[y * 3] + root * rows[y * 3 + 1] - rows[y * 3 + 2]) / 3.0);
    output[at + 3u * step] = pack((rows[y * 3] + root * rows[y * 3 + 1] + 2.0 * rows[y * 3 + 2]) / 6.0);
    output[at + 4u * step] = pack((rows[y * 3] - root * rows[y * 3 + 1] + 2.0 * rows[y * 3 + 2]) / 6.0);
    output[at + 5u * step] = pack(rows[y * 3 + 2]);
    at += 6u * step;
  }
}
`,
  activation: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override pixels: u32 = 1u;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  var value = unpack(input[at]);
  @if(relu) value = max(value, vec4f(0.0));
  @if(sigmoid) value = 1.0 / (1.0 + exp(-value));
  output[at] = pack(value);
}
`,
  add: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override pixels: u32 = 1u;
@group(0) @binding(0) var<storage, read> a: array<Packed>;
@group(0) @binding(1) var<storage, read> b: array<Packed>;
@group(0) @binding(2) var<storage, read_write> output: array<Packed>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  var value = unpack(a[at]) + unpack(b[at]);
  @if(relu) value = max(value, vec4f(0.0));
  output[at] = pack(value);
}
`,
  channelMean: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override pixels: u32 = 1u;
override blocks: u32 = 1u;
override channels: u32 = 4u;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  var sum = vec4f(0.0);
  for (var block = 0u; block < blocks; block++) {
    sum += unpack(input[(id.y * blocks + block) * pixels + id.x]);
  }
  output[id.y * pixels + id.x] = pack(vec4f(dot(sum, vec4f(1.0)) / f32(channels), 0.0, 0.0, 0.0));
}
`,
  channelSoftmax: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override pixels: u32 = 1u;
override blocks: u32 = 1u;
override last: u32 = 4u;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
fn load(at: u32, block: u32) -> vec4f {
  let value = unpack(input[at]);
  let padded = block == blocks - 1u;
  return select(value, vec4f(-3.4028234e38), vec4<bool>(padded) & (vec4u(0u, 1u, 2u, 3u) >= vec4u(last)));
}
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let start = id.y * blocks * pixels + id.x;
  var best = vec4f(-3.4028234e38);
  for (var block = 0u; block < blocks; block++) { best = max(best, load(start + block * pixels, block)); }
  let largest = vec4f(max(max(best.x, best.y), max(best.z, best.w)));
  var sum = vec4f(0.0);
  for (var block = 0u; block < blocks; block++) { sum += exp(load(start + block * pixels, block) - largest); }
  let total = dot(sum, vec4f(1.0));
  for (var block = 0u; block < blocks; block++) {
    let at = start + block * pixels;
    output[at] = pack(exp(load(at, block) - largest) / total);
  }
}
`,
  concat: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override pixels: u32 = 1u;
override output_blocks: u32 = 1u;
override inputs: u32 = 1u;
struct Shape {
  @split start: array<u32, inputs>,
  @split channels: array<u32, inputs>,
}
@group(0) @binding(0) var<storage, read_write> output: array<Packed>;
@group(0) @binding(1) var<uniform> shape: Shape;
@split @group(0) @binding(2) var<storage, read> input: binding_array<array<Packed>, inputs>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  var value = vec4f(0.0);
  @if(whole) @unroll for (var n = 0u; n < inputs; n++) {
    if (id.y >= shape.start[n] / 4u && id.y < (shape.start[n] + shape.channels[n]) / 4u) {
      value = unpack(input[n][(id.z * (shape.channels[n] / 4u) + id.y - shape.start[n] / 4u) * pixels + id.x]);
    }
  }
  @else for (var k = 0u; k < 4u; k++) {
    let channel = id.y * 4u + k;
    @unroll for (var n = 0u; n < inputs; n++) {
      if (channel >= shape.start[n] && channel < shape.start[n] + shape.channels[n]) {
        let block = id.z * ((shape.channels[n] + 3u) / 4u) + (channel - shape.start[n]) / 4u;
        value[k] = unpack(input[n][block * pixels + id.x])[(channel - shape.start[n]) % 4u];
      }
    }
  }
  output[(id.z * output_blocks + id.y) * pixels + id.x] = pack(value);
}
`,
  leakyRelu: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override pixels: u32 = 1u;
override slope: f32 = 0.01;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@if(backward) @group(0) @binding(1) var<storage, read> gradient: array<Packed>;
@group(0) @binding(2) var<storage, read_write> output: array<Packed>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  let x = unpack(input[at]);
  var value = x;
  @if(backward) value = unpack(gradient[at]);
  output[at] = pack(select(slope * value, value, x > vec4f(0.0)));
}
`,
  pointwise: `@if(has_formula) fn error_function(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - sum * exp(-x * x));
}
@if(has_formula) fn even_power(base: vec4f, exponent: vec4f) -> vec4f { return pow(abs(base), exponent); }
@if(has_formula) fn odd_power(base: vec4f, exponent: vec4f) -> vec4f { return sign(base) * pow(abs(base), exponent); }
@if(has_formula) fn square(x: vec4f) -> vec4f { return x * x; }
@if(has_formula) fn soft_plus(x: vec4f) -> vec4f { return max(x, vec4f(0.0)) + log(1.0 + exp(-abs(x))); }
@if(has_formula) fn formula(x: vec4f) -> vec4f {
  return error_function(x) + even_power(x, x) + odd_power(x, x) + square(x) + soft_plus(x);
}
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override pixels: u32 = 1u;
override blocks: u32 = 1u;
override last: u32 = 4u;
override inputs: u32 = 1u;
@group(0) @binding(0) var<storage, read_write> output: array<Packed>;
@if(has_parameters) @group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
@split @group(0) @binding(2) var<storage, read> input: binding_array<array<Packed>, inputs>;
fn evaluate(at: u32, plane: u32, block: u32, pixel: u32, image: u32) -> vec4f {
  @if(has_formula) return formula(unpack(input[0][at]));
  @else return unpack(input[0][at]);
}
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let block = id.y % blocks;
  var value = evaluate(id.y * pixels + id.x, id.y, block, id.x, id.y / blocks);
  @if(partial) if (block == blocks - 1u) { value = select(value, vec4f(0.0), vec4u(0u, 1u, 2u, 3u) >= vec4u(last)); }
  output[id.y * pixels + id.x] = pack(value);
}
`,
  bceOfClasses: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
const threads: u32 = 256u;
var<workgroup> sums: array<f32, threads>;
fn sum_threads(value: f32, thread: u32) -> f32 {
  sums[thread] = value;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  return sums[0];
}
const unknown = 255.0;
override images: u32 = 1u;
override pixels: u32 = 1u;
override classes: u32 = 2u;
override blocks: u32 = 1u;
override step: u32 = 256u;
@group(0) @binding(0) var<storage, read> logits: array<Packed>;
@group(0) @binding(1) var<storage, read> target_mask: array<f32>;
@group(0) @binding(2) var<storage, read> control: array<f32>;
@group(0) @binding(3) var<uniform> weight: vec4f;
@group(0) @binding(4) var<storage, read_write> gradient: array<Packed>;
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;
@if(has_unknown) @group(0) @binding(6) var<storage, read> known: array<f32>;
@compute @workgroup_size(threads)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  @if(has_unknown) let factor = weight.x * control[0] / (max(known[0], 1.0) * f32(classes));
  @else let factor = weight.x * control[0] / (f32(images * pixels) * f32(classes));
  var sum = 0.0;
  for (var i = id.x; i < images * blocks * pixels; i += step) {
    let plane = i / pixels;
    let number = vec4u(1u, 2u, 3u, 4u) + 4u * (plane % blocks);
    let value = u32(target_mask[plane / blocks * pixels + i % pixels]);
    @if(has_unknown) {
      if (f32(value) == unknown) { gradient[i] = pack(vec4f(0.0)); continue; }
    }
    let t = select(vec4f(0.0), vec4f(1.0), number == vec4u(value));
    let used = select(vec4f(0.0), vec4f(1.0), number <= vec4u(classes));
    let x = unpack(logits[i]);
    let e = exp(-abs(x));
    let terms = max(x, vec4f(0.0)) - x * t + select(log(1.0 + e), e - 0.5 * e * e, e < vec4f(1e-3));
    sum += dot(terms, used);
    let probability = select(e, vec4f(1.0), x >= vec4f(0.0)) / (1.0 + e);
    gradient[i] = pack((probability - t) * used * factor);
  }
  let total = sum_threads(sum, thread);
  if (thread == 0u) { partial[group.x] = total; }
}
`,
  bceWithLogits: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
const threads: u32 = 256u;
var<workgroup> sums: array<f32, threads>;
fn sum_threads(value: f32, thread: u32) -> f32 {
  sums[thread] = value;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  return sums[0];
}
const unknown = 255.0;
override count: u32 = 1u;
override step: u32 = 256u;
@group(0) @binding(0) var<storage, read> logits: array<Packed>;
@group(0) @binding(1) var<storage, read> target_mask: array<f32>;
@group(0) @binding(2) var<storage, read> control: array<f32>;
@group(0) @binding(3) var<uniform> weight: vec4f;
@group(0) @binding(4) var<storage, read_write> gradient: array<Packed>;
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;
@if(has_unknown) @group(0) @binding(6) var<storage, read> known: array<f32>;
@compute @workgroup_size(threads)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var i = id.x; i < count; i += step) {
    let x = unpack(logits[i]).x;
    let t = target_mask[i];
    @if(has_unknown) {
      if (t == unknown) { gradient[i] = pack(vec4f(0.0)); continue; }
    }
    let e = exp(-abs(x));
    sum += max(x, 0.0) - x * t + select(log(1.0 + e), e - 0.5 * e * e, e < 1e-3);
    let probability = select(e, 1.0, x >= 0.0) / (1.0 + e);
    @if(has_unknown) gradient[i] = pack(vec4f((probability - t) * (weight.x * control[0] / max(known[0], 1.0)), 0.0, 0.0, 0.0));
    @else gradient[i] = pack(vec4f((probability - t) * (weight.x * control[0] / f32(count)), 0.0, 0.0, 0.0));
  }
  let total = sum_threads(sum, thread);
  if (thread == 0u) { partial[group.x] = total; }
}
`,
  countKnown: `const threads: u32 = 256u;
var<workgroup> sums: array<f32, threads>;
fn sum_threads(value: f32, thread: u32) -> f32 {
  sums[thread] = value;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  return sums[0];
}
const unknown = 255.0;
override count: u32 = 1u;
override step: u32 = 256u;
@group(0) @binding(0) var<storage, read> target_mask: array<f32>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@compute @workgroup_size(threads)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var i = id.x; i < count; i += step) { sum += select(1.0, 0.0, target_mask[i] == unknown); }
  let total = sum_threads(sum, thread);
  if (thread == 0u) { partial[group.x] = total; }
}
`,
  mean: `const threads: u32 = 256u;
var<workgroup> sums: array<f32, threads>;
fn sum_threads(value: f32, thread: u32) -> f32 {
  sums[thread] = value;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  return sums[0];
}
override length: u32 = 1u;
override count: f32 = 1.0;
@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;
@if(has_unknown) @group(0) @binding(2) var<storage, read> known: array<f32>;
@compute @workgroup_size(threads)
fn main(@builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var i = thread; i < length; i += threads) { sum += values[i]; }
  let total = sum_threads(sum, thread);
  @if(has_unknown) { if (thread == 0u) { result[0] = total / (max(known[0], 1.0) * count); } }
  @else { if (thread == 0u) { result[0] = total / count; } }
}
`,
  softmaxGradient: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
override blocks: u32 = 1u;
override channels: u32 = 2u;
override images: u32 = 1u;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
@group(0) @binding(0) var<storage, read> logits: array<Packed>;
override pixels: u32 = 1u;
fn number_of(block: u32) -> vec4u { return vec4u(0u, 1u, 2u, 3u) + 4u * block; }
fn load(start: u32, block: u32) -> vec4f {
  return select(unpack(logits[start + block * pixels]), vec4f(-1e38), number_of(block) >= vec4u(channels));
}
fn normalizer(start: u32) -> vec2f {
  var best = vec4f(-1e38);
  for (var block = 0u; block < blocks; block++) { best = max(best, load(start, block)); }
  let largest = max(max(best.x, best.y), max(best.z, best.w));
  var sum = vec4f(0.0);
  for (var block = 0u; block < blocks; block++) { sum += exp(load(start, block) - largest); }
  return vec2f(largest, dot(sum, vec4f(1.0)));
}
fn start_of(i: u32) -> u32 { return i / pixels * blocks * pixels + i % pixels; }
@group(0) @binding(1) var<storage, read> target_mask: array<f32>;
fn target_of(i: u32, block: u32) -> vec4<bool> { return number_of(block) == vec4u(u32(target_mask[i])); }
const unknown = 255.0;
override step: u32 = 256u;
@group(0) @binding(2) var<storage, read> totals: array<vec4f>;
@group(0) @binding(3) var<storage, read> control: array<f32>;
@group(0) @binding(4) var<uniform> weight: vec4f;
@group(0) @binding(5) var<storage, read_write> gradient: array<Packed>;
fn slope(block: u32, t: vec4f) -> vec4f {
  let at = block * 4u;
  let sum = totals[at] + totals[at + 1u] + 1.0;
  let dice = (2.0 * totals[at + 2u] + 1.0) / sum;
  let number = number_of(block);
  let is_class = (number > vec4u(0u)) & (number < vec4u(channels));
  return select(vec4f(0.0), (dice - 2.0 * t) / (sum * f32(channels - 1u)), is_class);
}
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let factor = weight.x * control[0];
  for (var i = id.x; i < images * pixels; i += step) {
    let start = start_of(i);
    @if(has_unknown) {
      if (target_mask[i] == unknown) {
        for (var block = 0u; block < blocks; block++) { gradient[start + block * pixels] = pack(vec4f(0.0)); }
        continue;
      }
    }
    let of_pixel = normalizer(start);
    var mean = 0.0;
    for (var block = 0u; block < blocks; block++) {
      let p = exp(load(start, block) - of_pixel.x) / of_pixel.y;
      mean += dot(slope(block, select(vec4f(0.0), vec4f(1.0), target_of(i, block))), p);
    }
    for (var block = 0u; block < blocks; block++) {
      let p = exp(load(start, block) - of_pixel.x) / of_pixel.y;
      let t = select(vec4f(0.0), vec4f(1.0), target_of(i, block));
      @if(has_unknown) let value = (p - t) / max(totals[3].y, 1.0) + p * (slope(block, t) - mean);
      @else let value = (p - t) / f32(images * pixels) + p * (slope(block, t) - mean);
      gradient[start + block * pixels] = pack(value * factor);
    }
  }
}
`,
  softmaxSums: `const threads: u32 = 256u;
var<workgroup> sums: array<f32, threads>;
fn sum_threads(value: f32, thread: u32) -> f32 {
  sums[thread] = value;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  return sums[0];
}
override images: u32 = 1u;
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
@group(0) @binding(0) var<storage, read> logits: array<Packed>;
override pixels: u32 = 1u;
fn number_of(block: u32) -> vec4u { return vec4u(0u, 1u, 2u, 3u) + 4u * block; }
override channels: u32 = 2u;
fn load(start: u32, block: u32) -> vec4f {
  return select(unpack(logits[start + block * pixels]), vec4f(-1e38), number_of(block) >= vec4u(channels));
}
override blocks: u32 = 1u;
fn normalizer(start: u32) -> vec2f {
  var best = vec4f(-1e38);
  for (var block = 0u; block < blocks; block++) { best = max(best, load(start, block)); }
  let largest = max(max(best.x, best.y), max(best.z, best.w));
  var sum = vec4f(0.0);
  for (var block = 0u; block < blocks; block++) { sum += exp(load(start, block) - largest); }
  return vec2f(largest, dot(sum, vec4f(1.0)));
}
fn start_of(i: u32) -> u32 { return i / pixels * blocks * pixels + i % pixels; }
@group(0) @binding(1) var<storage, read> target_mask: array<f32>;
fn target_of(i: u32, block: u32) -> vec4<bool> { return number_of(block) == vec4u(u32(target_mask[i])); }
const unknown = 255.0;
override groups: u32 = 1u;
@group(0) @binding(2) var<storage, read_write> partial: array<vec4f>;
fn sum_vectors(value: vec4f, thread: u32) -> vec4f {
  var total = vec4f(0.0);
  @unroll for (var k = 0u; k < 4u; k++) {
    total[k] = sum_threads(value[k], thread);
    workgroupBarrier();
  }
  return total;
}
@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let block = group.y;
  var probabilities = vec4f(0.0);
  var targets = vec4f(0.0);
  var shared_sums = vec4f(0.0);
  var entropy = 0.0;
  @if(has_unknown) var known = 0.0;
  for (var i = group.x * threads + thread; i < images * pixels; i += groups * threads) {
    @if(has_unknown) {
      if (target_mask[i] == unknown) { continue; }
      known += 1.0;
    }
    let start = start_of(i);
    let of_pixel = normalizer(start);
    let x = load(start, block) - of_pixel.x;
    let p = exp(x) / of_pixel.y;
    let is_target = target_of(i, block);
    let t = select(vec4f(0.0), vec4f(1.0), is_target);
    probabilities += p;
    targets += t;
    shared_sums += p * t;
    entropy += dot(select(vec4f(0.0), log(of_pixel.y) - x, is_target), vec4f(1.0));
  }
  @if(has_unknown) let all = array<vec4f, 4>(probabilities, targets, shared_sums, vec4f(entropy, known, 0.0, 0.0));
  @else let all = array<vec4f, 4>(probabilities, targets, shared_sums, vec4f(entropy, 0.0, 0.0, 0.0));
  @unroll for (var k = 0u; k < 4u; k++) {
    let total = sum_vectors(all[k], thread);
    if (thread == 0u) { partial[(block * groups + group.x) * 4u + k] = total; }
  }
}
`,
  softmaxTotals: `override channels: u32 = 2u;
override blocks: u32 = 1u;
override groups: u32 = 1u;
override count: f32 = 1.0;
@group(0) @binding(0) var<storage, read> partial: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> totals: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) thread: u32) {
  for (var i = thread; i < blocks * 4u; i += 64u) {
    let start = i / 4u * groups * 4u + i % 4u;
    var sum = vec4f(0.0);
    for (var group = 0u; group < groups; group++) { sum += partial[start + group * 4u]; }
    totals[i] = sum;
  }
  storageBarrier();
  if (thread > 0u) { return; }
  var entropy = 0.0;
  var dice = 0.0;
  for (var block = 0u; block < blocks; block++) {
    let at = block * 4u;
    entropy += totals[at + 3u].x;
    let of_class = (2.0 * totals[at + 2u] + 1.0) / (totals[at] + totals[at + 1u] + 1.0);
    for (var k = 0u; k < 4u; k++) {
      let number = at + k;
      if (number > 0u && number < channels) { dice += of_class[k]; }
    }
  }
  @if(has_unknown) result[0] = entropy / max(totals[3].y, 1.0) + 1.0 - dice / f32(channels - 1u);
  @else result[0] = entropy / count + 1.0 - dice / f32(channels - 1u);
}
`,
  batchMoments: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override planes: u32 = 1u;
override pixels: u32 = 1u;
const lanes: u32 = 8u;
const rows: u32 = 8u;
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
  batchNorm: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override blocks: u32 = 1u;
override lanes: u32 = 8u;
override pixels: u32 = 1u;
override planes: u32 = 1u;
override rows: u32 = 8u;
override span: u32 = 128u;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> affine: array<vec4f>;
@if(has_residual) @group(0) @binding(2) var<storage, read> residual: array<Packed>;
@group(0) @binding(3) var<storage, read_write> output: array<Packed>;
@compute @workgroup_size(lanes, rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(global_invocation_id) id: vec3u) {
  if (id.y >= planes) { return; }
  let scale = affine[id.y % blocks * 2u];
  let shift = affine[id.y % blocks * 2u + 1u];
  let end = min((group.x + 1u) * span, pixels);
  for (var i = group.x * span + id.x % lanes; i < end; i += lanes) {
    var value = fma(unpack(input[id.y * pixels + i]), scale, shift);
    @if(has_residual) value += unpack(residual[id.y * pixels + i]);
    @if(relu) value = max(value, vec4f(0.0));
    output[id.y * pixels + i] = pack(value);
  }
}
`,
  batchNormStatistics: `override batch: u32 = 1u;
override blocks: u32 = 1u;
override pixels: u32 = 2u;
override epsilon: f32 = 1e-5;
override momentum: f32 = 0.1;
@group(0) @binding(0) var<storage, read> moments: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> affine: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> statistics: array<vec4f>;
@if(running) @group(0) @binding(5) var<storage, read_write> running_mean: array<vec4f>;
@if(running) @group(0) @binding(6) var<storage, read_write> running_variance: array<vec4f>;
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
  @if(running) running_mean[block] += finite((mean - running_mean[block]) * momentum);
  @if(running) running_variance[block] += finite((squares / (count - 1.0) - running_variance[block]) * momentum);
}
`,
  dropout2d: `fn mix_bits(value: u32) -> u32 {
  var x = (value ^ (value >> 16u)) * 0x85ebca6bu;
  x = (x ^ (x >> 13u)) * 0xc2b2ae35u;
  return x ^ (x >> 16u);
}
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override pixels: u32 = 1u;
override layer: u32 = 0u;
override threshold: u32 = 0u;
override keep: f32 = 1.0;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@group(0) @binding(2) var<uniform> seed: vec4u;
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
  groupAffine: `override planes: u32 = 1u;
override blocks: u32 = 1u;
override pixels: u32 = 1u;
override group: u32 = 1u;
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
    if (first + group > blocks * 4u) { continue; }
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
`,
  planeAffine: `@if(has_formula) fn error_function(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - sum * exp(-x * x));
}
@if(has_formula) fn even_power(base: vec4f, exponent: vec4f) -> vec4f { return pow(abs(base), exponent); }
@if(has_formula) fn odd_power(base: vec4f, exponent: vec4f) -> vec4f { return sign(base) * pow(abs(base), exponent); }
@if(has_formula) fn square(x: vec4f) -> vec4f { return x * x; }
@if(has_formula) fn soft_plus(x: vec4f) -> vec4f { return max(x, vec4f(0.0)) + log(1.0 + exp(-abs(x))); }
@if(has_formula) fn formula(x: vec4f) -> vec4f {
  return error_function(x) + even_power(x, x) + odd_power(x, x) + square(x) + soft_plus(x);
}
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override pixels: u32 = 1u;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> affine: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<Packed>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  var value = fma(unpack(input[at]), affine[2u * id.y], affine[2u * id.y + 1u]);
  @if(relu) value = max(value, vec4f(0.0));
  @if(has_formula) value = formula(value);
  output[at] = pack(value);
}
`,
  weightNorm: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
struct Shape {
  vectors: u32,
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
  let norm = sqrt(squares[0]);
  let scale = select(vec4f(0.0), g[group.x] / norm, norm > vec4f(0.0));
  for (var i = thread; i < shape.vectors; i += threads) { weight[start + i] = pack(v[start + i] * scale); }
}
`,
  adam: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
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
struct Settings {
  learning_rate: f32,
  share1: f32,
  beta2: f32,
  share2: f32,
  epsilon: f32,
  weight_decay: f32,
  max_norm: f32,
  log_beta1: f32,
  log_beta2: f32,
}
override vectors: u32 = 1u;
@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read> control: Control;
@group(0) @binding(2) var<uniform> settings: Settings;
@group(0) @binding(3) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> mean: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> square: array<vec4f>;
@if(has_stored) @group(0) @binding(6) var<storage, read_write> stored: array<Packed>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  @if(ragged) if (i >= vectors) { return; }
  let w = parameter[i];
  let m0 = mean[i];
  let s0 = square[i];
  let d = gradient[i] * control.factor + settings.weight_decay * w;
  let m = m0 + settings.share1 * (d - m0);
  let s = settings.beta2 * s0 + settings.share2 * d * d;
  let applied = control.applied != 0u;
  let updated = select(w, w - control.step_size * m / (sqrt(s) / control.correction + settings.epsilon), applied);
  mean[i] = select(m0, m, applied);
  square[i] = select(s0, s, applied);
  parameter[i] = updated;
  @if(has_stored) stored[i] = pack(updated);
}
`,
  addTo: `override vectors: u32 = 1u;
@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> sum: array<vec4f>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < vectors) { sum[id.x] += values[id.x]; }
}
`,
  prepareUpdate: `const threads: u32 = 256u;
var<workgroup> sums: array<f32, threads>;
fn sum_threads(value: f32, thread: u32) -> f32 {
  sums[thread] = value;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  return sums[0];
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
struct Settings {
  learning_rate: f32,
  share1: f32,
  beta2: f32,
  share2: f32,
  epsilon: f32,
  weight_decay: f32,
  max_norm: f32,
  log_beta1: f32,
  log_beta2: f32,
}
override length: u32 = 1u;
override dynamic: bool = false;
override interval: u32 = 2000u;
@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> control: Control;
@group(0) @binding(2) var<uniform> settings: Settings;
fn one_minus_exp(x: f32) -> f32 {
  let series = x * (1.0 - x / 2.0 * (1.0 - x / 3.0 * (1.0 - x / 4.0 * (1.0 - x / 5.0 * (1.0 - x / 6.0)))));
  return select(1.0 - exp(-x), series, x < 0.25);
}
@compute @workgroup_size(threads)
fn main(@builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var i = thread; i < length; i += threads) { sum += partial[i]; }
  let total = sum_threads(sum, thread);
  if (thread != 0u) { return; }
  let finite = (bitcast<u32>(total) & 0x7f800000u) != 0x7f800000u;
  control.norm = sqrt(total) / control.loss_scale;
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
  sumSquares: `const threads: u32 = 256u;
var<workgroup> sums: array<f32, threads>;
fn sum_threads(value: f32, thread: u32) -> f32 {
  sums[thread] = value;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  return sums[0];
}
struct Shape {
  vectors: u32,
  first: u32,
}
@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;
override share: u32 = 64u;
const lanes: u32 = 8u;
@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = group.x * share * threads + thread / lanes * (lanes * share) + thread % lanes;
  var sum = vec4f(0.0);
  @unroll for (var k = 0u; k < share; k++) {
    let i = first + k * lanes;
    let value = values[min(i, shape.vectors - 1u)];
    sum += select(vec4f(0.0), value * value, i < shape.vectors);
  }
  let total = sum_threads(sum.x + sum.y + sum.z + sum.w, thread);
  if (thread == 0u) { partial[shape.first + group.x] = total; }
}
`,
  averagePool2d: `override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override kernel_height: u32 = 1u;
override kernel_width: u32 = 1u;
override stride_y: u32 = 1u;
override stride_x: u32 = 1u;
override top: u32 = 0u;
override left: u32 = 0u;
override padded_height: u32 = 1u;
override padded_width: u32 = 1u;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= output_height * output_width) { return; }
  let y = id.x / output_width * stride_y;
  let x = id.x % output_width * stride_x;
  var sum = vec4f(0.0);
  var taps = 0u;
  for (var ky = 0u; ky < kernel_height; ky++) {
    for (var kx = 0u; kx < kernel_width; kx++) {
      let iy = y + ky - top;
      let ix = x + kx - left;
      let inside = iy < input_height && ix < input_width;
      if (inside) { sum += unpack(input[(id.y * input_height + iy) * input_width + ix]); }
      @if(count_padding) if (y + ky < padded_height && x + kx < padded_width) { taps++; }
      @else if (inside) { taps++; }
    }
  }
  output[id.y * output_height * output_width + id.x] = pack(sum / f32(taps));
}
`,
  globalMaxPool: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override planes: u32 = 1u;
override pixels: u32 = 1u;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
const threads: u32 = 64u;
override lanes: u32 = 8u;
@if(several) var<workgroup> found: array<vec4f, threads>;
@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let plane = group.x * (threads / lanes) + thread / lanes;
  let start = min(plane, planes - 1u) * pixels;
  var best = vec4f(-3.4028234e38);
  for (var i = thread % lanes; i < pixels; i += lanes) {
    best = max(best, unpack(input[start + i]));
  }
  @if(several) found[thread] = best;
  @if(several) workgroupBarrier();
  if (plane < planes && thread % lanes == 0u) {
    @if(several) for (var i = 1u; i < lanes; i++) { best = max(best, found[thread + i]); }
    output[plane] = pack(best);
  }
}
`,
  maxPool2d: `override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override kernel: u32 = 1u;
override padding: u32 = 0u;
override stride: u32 = 1u;
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
      let iy = y * stride + ky - padding;
      let ix = x * stride + kx - padding;
      if (iy < input_height && ix < input_width) {
        best = max(best, unpack(input[(id.y * input_height + iy) * input_width + ix]));
      }
    }
  }
  output[id.y * output_height * output_width + pixel] = pack(best);
}
`,
  planeMean: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
override planes: u32 = 1u;
@group(0) @binding(0) var<storage, read> moments: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= planes) { return; }
  output[id.x] = pack(moments[2u * id.x]);
}
`,
  pad2d: `override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override top: i32 = 0;
override left: i32 = 0;
override value: f32 = 0.0;
override blocks: u32 = 1u;
override last: u32 = 4u;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= output_height * output_width) { return; }
  let size = vec2i(i32(input_width), i32(input_height));
  var at = vec2i(i32(id.x % output_width), i32(id.x / output_width)) - vec2i(left, top);
  @if(mirror) at = abs(at);
  @if(mirror) at = size - 1 - abs(size - 1 - at);
  var found = vec4f(value);
  @if(partial) if (id.y % blocks == blocks - 1u) { found = select(found, vec4f(0.0), vec4u(0u, 1u, 2u, 3u) >= vec4u(last)); }
  @if(edge) at = clamp(at, vec2i(0), size - 1);
  if (all(at >= vec2i(0)) && all(at < size)) {
    found = unpack(input[(id.y * input_height + u32(at.y)) * input_width + u32(at.x)]);
  }
  output[id.y * output_height * output_width + id.x] = pack(found);
}
`,
  pixelShuffle: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override factor: u32 = 2u;
override input_channels: u32 = 4u;
override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_channels: u32 = 1u;
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
  rearrange: `override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override channels: u32 = 4u;
override input_blocks: u32 = 1u;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
fn origin(at: vec4u) -> vec4u { return at; }
fn value_at(at: vec4u) -> f32 {
  let source = origin(at);
  let plane = source[0] * input_blocks + source[1] / 4u;
  return unpack(input[(plane * input_height + source[2]) * input_width + source[3]])[source[1] % 4u];
}
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= output_height * output_width) { return; }
  let blocks = (channels + 3u) / 4u;
  var value = vec4f(0.0);
  for (var k = 0u; k < 4u; k++) {
    let channel = id.y % blocks * 4u + k;
    if (channel < channels) {
      value[k] = value_at(vec4u(id.y / blocks, channel, id.x / output_width, id.x % output_width));
    }
  }
  output[id.y * output_height * output_width + id.x] = pack(value);
}
`,
  resample: `override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@group(0) @binding(2) var<storage, read> table: array<vec4u>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= output_height * output_width) { return; }
  let row = table[id.x / output_width];
  let column = table[output_height + id.x % output_width];
  let upper = (id.y * input_height + row.x) * input_width;
  var value = unpack(input[upper + column.x]);
  @if(linear) {
    let lower = (id.y * input_height + row.y) * input_width;
    let t = bitcast<f32>(column.z);
    let top = mix(value, unpack(input[upper + column.y]), t);
    let bottom = mix(unpack(input[lower + column.x]), unpack(input[lower + column.y]), t);
    value = mix(top, bottom, bitcast<f32>(row.z));
  }
  output[id.y * output_height * output_width + id.x] = pack(value);
}
`,
  resizeBilinear: `override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
@if(f16) fn unpack_first(p: u32) -> f32 { return unpack2x16float(p).x; }
@else fn unpack_first(p: f32) -> f32 { return p; }
override planes: u32 = 1u;
override lanes: u32 = 64u;
override rows: u32 = 1u;
@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@if(has_residual) @group(0) @binding(2) var<storage, read> residual: array<Packed>;
fn load(at: u32) -> vec4f {
  var value = vec4f(0.0);
  @if(single) value.x = unpack_first(input[at].x);
  @else value = unpack(input[at]);
  return value;
}
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
  let first = select(row_after(id.z), 0u, id.z == 0u);
  let end = select(row_after(id.z + 1u), output_height, id.z + 2u >= input_height);
  var at = (id.y * output_height + first) * output_width + id.x;
  for (var y = first; y < end; y++) {
    var value = mix(top, bottom, saturate((f32(y) + 0.5) * scale.y - 0.5 - f32(id.z)));
    @if(has_residual) value += unpack(residual[at]);
    output[at] = pack(value);
    at += output_width;
  }
}
`,
  accumulate: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack_first(p: u32) -> f32 { return unpack2x16float(p).x; }
@else fn unpack_first(p: f32) -> f32 { return p; }
@if(fours) alias Pixels = vec4f;
@else alias Pixels = f32;
override side: u32 = 32u;
override pixels: u32 = 4u;
override weight: f32 = 1.0;
override threshold: f32 = 0.5;
@group(0) @binding(0) var<storage, read> logits: array<Packed>;
@group(0) @binding(1) var<storage, read_write> probability: array<Pixels>;
fn logit(at: u32) -> f32 { return unpack_first(logits[at].x); }
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= side * side / pixels) { return; }
  var y = id.x / (side / pixels);
  var x = id.x % (side / pixels) * pixels;
  @if(flip_vertical) y = side - 1u - y;
  @if(flip_horizontal) x = side - pixels - x;
  let at = y * side + x;
  @if(fours) var value = vec4f(logit(at), logit(at + 1u), logit(at + 2u), logit(at + 3u));
  @else var value = logit(at);
  @if(fours) @if(flip_horizontal) value = value.wzyx;
  @if(vote) probability[id.x] += select(Pixels(0.0), Pixels(weight), 1.0 / (1.0 + exp(-value)) > Pixels(threshold));
  @else probability[id.x] += weight / (1.0 + exp(-value));
}
`,
  accumulateClasses: `@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }
override side: u32 = 32u;
override classes: u32 = 2u;
override weight: f32 = 1.0;
@group(0) @binding(0) var<storage, read> logits: array<Packed>;
@group(0) @binding(1) var<storage, read_write> probability: array<f32>;
fn logit(channel: u32, at: u32) -> f32 {
  return unpack(logits[channel / 4u * side * side + at])[channel % 4u];
}
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= side * side) { return; }
  var y = id.x / side;
  var x = id.x % side;
  @if(flip_vertical) y = side - 1u - y;
  @if(flip_horizontal) x = side - 1u - x;
  let at = y * side + x;
  @if(softmax) var largest = logit(0u, at);
  @if(softmax) for (var k = 1u; k <= classes; k++) { largest = max(largest, logit(k, at)); }
  @if(softmax) var sum = 0.0;
  @if(softmax) for (var k = 0u; k <= classes; k++) { sum += exp(logit(k, at) - largest); }
  for (var k = 0u; k < classes; k++) {
    @if(softmax) let p = exp(logit(k + 1u, at) - largest) / sum;
    @else let p = 1.0 / (1.0 + exp(-logit(k, at)));
    probability[k * side * side + id.x] += weight * p;
  }
}
`,
  downsampleTile: `override side: u32 = 32u;
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
  finish: `override side: u32 = 32u;
override center: u32 = 32u;
override span: u32 = 64u;
override classes: u32 = 1u;
@group(0) @binding(0) var<storage, read> probability: array<f32>;
@group(0) @binding(1) var<storage, read_write> mask: array<u32>;
@group(0) @binding(2) var<uniform> threshold: vec4f;
@if(keep_probability) @group(0) @binding(3) var<storage, read_write> full: array<f32>;
@if(keep_bytes) @group(0) @binding(4) var<storage, read_write> bytes: array<u32>;
@if(keep_fulls) @group(0) @binding(5) var<storage, read_write> fulls: array<f32>;
@if(keep_planes) @group(0) @binding(6) var<storage, read_write> planes: array<u32>;
fn probability_at(plane: u32, y: u32, x: u32) -> f32 {
  let position = (2u * vec2u(x, y) + 1u) * center + (side - center) * span;
  let source = max(position, vec2u(span)) - span;
  let low = source / (2u * span);
  let high = min(low + 1u, vec2u(side - 1u));
  let t = vec2f(source % (2u * span)) / f32(2u * span);
  let top = mix(probability[plane + low.y * side + low.x], probability[plane + low.y * side + high.x], t.x);
  let bottom = mix(probability[plane + high.y * side + low.x], probability[plane + high.y * side + high.x], t.x);
  return mix(top, bottom, t.y);
}
fn packed(p: vec4f) -> u32 {
  let value = vec4u(255.0 * p + 0.5);
  return value.x | (value.y << 8u) | (value.z << 16u) | (value.w << 24u);
}
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = id.x * 4u;
  let count = span * span;
  if (first >= count) { return; }
  var best = vec4f(-1.0);
  var index = vec4u(0u);
  for (var k = 0u; k < classes; k++) {
    var p = vec4f(0.0);
    @unroll for (var i = 0u; i < 4u; i++) {
      let pixel = first + i;
      if (pixel < count) {
        p[i] = probability_at(k * side * side, pixel / span, pixel % span);
        @if(keep_fulls) fulls[k * count + pixel] = p[i];
      }
    }
    @if(keep_planes) planes[k * ((count + 3u) / 4u) + id.x] = packed(p);
    let lower = p <= best;
    index = select(vec4u(k + 1u), index, lower);
    best = select(p, best, lower);
  }
  let chosen = select(vec4u(0u), index, best > vec4f(threshold.x));
  mask[id.x] = chosen.x | (chosen.y << 8u) | (chosen.z << 16u) | (chosen.w << 24u);
  @if(keep_bytes) bytes[id.x] = packed(best);
  @if(keep_probability) {
    @unroll for (var i = 0u; i < 4u; i++) {
      if (first + i < count) { full[first + i] = best[i]; }
    }
  }
}
`,
  loadTile: `override mean_red: f32 = 0.65459856;
override mean_green: f32 = 0.48386562;
override mean_blue: f32 = 0.69428385;
override std_red: f32 = 0.15167958;
override std_green: f32 = 0.23584107;
override std_blue: f32 = 0.13146145;
fn normalize_color(color: vec3f) -> vec4f {
  let mean = vec3f(mean_red, mean_green, mean_blue);
  let deviation = vec3f(std_red, std_green, std_blue);
  return vec4f((color / 255.0 - mean) / deviation, 0.0);
}
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }
@if(fours) alias Pixels = vec4u;
@else alias Pixels = u32;
override side: u32 = 32u;
override pixels: u32 = 4u;
@group(0) @binding(0) var<storage, read> bytes: array<Pixels>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
fn load(at: u32, word: u32) {
  let color = vec3f((vec3u(word) >> vec3u(0u, 8u, 16u)) & vec3u(255u));
  output[at] = pack(normalize_color(color));
}
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= side * side / pixels) { return; }
  var y = id.x / (side / pixels);
  var x = id.x % (side / pixels);
  @if(flip_vertical) y = side - 1u - y;
  @if(flip_horizontal) x = side / pixels - 1u - x;
  var words = bytes[y * (side / pixels) + x];
  @if(fours) @if(flip_horizontal) words = words.wzyx;
  @if(fours) @unroll for (var k = 0u; k < 4u; k++) { load(id.x * 4u + k, words[k]); }
  @else load(id.x, words);
}
`,
} as const;
