import { describe, expect, it } from '@jest/globals';
import { formats, stepSummary } from '../../reports/index.ts';
import { markdown } from '../../reports/markdown.ts';
import { deep, forwardCause, hostile, inconclusive, matching, several } from '../support/samples.ts';

const github = formats.find((format) => format.id === 'github') as (typeof formats)[number];

describe('the Markdown report', () => {
  it('starts with the outcome and the place', () => {
    expect(markdown.render(forwardCause())).toMatch(
      /^## ❌ mismatch: conv2 \(Conv\) is the first wrong layer, forward/,
    );
    expect(markdown.render(matching())).toMatch(/^## ✅ match: 34 of 35 tensors match/);
    expect(markdown.render(inconclusive())).toMatch(/^## ❔ inconclusive/);
  });

  it('gives each row of its table as many cells as the head has', () => {
    for (const make of [several, hostile]) {
      const rows = markdown
        .render(make())
        .split('\n')
        .filter((line) => line.startsWith('| '));
      expect(rows.length).toBeGreaterThan(5);
      // A bar that is escaped does not end a cell.
      for (const row of rows) expect(row.replace(/\\\|/g, '').split('|')).toHaveLength(9);
    }
  });

  it('leaves no markup of a name outside code', () => {
    const outside = markdown
      .render(hostile())
      .replace(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, '')
      .replace(/<\/?(details|summary)>/g, '');
    expect(outside).not.toMatch(/<\/?\w/);
    expect(outside).not.toMatch(/(?<!\\)\[pwned/);
    expect(outside).not.toMatch(/@everyone/);
    expect(outside).not.toMatch(/^## pwned/m);
    expect(outside).not.toMatch(/(?<!\\)\*\*pwned/);
  });

  it('fits into a comment even for 2,000 layers', () => {
    expect(markdown.render(deep(2000)).length).toBeLessThan(65_536);
  });
});

describe('the GitHub report', () => {
  it('is workflow commands and nothing else, a line each, whatever names hold', () => {
    for (const make of [several, hostile, matching, inconclusive]) {
      const lines = github.render(make()).trimEnd().split('\n');
      for (const line of lines) expect(line).toMatch(/^::(error|warning|notice) title=[^:,]*::[^\r\n]*$/);
    }
  });

  it('annotates the verdict and each faulty site, with cause and fix', () => {
    const lines = github.render(several()).trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[1]).toContain('norm.epsilon: epsilon is 0.001');
    expect(lines[1]).toContain('%0Afix: take epsilon from the node');
    expect(lines[1]).toContain('relative error 0.047 %25');
  });

  it('errs only on a mismatch', () => {
    expect(github.render(matching())).toMatch(/^::notice /);
    expect(github.render(inconclusive())).toMatch(/^::warning /);
  });

  it('has the Markdown report as the summary of the step', () => {
    expect(stepSummary(several())).toBe(markdown.render(several()));
  });
});
