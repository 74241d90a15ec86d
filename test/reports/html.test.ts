import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { ErrorMap, Report, TensorReport } from '../../harness/types/report.ts';
import { levelOf, packMap } from '../../reports/html/levels.ts';
import { packReport, type PageData, type PageRow } from '../../reports/html/pack.ts';
import { parseFilter } from '../../reports/html/ui/filter.ts';
import { cividis } from '../../reports/html/ui/palette.ts';
import { placeOf, powers, powerText } from '../../reports/html/ui/scale.ts';
import { createStore } from '../../reports/html/ui/store.ts';
import { html } from '../../reports/html.ts';
import { deep, hostile, matching, nan, samples, several, updates } from '../support/samples.ts';

/** What stands between the first `from` and the next `to`. */
function between(text: string, from: string, to: string): string {
  const start = text.indexOf(from) + from.length;
  return text.slice(start, text.indexOf(to, start));
}
const dataOf = (page: string) =>
  JSON.parse(between(page, '<script type="application/json" id="data">', '</script>')) as PageData;

describe('the HTML report', () => {
  it('has an interface that is bundled from its source as it is now', () => {
    const script = new URL('../../scripts/bundle-report.mjs', import.meta.url).pathname;
    expect(execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8', stdio: 'pipe' })).toBe('');
  });

  it('says how far off an update is, though no row of a layer has it', () => {
    const [site] = dataOf(html.render(updates())).sites;
    expect(site).toMatchObject({ direction: 'update', row: -1 });
    expect(site?.distance).toMatch(/× what is allowed, relative error/);
  });

  it('lets only its own script and style run, and nothing load', () => {
    const page = html.render(several());
    const policy = between(page, 'http-equiv="Content-Security-Policy" content="', '"');
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src ${hash(between(page, '<script>', '</script>'))};`);
    expect(policy).toContain(`style-src ${hash(between(page, '<style>', '</style>'))};`);
    expect(page.replace(/http:\/\/www\.w3\.org\/2000\/svg/g, '')).not.toMatch(/https?:\/\/|src=|@import|url\(/);
  });

  it.each(Object.entries(samples))('embeds data that no parser of HTML can leave: %s', (_, make) => {
    const page = html.render(make());
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script/g)).toHaveLength(2);
    expect(between(page, 'id="data">', '</script>')).not.toMatch(/[<>&]/);
    expect(dataOf(page)).toEqual(JSON.parse(JSON.stringify(packReport(make()))));
  });

  it('shows verdict, causes and failing rows without any script', () => {
    const part = between(html.render(several()), '<article id="static">', '</article>');
    expect(part).toContain('mismatch: layer1/block2/bn1 (BatchNormalization) is the first wrong layer, forward');
    expect(part).toContain('fix: take epsilon from the node: 1e-5');
    expect(part.match(/<tr>/g)).toHaveLength(1 + several().tensors.filter((row) => row.verdict !== 'match').length);
  });

  it('has elements of ours only in its static part, whatever names hold', () => {
    const part = between(html.render(hostile()), '<article id="static">', '</article>');
    const tags = new Set([...part.matchAll(/<\/?(\w+)/g)].map((match) => match[1]));
    expect(
      [...tags].filter((tag) => !/^(h1|h2|p|ul|li|b|br|code|table|thead|tbody|tr|th|td|span)$/.test(tag as string)),
    ).toEqual([]);
  });
});

describe('what goes into the page', () => {
  it('is in order of computation: forward, then backward from the last layer to the first, whichever way the report lists it', () => {
    const report = several();
    const turned = {
      ...report,
      tensors: [
        ...report.tensors.filter((r) => r.direction === 'forward'),
        ...report.tensors.filter((r) => r.direction === 'backward').toReversed(),
      ],
    };
    const layers = (r: Report) => packReport(r).rows.map((row) => `${row.direction} ${row.tensor}`);
    expect(layers(turned)).toEqual(layers(report));
    expect(packReport(report).rows.find((row) => row.direction === 'backward')?.layer).toBe('fc');
  });

  it('is bounded: details of matches go before those of failures, rows of matches before others, and the notes say so', () => {
    const base = deep(4);
    const [template] = base.tensors as [TensorReport];
    const cells = Array.from({ length: 400 }, (_, i) => (i % 7) - 2);
    const map: ErrorMap = { rows: 20, columns: 20, axes: ['row', 'column'], cells };
    const tensors = Array.from({ length: 21_000 }, (_, i): TensorReport => {
      const verdict = i % 10 === 9 ? 'mismatch' : 'match';
      return { ...template, tensor: `t${i}`, verdict, map };
    });
    const data = packReport({ ...base, tensors });
    expect(data.rows).toHaveLength(20_000);
    expect(data.rows.filter((row) => row.verdict === 'mismatch')).toHaveLength(2100);
    expect(data.rows.filter((row) => row.verdict === 'mismatch').every((row) => row.map !== undefined)).toBe(true);
    expect(data.rows.filter((row) => row.map === undefined).length).toBeGreaterThan(3000);
    expect(data.notes.join()).toMatch(/shows 20000 of 21000 rows.*have no map/);
    expect(JSON.stringify(data).length).toBeLessThan(40e6);
  });

  it('holds maps of at most 64 × 64, in which the worst of each cell survives', () => {
    const cells = Array.from({ length: 300 * 200 }, () => -1 as number | null);
    cells[150 * 200 + 199] = 3;
    cells[299 * 200] = Number.NaN;
    cells[0] = null;
    const packed = packMap({ rows: 300, columns: 200, axes: ['row', 'column'], cells });
    expect([packed.rows, packed.columns, packed.levels.length]).toEqual([64, 64, 4096]);
    const levels = [...packed.levels].map(levelOf);
    expect(levels[Math.floor((150 * 64) / 300) * 64 + 63]).toBeCloseTo(3, 0);
    expect(levels[63 * 64]).toBe(Number.POSITIVE_INFINITY);
    expect(levels.filter((level) => (level ?? -9) > 0)).toHaveLength(2);
    expect(packMap({ rows: 1, columns: 2, axes: ['', ''], cells: [null, 0] }).levels[0]).toBe('.');
  });

  it('says of NaN and infinity what they are', () => {
    const rows = packReport(nan()).rows.filter((row) => row.verdict === 'mismatch');
    expect(rows.map((row) => row.times)).toEqual(['NaN', 'Infinity']);
  });
});

describe('the interface', () => {
  const data = packReport(several());
  const rows = (filter: string) => data.rows.filter(parseFilter(filter));
  const names = (list: readonly PageRow[]) => list.map((row) => row.tensor);

  it('filters by words, fields, error and their opposites', () => {
    expect(rows('')).toHaveLength(data.rows.length);
    expect(new Set(rows('op:batchnorm').map((row) => row.op))).toEqual(new Set(['BatchNormalization']));
    expect(names(rows('is:mismatch to:forward'))).toEqual(
      data.sites.filter((s) => s.direction === 'forward').map((s) => s.tensor),
    );
    expect(names(rows('is:precision'))).toEqual(['/layer1/block2/bn1_output_0']);
    expect(rows('err>1').every((row) => row.verdict === 'mismatch')).toBe(true);
    expect(rows('err>1').length + rows('err<1').length).toBe(data.rows.filter((row) => row.times !== null).length);
    expect(rows('-op:conv block5').some((row) => /conv/i.test(row.op))).toBe(false);
    expect(rows('nosuchfield:x')).toEqual([]);
    expect(
      packReport(nan())
        .rows.filter(parseFilter('err>1e30'))
        .map((row) => row.times),
    ).toEqual(['NaN', 'Infinity']);
  });

  it('sorts NaN and infinity as the largest errors, and keeps order among equals', () => {
    const store = createStore(packReport(nan()), { sort: 'introduced', descending: true });
    const [first, second] = store.shown();
    expect([first, second].map((i) => store.data.rows[i as number]?.times)).toEqual(['NaN', 'Infinity']);
    store.update({ sort: 'verdict', descending: false });
    const matches = store.shown().filter((i) => store.data.rows[i]?.verdict === 'match');
    expect(matches).toEqual(matches.toSorted((a, b) => a - b));
    store.update({ sort: 'order', descending: false, direction: 'backward', verdicts: new Set(['mismatch']) });
    expect(store.shown().map((i) => store.data.rows[i]?.tensor)).toEqual(['head.weight']);
  });

  it('tells its listeners what changed', () => {
    const store = createStore(packReport(matching()), {});
    const seen: [number, number][] = [];
    store.subscribe((state, before) => seen.push([before.selected, state.selected]));
    store.update({ selected: 3 });
    expect(seen).toEqual([[-1, 3]]);
  });

  it('places zero, nothing, NaN and infinity beside the scale, not on it', () => {
    expect([100, 0, null, 'NaN', 'Infinity', Number.NaN].map((x) => placeOf(x).at)).toEqual([
      'value',
      'exact',
      'none',
      'infinite',
      'infinite',
      'infinite',
    ]);
    expect(placeOf(100)).toEqual({ at: 'value', log: 2 });
  });

  it('has few ticks, all of them whole powers', () => {
    expect(powers(-2, 6, 6)).toEqual([-2, 0, 2, 4, 6]);
    expect(powers(-12, 9, 6).length).toBeLessThanOrEqual(7);
    expect([-12, 0, 3].map(powerText)).toEqual(['10⁻¹²', '1', '10³']);
  });

  it('has a scale of colours whose lightness only grows', () => {
    const light = Array.from({ length: 33 }, (_, i) => cividis(i / 32)).map(
      ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b,
    );
    expect(light.every((value, i) => i === 0 || value >= (light[i - 1] as number))).toBe(true);
    expect(cividis(-1)).toEqual(cividis(0));
  });
});
