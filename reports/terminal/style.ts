import type { Outcome, Verdict } from '../../harness/types/report.ts';
import { columnsOf, wrap } from '../shared/text.ts';

/** The few styles in use; each is one that node:util's `styleText` knows. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta';
export type Paint = (style: Style, text: string) => string;

export interface TerminalOptions {
  /** One line a tensor as well. */
  readonly layers?: boolean;
  readonly paint?: Paint;
  /** Columns of the terminal. */
  readonly width?: number;
  /** Names are never shortened, however wide a table gets (default false). */
  readonly whole?: boolean;
}

export const plain: Paint = (_style, text) => text;

export const OUTCOME_STYLE: Readonly<Record<Outcome, Style>> = {
  match: 'green',
  mismatch: 'red',
  inconclusive: 'yellow',
};
export const VERDICT_STYLE: Readonly<Record<Verdict, Style>> = {
  match: 'green',
  mismatch: 'red',
  incomparable: 'magenta',
  unseen: 'dim',
  vacuous: 'yellow',
};

export function resolve(options: TerminalOptions): Required<TerminalOptions> {
  const { layers = false, paint = plain, width = 100, whole = false } = options;
  return { layers, paint, width: Math.max(40, width), whole };
}

/** `  label     text`, wrapped under itself. */
export function field(
  label: string,
  text: string,
  width: number,
  { indent = 2, paint = (t: string): string => t } = {},
): string[] {
  const margin = ' '.repeat(indent);
  const lines = wrap(text, width - indent - LABEL);
  return lines.map((line, i) => `${margin}${(i === 0 ? label : '').padEnd(LABEL)}${paint(line)}`);
}
const LABEL = 10;

/** Pads to a width in columns, not in code units. */
export function padTo(text: string, width: number, right = false): string {
  const gap = ' '.repeat(Math.max(0, width - columnsOf(text)));
  return right ? gap + text : text + gap;
}

/** One column of a table: its cells, and whether numbers line up at its right. */
export interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly right?: boolean;
  readonly style?: (row: number) => Style | null;
}

/** Aligned columns, two spaces apart, under a line of titles. */
export function table(columns: readonly Column[], paint: Paint): string[] {
  const shown = columns.filter((column) => column.cells.some((cell) => cell !== ''));
  const widths = shown.map(({ title, cells }) =>
    cells.reduce((w, cell) => Math.max(w, columnsOf(cell)), columnsOf(title)),
  );
  const title = shown.map((column, i) => padTo(column.title, widths[i] as number, column.right)).join('  ');
  const rows = (shown[0]?.cells ?? []).map((_, row) =>
    shown
      .map((column, i) => {
        const cell = padTo(column.cells[row] as string, widths[i] as number, column.right);
        const style = column.style?.(row) ?? null;
        return style === null ? cell : paint(style, cell);
      })
      .join('  ')
      .trimEnd(),
  );
  return [paint('dim', title.trimEnd()), ...rows];
}
