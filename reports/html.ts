import type { Format } from './format.ts';
import { packReport, type PageData } from './html/pack.ts';
import { staticPart } from './html/static.ts';
import { script, scriptHash, style, styleHash } from './html/ui/generated/bundle.ts';
import { escapeMarkup } from './shared/text.ts';

/** One page that opens from a file, asks the network for nothing, and shows where the error starts and how it travels. */
export const html: Format = {
  id: 'html',
  extension: 'html',
  render: (report) => page(packReport(report)),
};

function page(data: PageData): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="layerdiff">
<title>${escapeMarkup(`${data.outcome}: ${data.subject.name} – layerdiff`)}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon(data.outcome))}">
<style>${style}</style>
</head>
<body>
${staticPart(data)}
<div id="app"></div>
<script type="application/json" id="data">${embedded(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** Nothing may load, and only this page's own script and style may run. */
const policy = [
  "default-src 'none'",
  `script-src '${scriptHash}'`,
  `style-src '${styleHash}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** JSON that no HTML parser can leave: without `<`, `>` and `&` there is no tag, no comment and no entity. */
function embedded(data: PageData): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function icon(outcome: PageData['outcome']): string {
  const colour = { match: '#007a5a', mismatch: '#c4390b', inconclusive: '#9a6700' }[outcome];
  const mark = { match: 'M4 8.5l3 3 5-7', mismatch: 'M5 5l6 6M11 5l-6 6', inconclusive: 'M8 4v5M8 11v1' }[outcome];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="${colour}"/><path d="${mark}" fill="none" stroke="#fff" stroke-width="2"/></svg>`;
}
