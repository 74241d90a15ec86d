import { describe, expect, it } from '@jest/globals';
import type { Report } from '../../harness/types/report.ts';
import type { Format } from '../../reports/format.ts';
import { formats } from '../../reports/index.ts';
import { sitesOf } from '../../reports/shared/facts.ts';
import { commonPath, nameText, tailOf, visible } from '../../reports/shared/text.ts';
import { decode } from '../support/xml.ts';
import { deep, HOSTILE, samples } from '../support/samples.ts';

/** The names as a reader of the format sees them. */
const READ: Readonly<Record<string, (text: string) => string>> = {
  json: (text) => Object.values(namesIn(JSON.parse(text))).join('\n'),
  junit: decode,
  html: (text) => decode(text.slice(text.indexOf('<article id="static">'), text.indexOf('</article>'))),
  markdown: (text) => text,
  github: (text) => text.replace(/%3A/g, ':').replace(/%2C/g, ',').replace(/%25/g, '%'),
  terminal: (text) => text,
};

/** All strings of a JSON document, shown as the other formats show them. */
function namesIn(value: unknown): string[] {
  if (typeof value === 'string') return [nameText(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(namesIn) : [];
}

const cases = formats.flatMap((format) =>
  Object.entries(samples).map(([name, make]) => [format.id, name, format, make] as const),
);

describe('every format', () => {
  it('is one of the contract’s, by a name and an extension of its own', () => {
    expect(formats.map((format) => format.id).toSorted()).toEqual([
      'github',
      'html',
      'json',
      'junit',
      'markdown',
      'terminal',
    ]);
    expect(new Set(formats.map((format) => format.extension)).size).toBe(formats.length);
  });

  it.each(cases)('%s says the outcome of %s, and names each faulty tensor', (id, _, format, make) => {
    const report = make();
    const text = (READ[id] as (text: string) => string)(format.render(report));
    expect(text).toContain(report.outcome);
    const missing = sitesOf(report).filter((site) => !text.includes(nameText(site.tensor)));
    expect(missing.map((site) => site.tensor)).toEqual([]);
  });

  it.each(cases)('%s is the same bytes each time, and from a copy: %s', (_, __, format, make) => {
    const text = format.render(make());
    expect(format.render(make())).toBe(text);
    expect(format.render(JSON.parse(JSON.stringify(make())) as Report)).toBe(text);
  });

  it.each(cases)('%s holds no control character, and nothing that turns text round: %s', (id, __, format, make) => {
    // Markdown breaks up mentions with a space of no width; outside the page's own script, which is the same in every report.
    const text = format.render(make()).replace(/<script>.*<\/script>/s, '');
    expect(
      /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.exec(text.replace(id === 'markdown' ? /[\n\u200b]/g : /\n/g, '')),
    ).toBeNull();
  });

  it.each(cases)('%s does not change the report: %s', (_, __, format, make) => {
    const report = make();
    format.render(report);
    expect(report).toEqual(make());
  });

  it.each(formats.map((format) => [format.id, format] as const))(
    '%s draws any part of a report that may be empty',
    (_, format: Format) => {
      const base = (samples['several'] as () => Report)();
      const none = { firstDivergence: null, faulty: [] };
      const variants: Report[] = [
        { ...base, tensors: [], unseen: [] },
        { ...base, forward: none, backward: none },
        { ...base, forward: { firstDivergence: base.forward.firstDivergence, faulty: [] } },
        { ...base, rerun: '', notes: [], subject: { name: '', kind: '', producer: '' } },
        {
          ...base,
          tensors: base.tensors.map(({ map: _map, reason: _reason, ...row }) => ({
            ...row,
            local: null,
            chained: null,
            allowed: null,
            band: null,
            shape: [],
          })),
        },
      ];
      for (const report of variants) expect(format.render(report)).toContain('mismatch');
    },
  );

  it.each(formats.map((format) => [format.id, format] as const))(
    '%s draws 2,000 layers within 3 seconds and 20 MB',
    (_, format: Format) => {
      const report = deep(2000);
      const start = performance.now();
      const text = format.render(report);
      expect(performance.now() - start).toBeLessThan(3000);
      expect(text.length).toBeLessThan(20e6);
    },
  );
});

describe('names', () => {
  it.each(HOSTILE)('are shown on one line with nothing hidden, and within bounds: %j', (name) => {
    const shown = nameText(name);
    expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    expect(shown.length).toBeGreaterThan(0);
    expect([...shown].length).toBeLessThanOrEqual(300);
  });

  it('keep their two ends where they are shortened', () => {
    expect(nameText(`start${'-'.repeat(1000)}end`)).toMatch(/^start-+…-+end$/);
  });

  it('are known by their ends where only a few characters fit, without what all begin with', () => {
    expect(tailOf('/net/blocks.1/attn/MatMul', 12)).toBe('…attn/MatMul');
    expect(tailOf('conv2', 12)).toBe('conv2');
    expect(commonPath(['/net/conv1', '/net/conv2'])).toBe('/net/');
    expect(commonPath(['h.1.attn.q', 'h.1.attn.k'])).toBe('h.1.attn.');
    expect(commonPath(['conv1', 'conv2'])).toBe('');
    expect(commonPath(['/net/conv1'])).toBe('');
    expect(commonPath([])).toBe('');
  });

  it('are left alone where they are plain, whatever the script', () => {
    for (const name of ['conv2.weight', '/layer1/add_output_0', '張量／テンソル📐', 'שכבה', 'é'])
      expect(visible(name)).toBe(name);
  });
});
