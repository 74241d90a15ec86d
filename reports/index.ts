export { formats } from './_list.ts';
export type { Format } from './format.ts';
export { stepSummary } from './github.ts';
export { inOrder } from './json/order.ts';
export { json, write } from './json.ts';
export { renderTerminal } from './terminal.ts';
export type { Paint, Style, TerminalOptions } from './terminal/style.ts';
export { type Progress, progressLine, summaryTable, totals } from './terminal/summary.ts';
