// Computes the global norm from partial sums of squares, and from it: whether all gradients are finite, the factor that
// removes the loss scale and clips to max_norm, Adam's bias corrections, and the next loss scale, as in PyTorch's
// clip_grad_norm_, Adam and GradScaler. One workgroup.
import package::common::sum_threads::{sum_threads, threads};
import package::optimizer::state::{Control, Settings};

override length: u32 = 1u; // of partial
override dynamic: bool = false; // whether the loss scale adapts
override interval: u32 = 2000u; // updates until the loss scale grows

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> control: Control;
@group(0) @binding(2) var<uniform> settings: Settings;

// 1 - exp(-x), also for small x, for which the difference would lose precision.
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
  // Tests the bits, because compilers may assume that no float is NaN.
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
