import { cannot } from "../../errors/cannot.ts";

/** Each channel keeps blocks of its own, so that more would take too much memory. */
const MOST = 64;

/**
 * Checks how many channels a file has, before each is described.
 *
 * @throws {RangeError} If they are too many to be shown.
 */
export function checkChannelCount(count: number): void {
  if (count <= MOST) return;
  throw cannot(
    "find channels",
    `it has ${count} channels, and at most ${MOST} are shown: write some of them to a file of their own`,
    { kind: RangeError },
  );
}
