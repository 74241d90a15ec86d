import { stripVTControlCharacters, styleText } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { progressLine, renderTerminal, summaryTable, totals } from '../../reports/index.ts';
import { columnsOf, wrap } from '../../reports/shared/text.ts';
import {
  backwardOnly,
  deep,
  empty,
  forwardCause,
  hostile,
  inconclusive,
  matching,
  nan,
  several,
  traces,
} from '../support/samples.ts';

const firstLine = (text: string) => text.split('\n')[0];

describe('the terminal report', () => {
  it.each([
    [matching, '✓ match: 34 of 35 tensors match, forward and backward; 1 vacuous'],
    [forwardCause, '✗ mismatch: conv2 (Conv) is the first wrong layer, forward; backward matches'],
    [backwardOnly, '✗ mismatch: fc2 (Gemm) is the first wrong layer, backward; forward matches'],
    [nan, '✗ mismatch: h.6.attn.softmax (Softmax) is the first wrong layer, forward; head (MatMul), backward'],
    [empty, '? inconclusive: nothing was compared'],
  ])('says outcome and place in its first line', (make, line) => {
    expect(firstLine(renderTerminal(make()))).toBe(line);
  });

  it('says why nothing was concluded', () => {
    expect(firstLine(renderTerminal(inconclusive()))).toMatch(/^\? inconclusive: .*10 of 13 layers were not proven/);
  });

  it('tells a faulty site in words: how far off, cause, fix and evidence', () => {
    const text = renderTerminal(forwardCause(), { width: 200 });
    expect(text).toMatch(/off by +232,\d{3} × what is allowed, relative error 8\.9 %, 6,738 of 7,168 elements off/);
    expect(text).toMatch(/cause +bias\.missing: conv2 adds no bias/);
    expect(text).toMatch(/fix +add conv2\.bias/);
    expect(text).toMatch(/evidence +error is constant within a channel/);
  });

  it('names the other candidates beside a proven cause, each once', () => {
    const text = renderTerminal(forwardCause(), { width: 200 });
    expect(text.match(/bias\.missing/g)).toHaveLength(1);
    expect(text).toMatch(/maybe +bias\.axis: bias broadcast along the wrong axis \(explains 31 %\)/);
    expect(text).not.toContain('index it by channel');
  });

  it('does not call wrong what may have been inherited, where there was no model', () => {
    const text = renderTerminal(traces());
    expect(firstLine(text)).toBe(
      '✗ mismatch: pool1 (MaxPool) is the first tensor that differs, forward; backward matches',
    );
    expect(text).toContain('without a model no layer can be run by itself');
  });

  it('offers candidates as such where no cause is proven, and says so where there are none', () => {
    const text = renderTerminal(several(), { width: 200 });
    expect(text).toMatch(/maybe +region\.partial: right but/);
    expect(text).toMatch(/cause +unknown/);
  });

  it('lists backward faults from the last layer to the first', () => {
    const text = renderTerminal(several());
    expect(text.indexOf('layer3.block8.conv1.weight')).toBeLessThan(
      text.lastIndexOf('gradient of /layer1/block1/add_output_0'),
    );
    expect(text).toContain('Backward: 2 faults, from the last layer to the first');
  });

  it('counts what was proven and names what was not seen', () => {
    const text = renderTerminal(several());
    expect(text).toContain('180 of 188 tensors match; 5 wrong; 2 vacuous; 1 incomparable; 3 unseen');
    expect(text).toContain('not in the reference: scratch_buffer_3');
  });

  it('names every fault of many, the later ones in a line each', () => {
    const report = deep(2000);
    const text = renderTerminal(report);
    expect(report.forward.faulty.length).toBeGreaterThan(15);
    for (const site of report.forward.faulty) expect(text).toContain(`output ${site.tensor}`);
  });

  it.each([60, 80, 120])('breaks prose at %i columns', (width) => {
    const prose = renderTerminal(several(), { width })
      .split('\n')
      .filter((line) => /^ +(cause|fix|evidence|allowed|note|took) /.test(line));
    expect(prose.length).toBeGreaterThan(8);
    for (const line of prose) expect(columnsOf(line)).toBeLessThanOrEqual(width);
  });

  it('writes one line a tensor in columns that line up, wide characters too', () => {
    for (const make of [several, hostile, traces]) {
      const report = make();
      const lines = renderTerminal(report, { layers: true, width: 120 }).split('\n');
      const head = lines.findIndex((line) => line.startsWith('verdict'));
      const table = lines.slice(head, head + 1 + report.tensors.length);
      const at = columnsOf((lines[head] as string).split('tensor')[0] as string);
      expect(table).toHaveLength(report.tensors.length + 1);
      // The column before "tensor" ends in two spaces in every line.
      for (const line of table) expect(columnPair(line, at)).toBe('  ');
    }
  });

  it('paints only through the function it is given', () => {
    const report = several();
    const plain = renderTerminal(report, { layers: true });
    const painted = renderTerminal(report, {
      layers: true,
      paint: (style, text) => styleText(style, text, { validateStream: false }),
    });
    expect(plain).not.toContain('\u001b');
    expect(painted).toContain('\u001b[31m');
    expect(stripVTControlCharacters(painted)).toBe(plain);
  });
});

