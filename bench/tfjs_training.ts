import {
  type ConvolutionNode,
  convolutionOf,
  isConvolution,
} from "../src/graph/fused/fused_conv2d.ts";
import { nodesOf, parametersOf } from "../src/graph/graph.ts";
import { batchNormOp } from "../src/graph/ops/batch_norm.ts";
import {
  type Parameter,
  type Tensor,
  weightNormOf,
} from "../src/graph/tensor.ts";
import type { PreparedTraining, TrainingWork } from "./engine.ts";
import {
  loadTfjsGradients,
  settleTfjs,
  type Tf,
  type TfTensor,
  type TfVariable,
} from "./tfjs.ts";
import { runTfjs, type TfjsLayers } from "./tfjs_graph.ts";
import {
  fastestWay,
  groupedConstants,
  type GroupedWay,
  groupMask,
} from "./tfjs_grouped_conv.ts";

/**
 * A training step with the means of tfjs: `variableGrads()`, its Adam, its sigmoid cross-entropy. Grouped convolutions are
 * computed in the way that makes the whole step fastest; the steps that find it are part of the training.
 */
export async function compileTfjsTraining(
  tf: Tf,
  { graph, values, image, mask, optimizer }: TrainingWork,
): Promise<PreparedTraining> {
  await loadTfjsGradients();
  const { learningRate, beta1, maxNorm } = optimizer;
  const nodes = nodesOf(graph);
  const norms = nodes.filter(batchNormOp.is);
  const statistics = new Set(
    norms.flatMap(({ parameters: { mean, variance } }) => [mean, variance])
      .map(({ name }) => name),
  );
  const variables = new Map(
    parametersOf(graph).map((parameter) => [
      parameter.name,
      variable(tf, parameter, values(parameter.name)),
    ]),
  );
  const trained = [...variables]
    .filter(([name]) => !statistics.has(name))
    .map(([, variable]) => variable);
  const masks = new Map<Tensor, TfTensor>(
    nodes.flatMap((node) =>
      isConvolution(node) && node.groups > 1
        ? [[node, groupMask(tf, node)] as const]
        : []
    ),
  );
  const { shape } = graph.inputs.image;
  const [images, labels] = tf.tidy(() =>
    ([[image, shape], [mask, [shape[0], 1, ...shape.slice(2)]]] as const)
      .map(([data, shape]) =>
        tf.transpose(tf.tensor(data, shape), [0, 2, 3, 1])
      )
  );
  const one = tf.scalar(1);
  const limit = tf.scalar(maxNorm);
  const adam = tf.train.adam(learningRate, beta1, 0.999, 1e-8);

  let way: GroupedWay = "dense";
  let loss: TfTensor | undefined;
  const weightOf = (parameter: Parameter): TfTensor => {
    const parts = weightNormOf(parameter);
    if (!parts) return variables.get(parameter.name)!;
    const [v, g] = [parts.v, parts.g].map(weightOf);
    const norm = tf.sqrt(tf.sum(tf.square(v), [0, 1, 2], true));
    return tf.mul(v, tf.div(g, norm));
  };
  const layers: TfjsLayers = {
    training: true,
    way: () => way,
    constants(node: ConvolutionNode) {
      const { epilogue, ...convolution } = convolutionOf(node);
      const weight = weightOf(convolution.weight);
      const bias = epilogue.bias && weightOf(epilogue.bias);
      if (node.groups === 1) return bias ? [weight, bias] : [weight];
      return groupedConstants(tf, way, {
        node,
        weight,
        bias,
        mask: masks.get(node)!,
      });
    },
    batchNorm(node, x) {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      const { weight, bias } = node.parameters;
      const [batch, , height, width] = node.shape;
      const count = batch * height * width;
      const follow = (parameter: Parameter, value: TfTensor, scale = 1) => {
        const running = variables.get(parameter.name)!;
        const share = tf.mul(value, tf.scalar(node.momentum * scale));
        running.assign(
          tf.add(tf.mul(running, tf.scalar(1 - node.momentum)), share),
        );
      };
      follow(node.parameters.mean, mean);
      follow(node.parameters.variance, variance, count / (count - 1));
      const [offset, scale] = [bias, weight].map(weightOf);
      return tf.batchNorm(x, mean, variance, offset, scale, node.epsilon);
    },
  };
  const submit = () => {
    loss?.dispose();
    loss = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(
        () =>
          tf.losses.sigmoidCrossEntropy(
            labels,
            runTfjs(tf, graph, { inputs: { image: images }, layers }),
          ),
        trained,
      );
      const squares = Object.values(grads).map((g) => tf.sum(tf.square(g)));
      // Its addN() sums only some of many scalars.
      const norm = tf.sqrt(tf.sum(tf.stack(squares)));
      const factor = tf.minimum(one, tf.div(limit, norm));
      adam.applyGradients(
        Object.fromEntries(
          Object.entries(grads).map(([name, g]) => [name, tf.mul(g, factor)]),
        ),
      );
      return value;
    });
  };
  if (masks.size > 0) {
    way = await fastestWay((candidate) => {
      way = candidate;
      submit();
      return settleTfjs(tf);
    });
  }
  return {
    submit,
    settle: () => settleTfjs(tf),
    loss: async () => (await loss!.data())[0],
    [Symbol.asyncDispose]() {
      loss?.dispose();
      adam.dispose();
      const owned = [...variables.values(), ...masks.values(), images, labels];
      for (const tensor of [...owned, one, limit]) tensor.dispose();
      return Promise.resolve();
    },
  };
}

function variable(
  tf: Tf,
  { shape }: Parameter,
  data: Float32Array,
): TfVariable {
  return tf.tidy(() => {
    const tensor = tf.tensor(data, shape);
    return tf.variable(
      shape.length === 4 ? tf.transpose(tensor, [2, 3, 1, 0]) : tensor,
    );
  });
}
