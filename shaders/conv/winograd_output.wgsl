// output[n, o, 4 r + y, 4 c + x] = post(bias[o] + residual[…] + (Aᵀ M A)[y, x]) for the tile in row r, column c of image n;
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
