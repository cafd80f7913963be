import { cannot } from "../../../errors/cannot.ts";

const HINT =
  "export it as TIFF with SlideConverter or CaseViewer (3DHISTECH), or convert it with bfconvert (Bio-Formats)";

/** The error of a slide that is whole, but of a kind that is not read. */
export function unsupported(what: string): Error {
  return cannot(
    "read an MRXS slide",
    `it is a 3DHISTECH MRXS slide ${what}, which is not supported: ${HINT}`,
    { kind: TypeError },
  );
}

/** The error of a slide whose parts contradict each other, or are damaged. */
export function damaged(reason: string): Error {
  return cannot("read an MRXS slide", reason, { kind: SyntaxError });
}
