import { styleText } from 'node:util';
import type { Paint } from '../reports/index.ts';

/** Colours for standard output, where it is a terminal that wants them (NO_COLOR, FORCE_COLOR, TERM=dumb). */
export const paint: Paint = (style, text) => {
  const wanted = process.env.FORCE_COLOR !== undefined && process.env.FORCE_COLOR !== '0';
  const refused = process.env.NO_COLOR !== undefined || process.env.TERM === 'dumb';
  if (refused || !(wanted || process.stdout.isTTY === true)) return text;
  return styleText(style as Parameters<typeof styleText>[0], text, { validateStream: false });
};
