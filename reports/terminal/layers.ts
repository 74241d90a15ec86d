import type { Report, TensorReport } from '../../harness/types/report.ts';
import { DIRECTIONS, ICONS, inExecutionOrder, timesAllowed } from '../shared/facts.ts';
import { numberOf, shapeText, short } from '../shared/number.ts';
import { NAME_LIMIT, shorten, visible } from '../shared/text.ts';
import { type Paint, table, VERDICT_STYLE } from './style.ts';

/** One line a tensor: forward in order of execution, then backward from the last layer to the first. */
export function layerTable(report: Report, paint: Paint, width: number, whole: boolean): string[] {
  const rows = DIRECTIONS.flatMap((direction) => inExecutionOrder(report.tensors, direction));
  if (rows.length === 0) return [];
  // Verdict, direction, operator, shape and the two numbers take about 62 columns; the two names share what is left.
  const room = whole ? NAME_LIMIT : Math.max(10, Math.floor((width - 62) / 2));
  const style = (row: number) => VERDICT_STYLE[(rows[row] as TensorReport).verdict];
  const column = (title: string, cell: (row: TensorReport) => string, right = false) => ({
    title,
    right,
    cells: rows.map(cell),
  });
  const columns = [
    { ...column('verdict', verdictText), style },
    column('', (row) => (row.direction === 'forward' ? '→' : '←')),
    column('layer', (row) => shorten(visible(row.layer), room)),
    column('op', (row) => shorten(visible(row.op), whole ? room : width >= 100 ? 24 : 16)),
    column('tensor', (row) => shorten(visible(row.tensor), room)),
    column('shape', (row) => shapeText(row.shape)),
    column('× allowed', (row) => timesText(row), true),
    column('chained', (row) => (row.chained === null ? '–' : short(numberOf(row.chained.relL2), 2)), true),
  ];
  const legend =
    '× allowed: error introduced by the layer, over what is allowed · chained: relative error since the input';
  return [...table(columns, paint), paint('dim', whole ? legend : shorten(legend, width))];
}

function verdictText(row: TensorReport): string {
  const band = row.band === 'rounding' || row.band === 'precision' ? ` (${row.band})` : '';
  return `${ICONS[row.verdict]} ${row.verdict}${band}`;
}

function timesText(row: TensorReport): string {
  const times = timesAllowed(row.local, row);
  return times === null ? '–' : short(times, 2);
}
