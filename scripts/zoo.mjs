// Writes docs/scoreboard.md: every mutant through the built check(), what is said of it, and what is said of networks without a bug.
// usage: npm run build && node scripts/zoo.mjs [--check] [--dist DIR] [--only PATTERN]
//   --only tries the mutants whose "id net cause" the regular expression meets, says what each is called, and writes nothing
//   --check fails, and writes nothing, where the scoreboard is not what is written in docs/scoreboard.md
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createJiti } from 'jiti';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
const dist = resolve(option('--dist') ?? join(root, 'dist'));
const built = (path) => import(pathToFileURL(join(dist, path)).href);
const jiti = createJiti(import.meta.url);
const source = (path) => jiti.import(join(root, path));

const { check } = await built('harness/check.js');
const { rules } = await built('harness/rules/_list.js');
const { networkSubject } = await built('adapters/network/index.js');
const { openOnnxReference } = await built('adapters/onnxruntime/index.js');
const { readTensors } = await built('adapters/trace/index.js');
const { causeOf } = await built('harness/causes/index.js');
const only = option('--only');
const { mutants: all } = await source('models/mutants/_list.ts');
const mutants = all.filter(({ id, net, cause }) => !only || new RegExp(only).test(`${id} ${net} ${cause}`));
const { scoreOf } = await source('models/mutants/_score.ts');
const { inOneLayer, inOneNetwork } = await source('models/mutants/_pairs.ts');
const { twins } = await source('models/twins/index.ts');
const { inSteps } = await source('models/variants/steps.ts');
const { summed, sums } = await source('models/variants/summation.ts');
const { optimizers, stepMutants, stepping } = await source('models/steps/index.ts');

/** So many pairs of bugs in two layers are tried, of some thousands. */
const MOST_PAIRS = 40;

const MARKS = { named: '●', tie: '◐', unknown: '○', misnamed: '✗', 'not located': '–' };
const references = new Map();

async function checked(net, network, options = {}) {
  const twin = twins[net];
  if (!references.has(twin.id)) references.set(twin.id, await openOnnxReference(twin.model));
  const inputs = readTensors(twin.inputs);
  return check(networkSubject(network, net), references.get(twin.id), { inputs, twice: false, ...options });
}

/** Each mutant; and each bug, in one network, with the rules that propose its cause left out. */
async function scoreMutants() {
  const scored = [];
  const tried = new Set();
  for (const mutant of mutants) {
    const { net, id, cause } = mutant;
    const proposing = new Set();
    const twice = cause === 'nondeterministic';
    const report = await checked(net, mutant.make(), {
      twice,
      rules: rules.map((rule) => watched(rule, cause, proposing)),
    });
    const score = scoreOf(mutant, report);
    const leave = score.naming === 'named' && proposing.size > 0 && !tried.has(id);
    if (leave) tried.add(id);
    const fewer = rules.filter((rule) => !proposing.has(rule.id));
    const without = leave ? scoreOf(mutant, await checked(net, mutant.make(), { rules: fewer })) : null;
    scored.push({ mutant, score, without });
    if (only) told(scored.at(-1));
  }
  return scored;
}

/** One mutant, as soon as it is scored. */
function told({ mutant: { id, net, cause }, score, without }) {
  const said = score.cause === cause ? '' : ` ${score.cause}`;
  const more = score.accused.length > 0 ? ` and ${score.accused.join(', ')}` : '';
  const left = without && without.naming !== 'unknown' ? ` (without its rules: ${without.cause})` : '';
  console.log(`${MARKS[score.naming]} ${id} in ${net}, ${cause}:${said}${more}${left}`);
}

/** The rule, which also tells when it proposes this cause. */
function watched(rule, cause, proposing) {
  const watch = (propose) =>
    function* told(context) {
      for (const hypothesis of propose(context)) {
        if (hypothesis.cause === cause) proposing.add(rule.id);
        yield hypothesis;
      }
    };
  const ways = ['forward', 'backward', 'form'].filter((way) => rule[way] !== undefined);
  return { ...rule, ...Object.fromEntries(ways.map((way) => [way, watch(rule[way])])) };
}

