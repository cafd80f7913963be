import { cannot } from "../errors/cannot.ts";
import {
  type Activation,
  channelsOf,
  checkClasses,
  type MaskClass,
} from "../io/classes.ts";
import type { Architecture } from "../models/architecture.ts";
import type { NetworkTraining } from "./checkpoint_metadata.ts";
import { anyGraph } from "./read_network.ts";

/** What the channels of a network's logits stand for. */
export interface NetworkClasses {
  /** The classes, in order. */
  readonly classes: readonly MaskClass[];
  /** What makes probabilities of the channels. */
  readonly activation: Activation;
}

/** The class of a network of one channel that has no name. */
export const FOREGROUND: MaskClass = { name: "foreground" };

/**
 * Finds what a network's channels stand for: the given classes, else those of its checkpoint, and the activation that fits
 * their number.
 *
 * @param name The network's file, for messages.
 * @throws {TypeError} If classes and channels do not fit, or the classes of several channels are unknown.
 */
export function networkClasses(
  architecture: Architecture,
  { name, classes, activation, training }: {
    readonly name: string;
    readonly classes?: readonly MaskClass[];
    readonly activation?: Activation;
    readonly training?: NetworkTraining;
  },
): NetworkClasses {
  const action = `load "${name}"`;
  const refuse = (reason: string) =>
    cannot(action, reason, { kind: TypeError });
  const [, channels] = anyGraph(architecture).outputs.logits.shape;
  const many = `its network has ${channels} output${channels > 1 ? "s" : ""}`;
  const built = architecture.activation;
  if (built && activation && built !== activation) {
    throw refuse(`its network ends in a ${built}, not a ${activation}`);
  }
  const known = built ?? activation ?? training?.activation;
  if (known === "softmax" && channels === 1) {
    throw refuse(`${many}, of which a softmax is always 1`);
  }
  const named = classes ?? training?.outputs ??
    (channels === channelsOf(1, known ?? "sigmoid") ? [FOREGROUND] : undefined);
  if (!named) {
    const counts = known
      ? `${channels - (known === "softmax" ? 1 : 0)}`
      : `${channels} (each on its own, sigmoid) or ${
        channels - 1
      } (softmax, whose first output is background)`;
    throw refuse(
      `${many}, and nothing says of which classes: name ${counts} with --class-name, once for each (loadModel's classes)`,
    );
  }
  checkClasses(action, named);
  const fitting = (["sigmoid", "softmax"] as const).find((one) =>
    (known === undefined || known === one) &&
    channelsOf(named.length, one) === channels
  );
  if (fitting) return { classes: named, activation: fitting };
  const needs = known
    ? `a ${known} of them needs ${channelsOf(named.length, known)}`
    : `they need ${named.length} (each on its own, sigmoid) or ${
      named.length + 1
    } (softmax, whose first output is background)`;
  throw refuse(
    `${many}, which does not fit ${named.length} class${
      named.length > 1 ? "es" : ""
    }, ${namesOf(named)}: ${needs}`,
  );
}

/** The names of classes, in order. */
export function namesOf(classes: readonly MaskClass[]): string {
  return classes.map(({ name }) => JSON.stringify(name)).join(", ");
}

/**
 * Compares the classes of two networks of an ensemble, where both are known.
 *
 * @param options.names Whether names count, not the number alone. Default: false.
 * @throws {TypeError} If they differ.
 */
export function expectSameClasses(
  file: string,
  [found, expected]: readonly (readonly MaskClass[] | undefined)[],
  { names = false }: { readonly names?: boolean } = {},
): void {
  if (!found || !expected) return;
  const isSame = names
    ? namesOf(found) === namesOf(expected)
    : found.length === expected.length;
  if (isSame) return;
  throw cannot(
    `load "${file}"`,
    `its classes are ${namesOf(found)}, and those of another network ${
      namesOf(expected)
    }: an ensemble needs the same in one order`,
    { kind: TypeError },
  );
}
