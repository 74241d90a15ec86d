import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadModel, subgraphsOf } from '../../adapters/onnx/index.ts';
import { gradientRules } from '../../adapters/onnx/gradients/_list.ts';
import { lifts } from '../../adapters/onnx/lift/_list.ts';
import { operators } from '../../harness/oracle/ops/_list.ts';
import type { Graph } from '../../harness/types/graph.ts';
import { everyCase } from '../laws/_every-case.ts';
import { WITHOUT_DOUBLE } from '../laws/_without-double.ts';

const root = new URL('../../', import.meta.url);
const backend = new URL('../shared/data/onnx-backend/', root);

/** How often ONNX's own operator tests use an operator, and in which operator sets. */
export type BackendUse = Readonly<
  Record<string, { readonly cases: number; readonly opsets: readonly [number, number] }>
>;

/** Counts the uses; null where ONNX's tests do not lie beside this repository. */
export function backendUse(): BackendUse | null {
  if (!existsSync(backend)) return null;
  const found: Record<string, { cases: number; opsets: [number, number] }> = {};
  for (const name of readdirSync(backend).filter((entry) => entry.startsWith('test_'))) {
    const { graph } = loadModel(fileURLToPath(new URL(`${name}/model.onnx`, backend)));
    for (const operator of operatorsIn(graph)) {
      const domain = operator.includes('.') ? operator.slice(0, operator.lastIndexOf('.')) : '';
      const version = graph.opset.get(domain) ?? 1;
      const use = (found[operator] ??= { cases: 0, opsets: [version, version] });
      use.cases++;
      use.opsets = [Math.min(use.opsets[0], version), Math.max(use.opsets[1], version)];
    }
  }
  return Object.fromEntries(Object.entries(found).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function operatorsIn(graph: Graph): Set<string> {
  const names = new Set<string>();
  for (const node of graph.nodes) {
    names.add(named(node));
    for (const inner of subgraphsOf(node)) for (const name of operatorsIn(inner)) names.add(name);
  }
  return names;
}

const named = ({ op, domain = '' }: { op: string; domain?: string }): string =>
  domain === '' ? op : `${domain}.${op}`;

/** What is known of one operator. */
interface Row {
  readonly name: string;
  readonly opsets: string;
  readonly runs: string;
  readonly forward: string;
  readonly vjp: string;
  readonly float32: string;
  readonly float64: string;
}

/** The page docs/operators.md. */
export async function operatorsPage(use: BackendUse): Promise<string> {
  const cases = await everyCase();
  const names = new Set([...operators.map(named), ...gradientRules.map(named), ...Object.keys(use)]);
  const files = new Map<string, Set<string>>();
  for (const { operator, file } of cases) files.set(operator, (files.get(operator) ?? new Set()).add(file));
  const rows = [...names].toSorted(byDomain).map((name) => rowOf(name, use, files));
  const head = ['operator', 'opsets', 'runs', 'oracle forward', 'oracle vjp', 'gradient float32', 'gradient float64'];
  const lines = rows.map(
    (row) =>
      `| ${[`\`${row.name}\``, row.opsets, row.runs, row.forward, row.vjp, row.float32, row.float64].join(' | ')} |`,
  );
  return [...preface(rows), `| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...lines, ''].join('\n');
}

function byDomain(a: string, b: string): number {
  const [x, y] = [a.includes('.'), b.includes('.')];
  return x === y ? (a < b ? -1 : 1) : Number(x) - Number(y);
}

function rowOf(name: string, use: BackendUse, files: ReadonlyMap<string, ReadonlySet<string>>): Row {
  const operator = operators.find((each) => named(each) === name);
  const rule = gradientRules.find((each) => named(each) === name);
  const used = use[name];
  const none = rule !== undefined && 'noGradient' in rule ? `none: ${rule.noGradient}` : null;
  const proof = [...(files.get(name) ?? [])]
    .map((file) => file.replace(/\.ts$/, ''))
    .toSorted()
    .join(', ');
  return {
    name,
    opsets: opsetsOf(name, used?.opsets),
    runs: used === undefined ? '' : `${used.cases} cases`,
    forward: operator === undefined ? 'no' : used === undefined ? 'yes' : `yes, ${used.cases} cases`,
    vjp: vjpOf(name),
    float32: none ?? (rule === undefined ? (REWRITTEN[name] ?? 'no') : `yes: ${proof}`),
    float64: rule === undefined || none !== null ? '' : name in WITHOUT_DOUBLE ? `no: ${WITHOUT_DOUBLE[name]}` : 'yes',
  };
}