async function scorePairs(pairs) {
  const scored = [];
  for (const { net, bugs, make } of pairs) {
    const report = await checked(net, make());
    scored.push({ net, bugs, scores: bugs.map((bug) => scoreOf(bug, report)) });
  }
  return scored;
}

/** The network whose parameters go by the reference's names, so that an optimiser's do too. */
const STEPPED = 'mobilenet';

/** Right and wrong optimisers: what is said of the updates of all parameters. */
async function scoreSteps() {
  const twin = twins[STEPPED];
  const inputs = readTensors(twin.inputs);
  const rights = Object.entries(optimizers).map(([id, optimizer]) => ({
    id,
    cause: null,
    optimizer,
    wrong: () => false,
  }));
  const rows = [];
  for (const { id, cause, optimizer, wrong = () => true } of [...rights, ...stepMutants]) {
    const subject = stepping(networkSubject(twin.make(), STEPPED), optimizer);
    const { backward, updates } = await check(subject, references.get(twin.id), { inputs, twice: false });
    const sites = backward.faulty.filter(({ direction }) => direction === 'update');
    const bad = updates.filter(({ tensor }) => wrong(tensor));
    const hit = sites.filter(({ tensor }) => wrong(tensor));
    const named = hit.filter((site) => site.cause?.id === cause).length;
    rows.push([
      id,
      cause ?? 'none',
      `${bad.length} of ${updates.length}`,
      hit.length,
      named,
      sites.length - hit.length,
    ]);
  }
  return rows;
}

async function scoreClean() {
  const variants = [['as it is', (network) => network]].concat(
    Object.entries(sums).map(([name, sum]) => [name, (network) => inSteps(summed(network, sum), sum)]),
  );
  const rows = [];
  for (const [name, change] of variants) {
    for (const [net, twin] of Object.entries(twins)) {
      const network = twin.make();
      if (name !== 'as it is' && !network.layers) continue; // nothing can be changed in what is one run of code
      const { outcome, forward, backward } = await checked(net, change(network));
      rows.push({ name, net, silent: outcome === 'match' && forward.faulty.length + backward.faulty.length === 0 });
    }
  }
  return rows;
}

const percent = (part, whole) => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
const share = (list, is) =>
  `${list.filter(is).length} of ${list.length} (${percent(list.filter(is).length, list.length)})`;
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** Two bugs in one layer may come as one cause with the other beside it. */
const both = ({ scores }) => scores.every(({ naming }) => naming === 'named' || naming === 'tie');

function summary(scored, clean, oneLayer, oneNetwork) {
  const tried = scored.filter(({ without }) => without !== null);
  return table(
    ['', ''],
    [
      [
        'mutants',
        `${scored.length}: ${new Set(scored.map(({ mutant }) => mutant.id)).size} bugs, ${new Set(scored.map(({ mutant }) => mutant.cause)).size} causes`,
      ],
      ['located at the wrong tensor', share(scored, ({ score }) => score.located)],
      ['named by its cause', share(scored, ({ score }) => score.naming === 'named')],
      ['another cause first, as good by the numbers', share(scored, ({ score }) => score.naming === 'tie')],
      ['misnamed', share(scored, ({ score }) => score.naming === 'misnamed')],
      [
        'another tensor said to be wrong as well, not folded into this bug',
        share(scored, ({ score }) => score.accused.length > 0),
      ],
      ['silent on right networks, in every order of summation', share(clean, ({ silent }) => silent)],
      ['rules of the true cause left out: unknown', share(tried, ({ without }) => without.naming === 'unknown')],
      [
        '… only a form that the numbers have',
        share(tried, ({ without }) => without.naming === 'misnamed' && isForm(without.cause)),
      ],
      ['… a wrong cause', share(tried, ({ without }) => without.naming === 'misnamed' && !isForm(without.cause))],
      ['two bugs in one layer: both named', share(oneLayer, both)],
      ['two bugs in one network: both named', share(oneNetwork, both)],
    ],
  );
}

/** A form says what the numbers look like, which is true whatever made them; a cause of an operator that is not the true one is wrong. */
const isForm = (cause) => causeOf(cause).where === 'any op';

