// A formula of a value, or of several, that a kernel's descriptor puts in the place of a call of `formula()`. Its functions
// that WGSL lacks are here; `formula()` mentions all, so that they come with it.

@if(has_formula) fn error_function(x: vec4f) -> vec4f {
  // Abramowitz and Stegun 7.1.26: within 1.5e-7.
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - sum * exp(-x * x));
}

// Defined for negative bases, too, where the exponent is even or odd.
@if(has_formula) fn even_power(base: vec4f, exponent: vec4f) -> vec4f { return pow(abs(base), exponent); }
@if(has_formula) fn odd_power(base: vec4f, exponent: vec4f) -> vec4f { return sign(base) * pow(abs(base), exponent); }

@if(has_formula) fn square(x: vec4f) -> vec4f { return x * x; }

@if(has_formula) fn soft_plus(x: vec4f) -> vec4f { return max(x, vec4f(0.0)) + log(1.0 + exp(-abs(x))); }

@if(has_formula) fn formula(x: vec4f) -> vec4f {
  return error_function(x) + even_power(x, x) + odd_power(x, x) + square(x) + soft_plus(x);
}
