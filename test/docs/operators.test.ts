import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { gradientRules } from '../../adapters/onnx/gradients/_list.ts';
import { backendUse, operatorsPage, PAGE, USES, usesNow } from '../support/operators-page.ts';

it('docs/operators.md is what "node scripts/operators.mjs" writes', async () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(await operatorsPage(usesNow()));
  const counted = backendUse();
  if (counted !== null) expect(JSON.parse(readFileSync(USES, 'utf8'))).toEqual(counted);
});

it('docs/operators.md names what proves the gradient of every operator that has one', () => {
  const page = readFileSync(PAGE, 'utf8');
  const named = gradientRules
    .filter((rule) => 'gradient' in rule)
    .map(({ op, domain }) => (domain ? `${domain}.${op}` : op));
  const unproven = named.filter(
    (name) => !new RegExp(`^\\| \`${name.replaceAll('.', '\\.')}\`.*\\| yes: [a-z]`, 'm').test(page),
  );
  expect(unproven).toEqual([]);
});
