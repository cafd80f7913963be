/** The style of all pages: light and dark as the reader's system is, one column on a phone. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --back: #f6f7f9; --card: #fff; --text: #1c2330; --quiet: #5c6675; --line: #dde1e8;
  --accent: #14804a; --bar: #2f9e6b; --bad: #b3261e; --image: #e9ebef;
  --stage-1: #3b76c4; --stage-2: #2f9e6b; --stage-3: #c98a1b; --stage-4: #8d62b8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171c; --card: #1d2128; --text: #e6e9ee; --quiet: #9aa4b2; --line: #323843;
    --accent: #55c98c; --bar: #3fae78; --bad: #ff8a80; --image: #0d0f13;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem clamp(0.75rem, 3vw, 2rem) 2rem; max-width: 80rem;
  background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
h1 { margin: 0; font-size: 1.4rem; line-height: 1.3; overflow-wrap: anywhere; }
h2 { margin: 0 0 0.6rem; font-size: 1rem; }
a { color: var(--accent); }
header p, .quiet { margin: 0.1rem 0 0; color: var(--quiet); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1rem; align-items: start; }
header + .cards { margin-top: 1rem; }
.card { min-width: 0; overflow-x: auto; padding: 1rem; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
.wide { grid-column: 1 / -1; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 0.75rem 1rem; margin: 1rem 0; padding: 0; }
.figures div { padding: 0.6rem 0.8rem; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
.figures dt { color: var(--quiet); font-size: 0.85rem; }
.figures dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.6rem 0.3rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
tr:first-child > * { border-top: 0; }
th { color: var(--quiet); font-weight: 400; white-space: nowrap; }
thead th { border-bottom: 1px solid var(--line); white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; }
code { font: 0.85em/1.4 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.settings th { width: 45%; white-space: normal; }
thead th:empty { width: 1%; }
.scalebar i { display: block; height: 3px; margin: 0 auto 0.1rem; background: #111; }
.histogram, .curves { display: block; overflow: visible; font-size: 12px; }
.histogram text { fill: var(--quiet); }
.histogram rect { fill: var(--bar); }
.histogram .grid { stroke: var(--line); }
.histogram rect { stroke: var(--card); }
.legend { display: flex; flex-wrap: wrap; gap: 0 1rem; margin: 0 0 0.3rem; color: var(--quiet); font-size: 0.85rem; }
.legend i { display: inline-block; width: 0.7rem; height: 0.7rem; margin-right: 0.4rem; border-radius: 50%; }
.curves svg { overflow: visible; }
.curves text { fill: var(--quiet); }
.curves polyline { fill: none; stroke-width: 2; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.curves .grid { stroke: var(--line); }
.curves .mark { stroke: var(--quiet); stroke-dasharray: 3 4; }
.stages { display: flex; height: 1.1rem; margin-bottom: 0.6rem; border-radius: 5px; overflow: hidden; background: var(--line); }
.stages span { display: block; min-width: 1px; }
.dot { display: inline-block; width: 0.7rem; height: 0.7rem; margin-right: 0.45rem; border-radius: 3px; }
.scroll { overflow-x: auto; }
.scroll td { overflow-wrap: normal; white-space: nowrap; }
.scroll td:first-child, td:has(.thumbnail) + td, .failed td:first-child { min-width: 7rem; overflow-wrap: anywhere; white-space: normal; }
.scroll td .quiet { white-space: nowrap; }
.bad { color: var(--bad); }
.best td { font-weight: 600; }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 1rem; }
figure { margin: 0; }
figure img { display: block; width: 100%; border-radius: 6px; }
figcaption { margin-top: 0.25rem; color: var(--quiet); font-size: 0.85rem; }
.thumbnail { display: block; width: 7.5rem; height: 5.5rem; object-fit: contain; border-radius: 6px; background: var(--image); }
.viewer {
  position: relative; width: 100%; max-height: min(75vh, 46rem); overflow: hidden; border: 1px solid var(--line); border-radius: 10px;
  background: var(--image); cursor: grab; touch-action: none; user-select: none;
}
.viewer:active { cursor: grabbing; }
.viewer:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.stage { position: absolute; left: 0; top: 0; transform-origin: 0 0; }
.stage img { position: absolute; left: 0; top: 0; width: 100%; height: 100%; pointer-events: none; }
.stage.near img { image-rendering: pixelated; }
.tools { display: flex; flex-wrap: wrap; gap: 0.5rem 0.9rem; align-items: center; margin-top: 0.6rem; }
.tools button {
  min-width: 2.4rem; min-height: 2.4rem; padding: 0 0.7rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--card); color: inherit; font: inherit; cursor: pointer;
}
.tools label { display: inline-flex; gap: 0.45rem; align-items: center; min-height: 2.4rem; }
.scalebar {
  position: absolute; left: 0.6rem; bottom: 0.6rem; padding: 0.25rem 0.5rem; border-radius: 6px;
  background: rgb(255 255 255 / 0.85); color: #111; font-size: 0.8rem; text-align: center; white-space: nowrap; pointer-events: none;
}
footer { margin-top: 1.5rem; color: var(--quiet); font-size: 0.85rem; }
`;