function board(scored) {
  const nets = Object.keys(twins);
  const ids = [...new Set(scored.map(({ mutant }) => mutant.id))].toSorted();
  const rows = ids.map((id) => {
    const mine = scored.filter(({ mutant }) => mutant.id === id);
    const cells = nets.map((net) =>
      mine
        .filter(({ mutant }) => mutant.net === net)
        .map(cell)
        .join(' '),
    );
    return [
      `[${id}](../models/mutants/${id}.ts)`,
      `[${mine[0].mutant.cause}](causes/${mine[0].mutant.cause}.md)`,
      ...cells,
    ];
  });
  return table(['bug', 'cause', ...nets], rows);
}

function cell({ score, mutant }) {
  const other = score.cause !== null && score.cause !== mutant.cause ? ` ${score.cause}` : '';
  return `${MARKS[score.naming]}${other}${score.accused.length > 0 ? ` +${score.accused.length}` : ''}`;
}

/** What was said instead of what is true. */
function confusion(pairs) {
  const counts = new Map();
  for (const [cause, said] of pairs) {
    const key = `${cause} → ${said}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const rows = [...counts].toSorted().map(([key, count]) => [...key.split(' → '), String(count)]);
  return rows.length === 0 ? 'None.' : table(['true cause', 'said instead', 'times'], rows);
}

function missed(pairs) {
  const lines = pairs
    .filter((pair) => !both(pair))
    .map(
      ({ net, bugs, scores }) =>
        `- ${net}: ${bugs.map(({ id }, i) => `${id} (${scores[i].naming}${scores[i].cause ? `, ${scores[i].cause}` : ''})`).join(' and ')}`,
    );
  return lines.length === 0 ? 'None.' : lines.join('\n');
}

const started = process.cpuUsage();
const scored = await scoreMutants();
if (only) process.exit();
const clean = await scoreClean();
const steps = await scoreSteps();
const oneLayer = await scorePairs(inOneLayer(mutants));
const oneNetwork = await scorePairs(inOneNetwork(mutants, MOST_PAIRS));
for (const reference of references.values()) await reference.release();
const { user, system } = process.cpuUsage(started);

const wrong = scored.filter(({ score }) => score.cause !== null && score.naming !== 'named');
const replaced = scored.filter(({ without }) => without?.naming === 'misnamed');
const text = [
  '<!-- Written by scripts/zoo.mjs: do not edit. -->',
  '# The scoreboard',
  '',
  'Every mutant of `models/mutants` through `check()`, beside its network in ONNX Runtime.',
  '',
  summary(scored, clean, oneLayer, oneNetwork),
  '',
  '## Mutant × network',
  '',
  '● located and named · ◐ located, another cause that meets the numbers as well comes first · ○ located, cause unknown · ✗ located and misnamed · – not located · +1 another tensor said to be wrong as well',
  '',
  board(scored),
  '',
  '## Optimisers',
  '',
  `What one step of training is said to have done to each parameter of ${STEPPED}: \`models/steps\`.`,
  '',
  table(['optimiser', 'bug', 'wrong updates', 'located', 'named', 'right ones accused'], steps),
  '',
  '## Confusion',
  '',
  'Another cause came first, or alone:',
  '',
  confusion(wrong.map(({ mutant, score }) => [mutant.cause, score.cause])),
  '',
  'What was said where the rules of the true cause are left out (each bug in one network):',
  '',
  confusion(replaced.map(({ mutant, without }) => [mutant.cause, without.cause])),
  '',
  '## Right networks that were accused',
  '',
  clean
    .filter(({ silent }) => !silent)
    .map(({ name, net }) => `- ${net}, ${name}`)
    .join('\n') || 'None.',
  '',
  '## Pairs of bugs that were not both named',
  '',
  'In one layer:',
  '',
  missed(oneLayer),
  '',
  'In one network:',
  '',
  missed(oneNetwork),
  '',
].join('\n');

const target = join(root, 'docs/scoreboard.md');
const current = existsSync(target) && readFileSync(target, 'utf8') === text;
console.log(
  `${scored.length} mutants, ${clean.length} right networks, ${oneLayer.length + oneNetwork.length} pairs: ${((user + system) / 1e6).toFixed(0)} s of CPU`,
);
if (process.argv.includes('--check')) {
  if (!current) console.error('docs/scoreboard.md is not up to date: run "npm run build && node scripts/zoo.mjs"');
  process.exit(current ? 0 : 1);
}
if (!current) writeFileSync(target, text);
