// probability[y, x] += weight * sigmoid(logits[y', x']), where (y', x') is (y, x), flipped as the tile was.
// Layouts: logits [1][H][W] of four channels, the first of which counts; probability [H][W].
alias Packed = vec4f;
fn unpack_first(p: f32) -> f32 { return p; }

override side: u32 = 32u;
override weight: f32 = 1.0;

@group(0) @binding(0) var<storage, read> logits: array<Packed>;
@group(0) @binding(1) var<storage, read_write> probability: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= side * side) { return; }
  var y = id.x / side;
  var x = id.x % side;
  y = side - 1u - y; // if flip_vertical
  x = side - 1u - x; // if flip_horizontal
  let logit = unpack_first(logits[y * side + x].x);
  probability[id.x] += weight / (1.0 + exp(-logit));
}
