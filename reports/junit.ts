import type { Report, Site } from '../harness/types/report.ts';
import type { Format } from './format.ts';
import {
  causesOf,
  DIRECTIONS,
  distance,
  doubtsOf,
  headline,
  inExecutionOrder,
  keyOf,
  rowIndex,
  type SiteRow,
  sitesOf,
  unseenWithoutRow,
} from './shared/facts.ts';
import { escapeMarkup, nameText, proseText, visible } from './shared/text.ts';

/** For continuous integration: a test case a tensor and direction, a suite a direction. What was not proven is skipped, never passed. */
export const junit: Format = {
  id: 'junit',
  extension: 'xml',
  render: (report) => {
    const suites = [
      verdictSuite(report),
      ...DIRECTIONS.map((direction) => directionSuite(report, direction)),
      updateSuite(report),
      unseenSuite(report),
    ];
    const filled = suites.filter((suite) => suite.cases.length > 0);
    const name = attribute('name', `layerdiff ${nameText(report.subject.name)}`);
    const body = filled.map((suite) => suiteText(suite)).join('\n');
    return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${name}${tallies(filled)}>\n${body}\n</testsuites>\n`;
  },
};

type Result = 'passed' | 'failure' | 'error' | 'skipped';

interface Case {
  readonly name: string;
  readonly layer: string;
  readonly result: Result;
  readonly message: string;
  readonly details: readonly string[];
}

interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** One case for the whole: an inconclusive report must not look green because every tensor was skipped. */
function verdictSuite(report: Report): Suite {
  const result = ({ match: 'passed', mismatch: 'failure', inconclusive: 'error' } as const)[report.outcome];
  const notes = result === 'passed' ? doubtsOf(report) : report.notes;
  const details = [...notes.map(proseText), ...(result === 'passed' ? [] : [`rerun: ${visible(report.rerun)}`])];
  const one: Case = { name: 'outcome', layer: report.subject.name, result, message: headline(report), details };
  return { name: 'verdict', cases: [one] };
}

function directionSuite(report: Report, direction: (typeof DIRECTIONS)[number]): Suite {
  return { name: direction, cases: casesOf(report, direction, inExecutionOrder(report.tensors, direction)) };
}

/** The optimiser's steps. */
function updateSuite(report: Report): Suite {
  return { name: 'update', cases: casesOf(report, 'update', report.updates ?? []) };
}

/** A case for each row, and for each fault that has none. */
function casesOf(report: Report, direction: Site['direction'], rows: readonly SiteRow[]): Case[] {
  const all = sitesOf(report);
  const sites = new Map(all.map((site) => [keyOf(site), site]));
  const known = rowIndex(report);
  const orphans = all.filter((site) => site.direction === direction && !known.has(keyOf(site)));
  return [...rows.map((row) => tensorCase(row, sites.get(keyOf(row)))), ...orphans.map(siteCase)];
}

function tensorCase(row: SiteRow, site: Site | undefined): Case {
  const failed = row.verdict === 'mismatch' || site !== undefined;
  const result = failed ? 'failure' : row.verdict === 'match' ? 'passed' : 'skipped';
  const why = row.reason === undefined ? row.verdict : `${row.verdict}: ${proseText(row.reason)}`;
  const message = failed ? `${row.direction} ${nameText(row.tensor)}: ${distance(row)}` : why;
  const allowed = failed && row.allowed ? [`allowed: ${proseText(row.allowed.because)}`] : [];
  return {
    name: row.tensor,
    layer: row.layer,
    result,
    message,
    details: [...allowed, ...(site ? siteDetails(site) : [])],
  };
}

function siteCase(site: Site): Case {
  const message = `${site.direction} ${nameText(site.tensor)} is wrong`;
  return { name: site.tensor, layer: site.layer, result: 'failure', message, details: siteDetails(site) };
}

function siteDetails(site: Site): string[] {
  const search = site.search === undefined ? [] : [`no cause is known: ${proseText(site.search)}`];
  return search.concat(
    causesOf(site).flatMap((cause) => [
      `${cause === site.cause ? 'cause' : 'maybe'}: ${visible(cause.id)}: ${proseText(cause.claim)}`,
      ...(cause.fix === '' ? [] : [`fix: ${proseText(cause.fix)}`]),
      ...cause.evidence.map((evidence) => `evidence: ${proseText(evidence)}`),
    ]),
  );
}

function unseenSuite(report: Report): Suite {
  const cases = unseenWithoutRow(report).map(
    ({ tensor, missing }): Case => ({
      name: tensor,
      layer: tensor,
      result: 'skipped',
      message: `unseen: not in the ${missing}`,
      details: [],
    }),
  );
  return { name: 'unseen', cases };
}

function suiteText(suite: Suite): string {
  const cases = suite.cases.map((one) => `    ${caseText(one)}`).join('\n');
  return `  <testsuite${attribute('name', suite.name)}${tallies([suite])}>\n${cases}\n  </testsuite>`;
}

function caseText(one: Case): string {
  const head = `<testcase${attribute('classname', nameText(one.layer))}${attribute('name', nameText(one.name))}`;
  if (one.result === 'passed' && one.details.length === 0) return `${head}/>`;
  if (one.result === 'passed')
    return `${head}><system-out>${escapeMarkup(one.details.join('\n'))}</system-out></testcase>`;
  const message = attribute('message', one.message);
  if (one.details.length === 0) return `${head}><${one.result}${message}/></testcase>`;
  return `${head}><${one.result}${message}>${escapeMarkup(one.details.join('\n'))}</${one.result}></testcase>`;
}

function tallies(suites: readonly Suite[]): string {
  const cases = suites.flatMap((suite) => suite.cases);
  const count = (result: Result) => cases.filter((one) => one.result === result).length;
  return ` tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
}

function attribute(name: string, value: string): string {
  return ` ${name}="${escapeMarkup(value)}"`;
}
