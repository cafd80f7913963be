import type { Formula } from "../formula.ts";
import { type PointwiseNode, pointwiseOp } from "../ops/pointwise.ts";
import type { RewriteRule } from "../rewrite_graph.ts";
import { formatShape, type Parameter, type Tensor } from "../tensor.ts";

/** Steps of a formula that one kernel computes. */
const MOST_STEPS = 64;

/**
 * Makes one formula of a formula and those that it alone reads, if they have its shape: a value of one pixel would be computed
 * again for each.
 *
 * @param options.maxInputs Most tensors that a kernel reads.
 */
export function fusePointwise(
  { maxInputs }: { readonly maxInputs: number },
): RewriteRule {
  return (node, { uses }) => {
    if (!pointwiseOp.is(node)) return node;
    let result: PointwiseNode = node;
    node.inputs.forEach((input, i) => {
      if (
        !pointwiseOp.is(input) || uses(i) > 1 ||
        formatShape(input.shape) !== formatShape(node.shape)
      ) return;
      const merged = inline(result, input);
      if (
        merged.inputs.length <= maxInputs &&
        stepsOf(merged.formula) <= MOST_STEPS
      ) result = merged;
    });
    return result;
  };
}

function stepsOf(formula: Formula): number {
  return typeof formula === "number" || !("name" in formula)
    ? 0
    : 1 + formula.of.reduce((sum: number, part) => sum + stepsOf(part), 0);
}

/** A formula with an input replaced by what computes it. */
function inline(node: PointwiseNode, input: PointwiseNode): PointwiseNode {
  const inputs: Tensor[] = [];
  const channelParameters: Parameter[] = [];
  const place = <T>(list: T[], value: T): number => {
    if (!list.includes(value)) list.push(value);
    return list.indexOf(value);
  };
  const rewrite = (formula: Formula, owner: PointwiseNode): Formula => {
    if (typeof formula === "number") return formula;
    if ("tensor" in formula) {
      const tensor = owner.inputs[formula.tensor];
      return owner === node && tensor === input
        ? rewrite(input.formula, input)
        : { tensor: place(inputs, tensor) };
    }
    if ("parameter" in formula) {
      const parameter = owner.channelParameters[formula.parameter];
      return { parameter: place(channelParameters, parameter) };
    }
    return { ...formula, of: formula.of.map((part) => rewrite(part, owner)) };
  };
  const formula = rewrite(node.formula, node);
  const parameters = Object.fromEntries(
    channelParameters.map((parameter, i) => [`parameter${i}`, parameter]),
  );
  return { ...node, inputs, formula, channelParameters, parameters };
}
