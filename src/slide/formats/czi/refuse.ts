import { cannot } from "../../../errors/cannot.ts";

const HINT =
  "save it with ZEN as CZI in zstd, or convert it with bfconvert (Bio-Formats) or QuPath";

/** The error of a CZI that is whole, but of a kind that is not read. */
export function unsupported(what: string): Error {
  return cannot(
    "read a CZI slide",
    `it is a Zeiss CZI file ${what}, which is not supported: ${HINT}`,
    { kind: TypeError },
  );
}

/** The error of a CZI that is damaged. */
export function damaged(reason: string): Error {
  return cannot("read a CZI slide", reason, { kind: SyntaxError });
}
