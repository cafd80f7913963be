// Adam with coupled weight decay (Kingma, Ba 2014, arXiv 1412.6980), as in PyTorch: d = gradient * factor + weight_decay * w;
// mean += (1 - beta1) * (d - mean); square = beta2 * square + (1 - beta2) * d²;
// w -= step_size * mean / (sqrt(square) / correction + epsilon). Skipped if prepare_update.wgsl found a non-finite gradient.
import package::common::storage::{Packed, pack};
import package::optimizer::state::{Control, Settings};

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
  // select() instead of a condition, because software adapters execute conditional stores lane by lane.
  let applied = control.applied != 0u;
  let updated = select(w, w - control.step_size * m / (sqrt(s) / control.correction + settings.epsilon), applied);
  mean[i] = select(m0, m, applied);
  square[i] = select(s0, s, applied);
  parameter[i] = updated;
  @if(has_stored) stored[i] = pack(updated);
}
