import { describe, expect, it } from '@jest/globals';
import type { Report } from '../../harness/types/report.ts';
import { junit } from '../../reports/junit.ts';
import { countsOf } from '../../reports/shared/facts.ts';
import { deep, forwardCause, hostile, inconclusive, matching, samples, several } from '../support/samples.ts';
import { parseXml, type XmlElement } from '../support/xml.ts';

const suite = (report: Report, name: string) =>
  parseXml(junit.render(report)).children.find((child) => child.attributes['name'] === name) as XmlElement;
const results = (one: XmlElement) => one.children.map((test) => test.children[0]?.name ?? 'passed');

describe('the JUnit report', () => {
  it.each(Object.entries({ ...samples, deep: () => deep(300) }))(
    'is well-formed XML whose tallies are true: %s',
    (_, make) => {
      const root = parseXml(junit.render(make()));
      expect(root.name).toBe('testsuites');
      for (const one of [root, ...root.children]) {
        const found = one === root ? root.children.flatMap(results) : results(one);
        const count = (kind: string) => String(found.filter((result) => result === kind).length);
        expect(one.attributes).toMatchObject({
          tests: String(found.length),
          failures: count('failure'),
          errors: count('error'),
          skipped: count('skipped'),
        });
      }
    },
  );

  it('has a case a tensor and direction', () => {
    const report = several();
    const tests = ['forward', 'backward'].flatMap((name) => suite(report, name).children);
    expect(tests).toHaveLength(report.tensors.length);
  });

  it('fails what mismatches, passes what matches, and skips what was not proven', () => {
    const report = several();
    const counts = countsOf(report, 'forward');
    const found = results(suite(report, 'forward'));
    expect(found.filter((result) => result === 'passed')).toHaveLength(counts.match);
    expect(found.filter((result) => result === 'failure')).toHaveLength(counts.mismatch);
    expect(found.filter((result) => result === 'skipped')).toHaveLength(
      counts.unseen + counts.vacuous + counts.incomparable,
    );
  });

  it('gives cause and fix with a failure', () => {
    const failed = suite(forwardCause(), 'forward').children.find((test) => test.attributes['name'] === 'conv2_out');
    expect(failed?.children[0]?.attributes['message']).toMatch(/forward conv2_out: .* × what is allowed/);
    expect(failed?.children[0]?.text).toMatch(/cause: bias\.missing.*\nfix: add conv2\.bias/);
  });

  it('is not green where the report is inconclusive', () => {
    expect(results(suite(inconclusive(), 'verdict'))).toEqual(['error']);
    expect(results(suite(matching(), 'verdict'))).toEqual(['passed']);
  });

  it('fails a faulty site that has no row of its own', () => {
    const report = { ...forwardCause(), tensors: [] };
    expect(results(suite(report, 'forward'))).toEqual(['failure']);
  });

  it('keeps hostile names inside their attributes', () => {
    const names = suite(hostile(), 'forward').children.map((test) => test.attributes['name']);
    expect(names).toContain('<script>window.pwned=1</script>');
    expect(names).toContain(']]><failure message="pwned"/>');
    expect(names).toContain('a\\n::error title=pwned::pwned\\r\\n## pwned');
  });
});

describe('the checker of XML', () => {
  it.each([
    '<a>',
    '<a></b>',
    '<a b=c/>',
    '<a b="<"/>',
    '<a>&</a>',
    '<a>&nbsp;</a>',
    '<a/><b/>',
    '<a>\u0000</a>',
    '<a>]]></a>',
    'text',
    '<a x="1" x="2"/>',
    '<a>\uD800</a>',
  ])('refuses %j', (text) => {
    expect(() => parseXml(text)).toThrow();
  });
});
