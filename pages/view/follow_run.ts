/// <reference lib="dom" />
import { formatCount } from "../../src/report/markup.ts";
import type { LiveState } from "../../src/view/description.ts";
import { formatTime } from "../shared/format.ts";
import { element } from "./element.ts";

/** Follows a run: calls back with each state, and shows its progress. */
export function followRun(onState: (state: LiveState) => void): void {
  const events = new EventSource("/events");
  let run: number | undefined;
  events.onmessage = ({ data }) => {
    const state = JSON.parse(data) as LiveState | null;
    if (!state) return;
    run ??= state.run;
    if (state.run !== run) return location.reload(); // the next slide of a batch
    showState(state);
    onState(state);
  };
  events.onerror = () => {
    if (events.readyState !== EventSource.CLOSED) return;
    element("run-rate").textContent = "the command has ended";
  };
}

function showState(state: LiveState): void {
  const { done, total, skipped, seconds, ended } = state;
  element("run").hidden = false;
  element("run-title").textContent = ended ? "Done" : "Running";
  const bar = element<HTMLProgressElement>("run-progress");
  bar.max = total;
  bar.value = done;
  const rate = done / Math.max(seconds, 0.1);
  element("run-rate").textContent = ended
    ? `in ${formatTime(seconds)}`
    : done > 0
    ? `${formatTime((total - done) / rate)} left`
    : "";
  element("run-text").textContent =
    `${formatCount(done)} of ${formatCount(total)} tiles` +
    (skipped > 0 ? `, ${formatCount(skipped)} without tissue` : "");
}