/** Operators that are rewritten in others before they are differentiated. */
const REWRITTEN: Readonly<Record<string, string>> = {
  If: 'yes, written out as it ran: `test/adapters/onnx/control-flow.test.ts`',
  Loop: 'yes, written out as it ran: `test/adapters/onnx/control-flow.test.ts`',
  Scan: 'yes, written out as it ran: `test/adapters/onnx/control-flow.test.ts`',
  Upsample: 'yes, lifted to Resize: `test/adapters/onnx/lifting.test.ts`',
};

function vjpOf(name: string): string {
  const operator = operators.find((each) => named(each) === name);
  if (operator?.vjp !== undefined) return 'yes';
  if (operator?.noDerivative !== undefined) return `none: ${operator.noDerivative}`;
  return 'no';
}

/** Where ONNX's tests have it, and which older forms are rewritten. */
function opsetsOf(name: string, seen: readonly [number, number] | undefined): string {
  const rewritten = lifts.filter((lift) => named(lift) === name).map(({ until }) => `< ${until}`);
  const range = seen === undefined ? '' : seen[0] === seen[1] ? `${seen[0]}` : `${seen[0]}–${seen[1]}`;
  return [range, ...(rewritten.length > 0 ? [`lifted ${rewritten.join(', ')}`] : [])]
    .filter((part) => part !== '')
    .join('; ');
}

function preface(rows: readonly Row[]): string[] {
  const count = (holds: (row: Row) => boolean): number => rows.filter(holds).length;
  const begins = (text: string) => (cell: string) => cell.startsWith(text);
  const yes = begins('yes');
  return [
    '<!-- Written by scripts/operators.mjs: do not edit. -->',
    '# Operators',
    '',
    'What is known of each operator, and what it was proven by. Models of operator sets 6 to 26 are read; they run in ONNX Runtime in',
    'their own operator set, and their gradients at 21, to which older forms are lifted.',
    '',
    `- ${count(({ forward }) => yes(forward))} operators have a forward pass in the oracle (float64 and float32), ${count(({ vjp }) => yes(vjp))} a vector-Jacobian product there;`,
    `- ${count(({ float32 }) => yes(float32))} have a gradient in ONNX operators, ${count(({ float64 }) => yes(float64))} of them in float64 too;`,
    `- of ${count(({ float32, vjp }) => begins('none')(float32) || (begins('none')(vjp) && float32 === 'no'))} there is no derivative to be had, and a gradient that arrives stops there;`,
    '- whatever else a gradient arrives at is refused by name (`E_NO_GRADIENT`), never passed over.',
    '',
    '| column | proven by |',
    '| --- | --- |',
    '| opsets | operator sets of the ONNX tests that use it; `lifted < n`: older forms are rewritten (`test/adapters/onnx/lifting.test.ts`) |',
    '| runs | `test/adapters/onnxruntime/onnx-backend.test.ts`: the expected outputs of that many of ONNX’s own 685 tests |',
    '| oracle forward | `test/harness/oracle/backend.test.ts` on the same tests, and `test/harness/oracle/ops/` |',
    '| oracle vjp | `test/harness/oracle/ops/` (differences and laws), `test/laws/gradcheck-backend.test.ts`, `test/laws/two-differentiations.test.ts` |',
    '| gradient float32 | the named tables of `test/adapters/onnx/gradients/cases/`: central differences, ⟨dy, J v⟩ = ⟨Jᵀ dy, v⟩, linearity in dy; `test/laws/gradcheck-backend.test.ts` |',
    '| gradient float64 | `test/laws/gradients-float64.test.ts`: run by ONNX Runtime in float64, equal to the oracle’s to 1e-9 |',
    '',
    'By hand: `layerdiff gradcheck MODEL` does the same for any model, `layerdiff gradient MODEL --out FILE` writes its gradients down.',
    '',
  ];
}

/** Where the page is, and the uses that it was written from. */
export const PAGE = fileURLToPath(new URL('docs/operators.md', root));
export const USES = fileURLToPath(new URL('test/data/backend-operators.json', root));

/** The uses, counted or, without ONNX's tests, as they were counted last. */
export const usesNow = (): BackendUse => backendUse() ?? (JSON.parse(readFileSync(USES, 'utf8')) as BackendUse);
