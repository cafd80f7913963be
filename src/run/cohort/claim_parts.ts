import { join } from "node:path";
import { cannot, reasonOf } from "../../errors/cannot.ts";
import type { RunContext } from "../run_context.ts";
import { Claim, sightOf } from "./claim.ts";
import { type OpenCohort, type Part, partName } from "./cohort.ts";
import { listParts } from "./list_parts.ts";

/** Longer than what network file systems keep of a name that they have seen: 60 s. */
const PATIENCE = 120_000;
/** Shortest time between two looks at a folder that others use as well. */
const PAUSE = 1000;

/** What {@linkcode claimParts} needs. */
export interface ClaimPartsOptions {
  readonly cohort: OpenCohort;
  readonly context: Pick<RunContext, "host">;
  readonly state: string;
  readonly parts: string;
  readonly signal: AbortSignal;
  /** Milliseconds after which a claim whose counter stands still is taken over. Default: 120,000. */
  readonly patience?: number;
  /** Whether parts that failed for good are taken up again. Default: false. */
  readonly retryFailed?: boolean;
}

interface Sight {
  readonly text: string | undefined;
  readonly since: number;
}

/**
 * Yields parts that no other process works on, each claimed until the next is requested, until all are done or have failed.
 * While others hold the rest, it watches them, by its own clock alone: a claim whose counter stands still is taken over
 * under the next attempt's number.
 */
export async function* claimParts(
  { cohort, context, state, parts, signal, ...options }: ClaimPartsOptions,
): AsyncGenerator<Part, void, undefined> {
  const { patience = PATIENCE, retryFailed = false } = options;
  const interval = patience / 6;
  const sights = new Map<string, Sight>();
  const tried = new Set<number>();
  // Each process begins elsewhere, so that few meet.
  const start = Math.floor(Math.random() * cohort.parts.length);
  const order = [...cohort.parts.slice(start), ...cohort.parts.slice(0, start)];
  for (;;) {
    const { done, failed } = await listParts(parts);
    const left = order.filter(({ id }) =>
      !done.has(id) && !tried.has(id) && (retryFailed || !failed.has(id))
    );
    if (left.length === 0) return;
    const claims = await listClaims(state);
    let took = false;
    for (const part of left) {
      signal.throwIfAborted();
      const attempt = claims.get(part.id) ?? 0;
      if (attempt > 0) {
        const path = claimPath(state, part.id, attempt);
        const isDead = await look(path, { sights, patience });
        if (!isDead) continue;
      }
      const path = claimPath(state, part.id, attempt + 1);
      await using claim = await tryClaim(path, { ...context, interval });
      if (!claim) continue;
      // It may be done since the folder was listed.
      const { folder, name } = partName(part.id);
      const isDone = await Deno.stat(join(parts, folder, `${name}.tiles`))
        .then(() => true, () => false);
      if (isDone) continue;
      took = true;
      tried.add(part.id);
      yield part;
      for (let old = attempt; old > 0; old--) {
        await Deno.remove(claimPath(state, part.id, old)).catch(() => {});
      }
    }
    if (!took) await pause(Math.min(PAUSE, interval), signal);
  }
}

async function tryClaim(
  path: string,
  options: { readonly host?: string; readonly interval: number },
): Promise<Claim | undefined> {
  try {
    await Deno.mkdir(join(path, ".."), { recursive: true });
    return await Claim.try(path, options);
  } catch (cause) {
    throw cannot(`claim a part in "${path}"`, reasonOf(cause), { cause });
  }
}

/** Whether a claim has stood still for so long that its owner is dead, or is gone. */
async function look(
  path: string,
  { sights, patience }: {
    readonly sights: Map<string, Sight>;
    readonly patience: number;
  },
): Promise<boolean> {
  const text = await sightOf(path);
  if (text === undefined) {
    // Given up: by one whose part is done, or failed so that others may try.
    sights.delete(path);
    return true;
  }
  const seen = sights.get(path);
  if (seen?.text === text) return performance.now() - seen.since >= patience;
  sights.set(path, { text, since: performance.now() });
  return false;
}

function claimPath(state: string, part: number, attempt: number): string {
  const { folder, name } = partName(part);
  return join(state, folder, `${name}.${attempt}.claim`);
}

/** The latest attempt at each part that is claimed. */
async function listClaims(state: string): Promise<Map<number, number>> {
  const claims = new Map<number, number>();
  try {
    for await (const { name: folder, isDirectory } of Deno.readDir(state)) {
      if (!isDirectory) continue;
      for await (const { name } of Deno.readDir(join(state, folder))) {
        const [, id, attempt] =
          /^(\d+)\.(\d+)\.claim$/.exec(name)?.map(Number) ??
            [];
        if (id > 0) claims.set(id, Math.max(attempt, claims.get(id) ?? 0));
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return claims;
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end, { once: true });
  });
  signal.throwIfAborted();
}
