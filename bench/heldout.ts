// How much is found of what no rule was written for: `npm run bench:heldout -- [--net NAME] [--bug TEXT] [--form FORM…] [--several N]`.
import { referenceOf } from '../adapters/onnxruntime/index.ts';
import { decodeModel, encodeModel } from '../adapters/onnx/index.ts';
import { BUGS } from './heldout/bugs/index.ts';
import { makeCase, matters, pick, placesOf } from './heldout/cases.ts';
import { checkRun, type Form, judge, shows, type Verdict } from './heldout/judge.ts';
import { NETS } from './heldout/nets/index.ts';
import { simulate } from './heldout/simulate.ts';

const args = process.argv.slice(2);
const option = (name: string): string | undefined => {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
};
const forms = (option('--form') ?? 'all').split(',') as Form[];
const seed = Number(option('--seed') ?? 1);
const share = Number(option('--share') ?? 1);
const tally = new Map<string, Record<string, number>>();
const add = (group: string, key: string): void => {
  const row = tally.get(group) ?? {};
  row[key] = (row[key] ?? 0) + 1;
  tally.set(group, row);
};
const missed = { push: (line: string): void => console.log(line) };

function count(group: string, label: string, verdict: Verdict): void {
  add(group, 'cases');
  for (const key of ['detected', 'located', 'exact', 'named', 'misnamed'] as const) if (verdict[key]) add(group, key);
  if (verdict.loose.length > 0) add(group, 'loose');
  if (verdict.loose.length > 0 && args.includes('--loose'))
    missed.push(`loose        ${label}  ${verdict.loose.slice(0, 3).join(' ')}`);
  const kind = !verdict.detected
    ? 'undetected'
    : !verdict.located
      ? 'not located'
      : verdict.misnamed
        ? 'misnamed'
        : !verdict.named
          ? 'unnamed'
          : !verdict.exact
            ? 'also blamed'
            : null;
  if (kind !== null) missed.push(`${kind.padEnd(12)} ${label}  -> ${verdict.said}`);
}

let turn = 0;
for (const make of NETS) {
  const net = make();
  if (!net.name.includes(option('--net') ?? '')) continue;
  const model = decodeModel(encodeModel(net.graph, { inline: () => true }), { place: net.name, directory: null });
  const reference = await referenceOf(model, net.name);
  const right = simulate({ graph: net.graph, inputs: net.inputs, loss: net.loss, seed, tampering: [] });
  for (const form of forms) {
    const report = await checkRun(net, right, form, reference, seed);
    add(`${form} clean`, 'cases');
    if (report.outcome === 'match') add(`${form} clean`, 'silent');
    else
      missed.push(
        `false alarm  ${net.name} ${form}  ${report.outcome} ${[...report.forward.faulty, ...report.backward.faulty]
          .slice(0, 4)
          .map((s) => `${s.direction} ${s.tensor}`)
          .join(' ')} ${report.notes.slice(0, 2).join(' ')}`,
      );
  }
  const several = Number(option('--several') ?? 0);
  if (several > 0) {
    for (let k = 0; k < several; k++) {
      const all = BUGS.map((bug) => ({ bug, places: placesOf(net, right, bug) })).filter(
        ({ places }) => places.length > 0,
      );
      const chosen = [0, 1, 2].flatMap((i) => {
        const one = pick(
          all.filter(({ bug }) => i < 2 === (bug.direction === 'forward')),
          `${net.name}${k}.${i}`,
          seed,
        )!;
        const place = pick(one.places, `${net.name}${k}.${i}p`, seed);
        return place === undefined ? [] : [{ bug: one.bug, ...place }];
      });
      if (new Set(chosen.map(({ node }) => node)).size < chosen.length) continue;
      const made = makeCase(net, chosen, seed + k);
      if (made === null || !matters(made)) continue;
      const report = await checkRun(net, made.ran, 'all', reference, seed);
      count(
        'several',
        `${net.name} ${chosen.map(({ bug, node }) => `${bug.cause}@${node.op}`).join(' + ')}`,
        judge(made, report, 'all', seed),
      );
    }
    continue;
  }
  for (const bug of BUGS.filter((b) => `${b.cause} ${b.what}`.includes(option('--bug') ?? ''))) {
    const places = placesOf(net, right, bug);
    for (const op of new Set(places.map(({ node }) => node.op))) {
      const place = pick(
        places.filter(({ node }) => node.op === op),
        `${net.name}${bug.what}${op}`,
        seed,
      )!;
      if (
        pick(
          Array.from({ length: 100 }, (_, i) => i / 100),
          `${net.name}${bug.what}${op}share`,
          seed,
        )! >= share
      )
        continue;
      const made = makeCase(net, [{ bug, ...place }], seed + turn++);
      if (made === null || !matters(made)) {
        add('no case', made === null ? 'impossible' : 'too small');
        continue;
      }
      for (const form of forms) {
        const label = `${net.name} ${form} ${bug.cause} (${bug.what}) @${op} ${place.node.name} size ${made.size.toPrecision(2)}`;
        try {
          const report = await checkRun(net, made.ran, form, reference, seed);
          if (report.outcome === 'match' && !shows(net, made.ran, right, form, seed))
            add('no case', `shows in nothing ${form}`);
          else count(`${form} ${bug.direction}`, label, judge(made, report, form, seed));
        } catch (error) {
          missed.push(`error        ${label}  ${(error as Error).message.split('\n').slice(0, 2).join(' ')}`);
        }
      }
    }
  }
  await reference.release();
  process.stderr.write(`${net.name} done\n`);
}
for (const [group, row] of [...tally].sort()) {
  const share = (n: number): string =>
    row.cases === undefined ? `${n}` : `${n} (${((100 * n) / row.cases).toFixed(1)}%)`;
  console.log(
    group.padEnd(24),
    Object.entries(row)
      .map(([key, n]) => (key === 'cases' ? `${n} cases` : `${key} ${share(n)}`))
      .join(' · '),
  );
}