/** The two columns before column `at`. */
function columnPair(line: string, at: number): string {
  let column = 0;
  let pair = '';
  for (const c of line) {
    if (column >= at - 2 && column < at) pair += c;
    column += columnsOf(c);
  }
  return pair;
}

describe('the summary of many subjects', () => {
  const reports = [matching, forwardCause, several, inconclusive, hostile].map((make) => make());
  it('is a line a subject, and a line of totals', () => {
    const lines = summaryTable(reports, { width: 100 }).trimEnd().split('\n');
    expect(lines).toHaveLength(1 + reports.length + 2);
    expect(lines[2]).toMatch(/^✗ mismatch +lenet\.safetensors +34\/35 +conv2 \(Conv\), forward +bias\.missing$/);
    expect(lines.at(-1)).toBe('5 subjects: 1 match, 3 mismatch, 1 inconclusive');
  });
  it('fits into its width', () => {
    for (const line of summaryTable(reports, { width: 90 }).split('\n'))
      expect(columnsOf(line)).toBeLessThanOrEqual(90);
  });
  it('says so where there is nothing', () => {
    expect(totals([])).toBe('0 subjects');
  });
});

describe('progress', () => {
  it('shows how far, on what and for how long', () => {
    const line = progressLine({ stage: 'oracle', done: 12, total: 48, item: 'conv2', seconds: 0.4 });
    expect(line).toBe('oracle    [#####---------------] 12/48  conv2  0.4 s');
  });
  it('is one line of its width whatever the item is called, and where the total is not known', () => {
    for (const item of ['', 'a\nb', '\u001b[2J', 'x'.repeat(500)]) {
      for (const total of [0, 7]) {
        const line = progressLine({ stage: 'reference', done: 3, total, item, seconds: 61 }, 60);
        expect(columnsOf(line)).toBeLessThanOrEqual(60);
        expect(line).not.toMatch(/\p{Cc}/u);
      }
    }
  });
});

describe('widths', () => {
  it('counts two columns for wide characters, none for marks', () => {
    expect(columnsOf('conv2')).toBe(5);
    expect(columnsOf('張量')).toBe(4);
    expect(columnsOf('e\u0301')).toBe(1);
  });
  it('wraps without losing a word', () => {
    const text = 'the quick brown fox jumps over an extraordinarilylongword and rests';
    expect(wrap(text, 12).join(' ')).toBe(text);
    expect(wrap(text, 12).filter((line) => line.length > 12)).toEqual(['extraordinarilylongword']);
  });
});
