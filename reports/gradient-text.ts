import { type ClaimCheck, type GradientReport, isUntested, type TensorCheck } from '../harness/types/gradient-check.ts';
import type { Paint } from './terminal/style.ts';

/** The report for a person: a line a tensor, what is wrong in detail, what was not checked and why. */
export function gradientText(report: GradientReport, name: string, paint: Paint): string {
  const { start, tensors, without } = report;
  const from = start.loss === null ? `random cotangents of ${start.seeded.join(', ')}` : start.loss;
  const width = Math.max(0, ...tensors.map((tensor) => tensor.name.length));
  const lines = [`${paint('bold', name)}  gradients of ${from}, against central differences`, ''];
  for (const tensor of tensors) lines.push(...tensorLines(tensor, width, paint));
  if (without.length > 0) lines.push('', 'Not checked:', ...without.map(withoutLine));
  lines.push('', summary(report, paint));
  return `${lines.join('\n')}\n`;
}

function tensorLines(tensor: TensorCheck, width: number, paint: Paint): string[] {
  const { name, claims, tested, kinks, faint, exhaustive, shape } = tensor;
  const wrong = claims.filter(({ verdict }) => verdict === 'mismatch');
  const mark = wrong.length > 0 ? paint('red', '✗') : isUntested(tensor) ? paint('yellow', '?') : paint('green', '✓');
  const how = exhaustive ? `all ${tested + kinks} elements` : `${tested + kinks} elements and directions`;
  const dim = faint > 0 ? `, ${faint} too small for differences to tell from 0` : '';
  const left = (kinks > 0 ? `, ${kinks} left out at kinks` : '') + dim;
  const head = `${mark} ${name.padEnd(width)}  [${shape.join(', ')}]  ${how}${left}`;
  return [head, ...wrong.map((claim) => `    ${claimLine(claim)}`)];
}

function claimLine({ by, worst }: ClaimCheck): string {
  if (worst === null) return by;
  const where = worst.element === null ? 'along a random direction' : `element ${worst.element}`;
  const [found, expected] = [worst.found.toPrecision(6), worst.expected.toPrecision(6)];
  const ratio = Number.isFinite(worst.ratio) ? `${worst.ratio.toPrecision(3)} times what is allowed` : 'not a number';
  return `${by}: ${where} is ${found}, differences say ${expected} (${ratio})`;
}

const withoutLine = ({ name, by, reason }: GradientReport['without'][number]): string =>
  `  ${[name, by].filter((part) => part !== null && part !== '').join(', ')}: ${reason}`;

function summary({ tensors }: GradientReport, paint: Paint): string {
  const parties = new Map<string, number[]>();
  for (const { by, verdict } of tensors.flatMap(({ claims }) => claims)) {
    const counts = parties.get(by) ?? [0, 0, 0];
    const slot = ['match', 'mismatch', 'untested'].indexOf(verdict);
    counts[slot] = (counts[slot] as number) + 1;
    parties.set(by, counts);
  }
  const lines = [...parties].map(([by, [right = 0, wrong = 0, open = 0]]) => {
    const said = `${by}: ${right} right, ${wrong} wrong${open > 0 ? `, ${open} not shown` : ''}`;
    return wrong > 0 ? paint('red', said) : said;
  });
  return lines.length === 0 ? 'Nothing was checked.' : lines.join('\n');
}
