import type { Report } from '../harness/types/report.ts';
import type { Format } from './format.ts';
import { headline, PLACES } from './shared/facts.ts';
import { nameText, visible } from './shared/text.ts';
import { closing } from './terminal/closing.ts';
import { findings } from './terminal/findings.ts';
import { layerTable } from './terminal/layers.ts';
import { OUTCOME_STYLE, resolve, type TerminalOptions } from './terminal/style.ts';

/** For people: the verdict at once, then why. */
export const terminal: Format = {
  id: 'terminal',
  extension: 'txt',
  render: (report) => renderTerminal(report),
};

const OUTCOME_ICON = { match: '✓', mismatch: '✗', inconclusive: '?' } as const;

/**
 * The report as text for a terminal, ending in a new line.
 * @param options `layers`: one line a tensor as well; `paint`: colours (none unless given: the caller knows NO_COLOR and the TTY);
 *   `width`: columns to fit in (100 unless given; tables never break, prose wraps); `whole`: names are never shortened
 */
export function renderTerminal(report: Report, options: TerminalOptions = {}): string {
  const { paint, width, layers, whole } = resolve(options);
  const first = `${OUTCOME_ICON[report.outcome]} ${headline(report)}`;
  const blocks = [
    [paint('bold', paint(OUTCOME_STYLE[report.outcome], first)), paint('dim', `  ${sidesText(report)}`)],
    ...PLACES.map((direction) => findings(report, direction, paint, width)),
    layers ? layerTable(report, paint, width, whole) : [],
    closing(report, paint, width),
  ];
  const text = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${text.join('\n\n')}\n`;
}

/** `lenet.safetensors (trace by my-net) against lenet.onnx (onnxruntime 1.30.0)` */
function sidesText({ subject, reference }: Report): string {
  const by = subject.producer === null ? '' : ` by ${nameText(subject.producer)}`;
  const framework = `${nameText(reference.kind)} ${visible(reference.version)}`.trim();
  return `${nameText(subject.name)} (${nameText(subject.kind)}${by}) against ${nameText(reference.name)} (${framework})`;
}
