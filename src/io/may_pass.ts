/** Codes of the system for what another try, maybe on another machine, may do. */
const CODES = [
  ...["ENOSPC", "EDQUOT", "EIO", "ESTALE", "EAGAIN", "EMFILE", "ENFILE"],
  ...["ENOMEM", "EBUSY", "ETIMEDOUT", "ECONNRESET", "ECONNREFUSED"],
  ...["ECONNABORTED", "EHOSTUNREACH", "ENETUNREACH", "ENETDOWN", "EPIPE"],
  ...["ENODEV", "ENXIO", "EREMOTEIO", "ENOTCONN", "ESHUTDOWN"],
];
/** What a device reports that another try may do without. */
const KINDS = ["out-of-memory", "lost", "hung"];

/**
 * Whether another try may do what failed: the network, a full or failing disk, a lost device, no memory. A damaged file or a
 * wrong setting stays what it is.
 */
export function mayPass(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    const { code, kind, passing, isSetting } = one as Partial<
      Record<"code" | "kind" | "passing" | "isSetting", unknown>
    >;
    if (isSetting === true) return false;
    if (CODES.includes(String(code)) || KINDS.includes(String(kind))) {
      return true;
    }
    if (passing === true) return true; // of a transfer
  }
  return false;
}
